import { defaultPort, type Flow } from '../transport/Flow.ts';
import type { TransportLayer } from '../transport/TransportLayer.ts';
import type { Arrival } from './TransactionContext.ts';

/**
 * The way back for the responses to one request (RFC 3261 18.2.2, RFC 3581 4): the connection it came on; over UDP the
 * address it came from, at the source port where `rport` asked for that, else at the port of the Via. A `maddr` is not
 * followed: with it anyone could point our answers at a third party.
 */
export class ReplyPath {
  readonly #transports: TransportLayer;
  readonly #arrival: Arrival;
  #flow: Flow;

  constructor(transports: TransportLayer, arrival: Arrival) {
    this.#transports = transports;
    this.#arrival = arrival;
    this.#flow = arrival.flow.transport === 'udp' ? this.#udpFlow(arrival.flow) : arrival.flow;
  }

  get flow(): Flow {
    return this.#flow;
  }

  get isReliable(): boolean {
    return this.#flow.transport !== 'udp';
  }

  send(bytes: string): void {
    if (!this.#flow.isOpen) this.#reopen();
    this.#flow.send(bytes);
  }

  #udpFlow(flow: Flow): Flow {
    const { via } = this.#arrival.essentials;
    if (via.params.has('rport')) return flow;
    const port = via.port ?? defaultPort('udp');
    if (port === flow.remotePort || port < 1 || port > 65_535) return flow;
    return this.#transports.flowTo('udp', flow.remoteHost, port);
  }

  /** A lost connection is dialled again at the port of the Via. */
  #reopen(): void {
    const { transport, remoteHost } = this.#flow;
    const { via } = this.#arrival.essentials;
    this.#flow = this.#transports.flowTo(transport, remoteHost, via.port ?? defaultPort(transport));
  }
}
