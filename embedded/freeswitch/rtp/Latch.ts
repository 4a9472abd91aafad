/** An IP address and a UDP port. */
export interface MediaAddress {
  readonly address: string;
  readonly port: number;
}

/** How long the sender that we follow must have been silent before another one may take its place. */
const SILENCE_BEFORE_RELATCH_MS = 1000;
/** How many packets in a row the other one must have sent by then. */
const PACKETS_BEFORE_RELATCH = 10;

/**
 * Decides where a session's media comes from and goes to (symmetric RTP, RFC 4961).
 *
 * It starts with the address from the SDP. The first packet from elsewhere moves it there, since that is what a
 * phone behind a NAT looks like. After that it stays: a stranger's packets are refused unless the sender that it
 * follows has fallen silent. The address of the SDP may always come back.
 */
export class Latch {
  #negotiated: MediaAddress;
  #current: MediaAddress;
  #latched = false;
  #heardAtMs = 0;
  #candidate: MediaAddress | undefined;
  #candidatePackets = 0;

  constructor(negotiated: MediaAddress) {
    this.#negotiated = negotiated;
    this.#current = negotiated;
  }

  /** Where to send. */
  get remote(): MediaAddress {
    return this.#current;
  }

  /** Takes a new address from a re-INVITE; the same one again changes nothing. */
  renegotiate(negotiated: MediaAddress): void {
    if (same(negotiated, this.#negotiated)) return;
    this.#negotiated = negotiated;
    this.#current = negotiated;
    this.#latched = false;
    this.#candidate = undefined;
  }

  /** Whether a packet from this address belongs to the session; it may move the latch. */
  accept(address: string, port: number, nowMs: number): boolean {
    // Nothing can be sent back to port 0, which only a forger sends from.
    if (port === 0) return false;
    if (port === this.#current.port && address === this.#current.address) {
      this.#latched = true;
      this.#heardAtMs = nowMs;
      return true;
    }
    if (address.includes(':') !== this.#negotiated.address.includes(':')) return false;
    if (!this.#latched || (port === this.#negotiated.port && address === this.#negotiated.address)) {
      return this.#follow({ address, port }, nowMs);
    }
    return this.#consider({ address, port }, nowMs);
  }

  #consider(from: MediaAddress, nowMs: number): boolean {
    if (!this.#candidate || !same(from, this.#candidate)) {
      this.#candidate = from;
      this.#candidatePackets = 0;
    }
    this.#candidatePackets++;
    const silent = nowMs - this.#heardAtMs >= SILENCE_BEFORE_RELATCH_MS;
    return silent && this.#candidatePackets >= PACKETS_BEFORE_RELATCH ? this.#follow(from, nowMs) : false;
  }

  #follow(from: MediaAddress, nowMs: number): true {
    this.#current = from;
    this.#latched = true;
    this.#heardAtMs = nowMs;
    this.#candidate = undefined;
    return true;
  }
}

function same(a: MediaAddress, b: MediaAddress): boolean {
  return a.port === b.port && a.address === b.address;
}
