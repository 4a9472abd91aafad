import { type SipRequest, serialize } from '../SipMessage.ts';
import { hostText } from '../SipUri.ts';
import type { Flow, NextHop, TransportName } from '../transport/Flow.ts';
import { isReliable } from '../transport/Flow.ts';
import { isResolved, resolveHop } from '../transport/nextHop.ts';
import type { TransportLayer } from '../transport/TransportLayer.ts';

/** UDP requests above this size go over TCP, as their path's MTU is not known (RFC 3261 18.1.1). */
const largestUdpRequestOctets = 1300;
/** How long the TCP try for a large request may hold it up before it goes over UDP after all. */
const upgradeTimeoutMs = 1_000;
/** How long a host that took no TCP is not asked again. */
const refusalMemoryMs = 300_000;
const maxRememberedRefusals = 10_000;

/** Which hosts refused TCP lately, so that large requests to them do not try it each time. */
export class TcpRefusals {
  readonly #refusedUntil = new Map<string, number>();

  add(hop: NextHop): void {
    if (this.#refusedUntil.size >= maxRememberedRefusals) this.#refusedUntil.clear();
    this.#refusedUntil.set(`${hop.host} ${hop.port}`, performance.now() + refusalMemoryMs);
  }

  has(hop: NextHop): boolean {
    const until = this.#refusedUntil.get(`${hop.host} ${hop.port}`);
    return until !== undefined && until > performance.now();
  }
}

export interface PathEvents {
  /** The bytes were handed to the transport for the first time. */
  onSent(reliable: boolean): void;
  /** No byte will get through on this path any more. */
  onFailure(error: Error): void;
}

/** How one outgoing request reaches its next hop: address, transport, Via, and its bytes for sending it again. */
export class OutgoingPath {
  readonly branch: string;
  readonly #transports: TransportLayer;
  readonly #refusals: TcpRefusals;
  readonly #request: SipRequest;
  #hop: NextHop;
  #flow: Flow | undefined;
  #via = '';
  #bytes = '';

  constructor(
    transports: TransportLayer,
    refusals: TcpRefusals,
    request: SipRequest,
    hop: NextHop,
    branch: string,
  ) {
    this.#transports = transports;
    this.#refusals = refusals;
    this.#request = request;
    this.#hop = hop;
    this.branch = branch;
  }

  /** The path as it is in use; undefined until it has been sent. */
  get flow(): Flow | undefined {
    return this.#flow;
  }

  /** Where the request goes, by address as soon as that is known. */
  get hop(): NextHop {
    return this.#hop;
  }

  /** The request as it was sent, with its Via; empty until then. */
  get bytes(): string {
    return this.#bytes;
  }

  /** Sends the request. Reports through the events, at once where no name has to be resolved. Never throws. */
  send(events: PathEvents): void {
    if (isResolved(this.#hop)) {
      this.#sendResolved(events);
      return;
    }
    resolveHop(this.#hop).then(
      (hop) => {
        this.#hop = hop;
        this.#sendResolved(events);
      },
      (error: Error) => events.onFailure(error),
    );
  }

  /** Sends the same bytes again. */
  resend(): void {
    this.#flow?.send(this.#bytes);
  }

  /** Sends another request that shares this one's Via, as the ACK of a refusal does (17.1.1.3). */
  sendRelated(request: SipRequest): string {
    const bytes = serialize(request, this.#via);
    this.#flow?.send(bytes);
    return bytes;
  }

  #sendResolved(events: PathEvents): void {
    const { transport } = this.#hop;
    try {
      this.#prepare(transport, undefined);
      if (transport === 'udp' && this.#wantsTcp()) this.#sendLarge(events);
      else this.#transmit(events);
    } catch (error) {
      events.onFailure(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #wantsTcp(): boolean {
    return (
      this.#bytes.length > largestUdpRequestOctets &&
      this.#hop.fixedTransport !== true &&
      this.#transports.listens('tcp') &&
      !this.#refusals.has(this.#hop)
    );
  }

  #sendLarge(events: PathEvents): void {
    this.#prepare('tcp', upgradeTimeoutMs);
    this.#flow?.send(this.#bytes, () => {
      this.#refusals.add(this.#hop);
      this.#sendResolved(events);
    });
    events.onSent(true);
  }

  #prepare(transport: TransportName, connectTimeoutMs: number | undefined): void {
    const { host, port } = this.#hop;
    const flow = this.#transports.flowTo(transport, host, port, connectTimeoutMs);
    const sentBy = `${hostText(flow.localHost)}:${flow.localPort}`;
    this.#via = `SIP/2.0/${transport.toUpperCase()} ${sentBy};branch=${this.branch};rport`;
    this.#bytes = serialize(this.#request, this.#via);
    this.#flow = flow;
  }

  #transmit(events: PathEvents): void {
    const flow = this.#flow;
    if (flow === undefined) return;
    flow.send(this.#bytes, (error) => events.onFailure(error));
    events.onSent(isReliable(flow.transport));
  }
}
