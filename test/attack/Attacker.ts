import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { SipAddress } from '../kit/Phone.ts';

export interface RequestParts {
  readonly method: string;
  /** User part of the Request-URI; absent for a request to the server itself. */
  readonly to?: string;
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What phones offer, as a scanner copies it. */
export const SCANNER_SDP = [
  'v=0',
  'o=- 1 1 IN IP4 203.0.113.9',
  's=-',
  'c=IN IP4 203.0.113.9',
  't=0 0',
  'm=audio 25000 RTP/AVP 8 0',
  '',
].join('\r\n');

/** Somebody who sends datagrams from an address of this machine and follows no rules. He hears what is answered. */
export class Attacker {
  /** Answers to what he sent, by status. */
  readonly answers = new Map<number, number>();
  /** Octets sent and received. */
  readonly octets = { sent: 0, received: 0 };
  readonly #socket: Socket;
  readonly #target: SipAddress;
  readonly #host: string;
  #count = 0;

  private constructor(socket: Socket, host: string, target: SipAddress) {
    this.#socket = socket;
    this.#host = host;
    this.#target = target;
    socket.on('message', (datagram) => {
      this.octets.received += datagram.length;
      const status = Number(/^SIP\/2\.0 (\d{3})/.exec(datagram.toString('latin1'))?.[1] ?? 0);
      this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    });
    socket.on('error', () => undefined);
  }

  static async at(host: string, target: SipAddress): Promise<Attacker> {
    const socket = createSocket({
      type: 'udp4',
      lookup: (address, _options, done) => done(null, address, 4),
    });
    const listening = once(socket, 'listening');
    socket.bind(0, host);
    await listening;
    return new Attacker(socket, host, target);
  }

  get heard(): number {
    return [...this.answers.values()].reduce((sum, count) => sum + count, 0);
  }

  /** A well-formed request, each with a branch, a tag and a Call-ID of its own. */
  request({ method, to, from = '100', headers = {}, body = '' }: RequestParts): string {
    this.#count += 1;
    const id = `${this.#host.replaceAll('.', '-')}-${this.#socket.address().port}-${this.#count}`;
    const server = `${this.#target.host}:${this.#target.port}`;
    const uri = to === undefined ? `sip:${server}` : `sip:${to}@${server}`;
    const fields: Record<string, string> = {
      Via: `SIP/2.0/UDP ${this.#host}:${this.#socket.address().port};branch=z9hG4bK-${id};rport`,
      'Max-Forwards': '70',
      From: `"${from}"<sip:${from}@${this.#host}>;tag=${id}`,
      To: `<${uri}>`,
      'Call-ID': id,
      CSeq: `1 ${method}`,
      Contact: `<sip:${from}@${this.#host}:${this.#socket.address().port}>`,
      ...(body !== '' && { 'Content-Type': 'application/sdp' }),
      ...headers,
      'Content-Length': String(Buffer.byteLength(body, 'latin1')),
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    return [`${method} ${uri} SIP/2.0`, ...lines, '', body].join('\r\n');
  }

  send(message: string | Buffer): void {
    const datagram = typeof message === 'string' ? Buffer.from(message, 'latin1') : message;
    this.octets.sent += datagram.length;
    this.#socket.send(datagram, this.#target.port, this.#target.host);
  }

  /** Sends so many a second for so long, in small portions; what it sends is made as it goes. */
  async flood(perSecond: number, seconds: number, next: () => string | Buffer): Promise<number> {
    const begun = performance.now();
    let sent = 0;
    while (performance.now() - begun < seconds * 1000) {
      const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
      for (; sent < due; sent += 1) this.send(next());
      await new Promise((turn) => setTimeout(turn, 5));
    }
    return sent;
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}
