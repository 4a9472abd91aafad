import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type SecureContextOptions } from 'node:tls';
import { SipStackError } from '../errors.ts';
import type { Flow, TransportName } from './Flow.ts';
import { reachableAddress } from './reachableAddress.ts';
import { StreamConnection, type StreamConnectionEvents } from './StreamConnection.ts';
import type { StreamFault } from './StreamFramer.ts';
import { StreamListener } from './StreamListener.ts';
import { UdpListener } from './UdpListener.ts';

export interface ListenSpec {
  readonly transport: TransportName;
  /** Address to bind. */
  readonly host: string;
  /** 0 takes a free port; a tcp listener then takes the number of the udp listener before it on the same host. */
  readonly port: number;
  /** Host named in Via and Contact; default: the bound address, or for 0.0.0.0 the first external one. */
  readonly advertisedHost?: string;
  /** Key and certificate of a tls listener. */
  readonly tls?: SecureContextOptions;
}

export interface TransportOptions {
  readonly listen: readonly ListenSpec[];
  /** How certificates of servers that we dial are checked; Node's defaults otherwise. */
  readonly tlsClient?: ConnectionOptions;
  /** Connections at a time, dialled ones included. */
  readonly maxConnections?: number;
  /** Of them, accepted from one address. */
  readonly maxConnectionsPerAddress?: number;
  readonly idleConnectionMs?: number;
  readonly dropPacket?: (direction: 'in' | 'out') => boolean;
}

export interface TransportEvents {
  onText(bytes: string, flow: Flow): void;
  onStreamFault(fault: StreamFault, head: string, flow: Flow): void;
  onRefusedConnection(): void;
  onSent?(bytes: string, flow: Flow): void;
}

export interface ListeningPoint {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
}

type Listener = UdpListener | StreamListener;

const samePortAttempts = 8;
const maxConnections = 4_096;
const maxConnectionsPerAddress = 256;

/**
 * All sockets of a stack: listeners, and the connections that were dialled or accepted, found by transport and remote
 * address so that a connection is used again (RFC 3261 18). It owns them and ends them.
 */
export class TransportLayer {
  readonly #options: TransportOptions;
  readonly #events: TransportEvents;
  readonly #listeners: Listener[] = [];
  readonly #connections = new Map<string, StreamConnection>();
  readonly #allConnections = new Set<StreamConnection>();
  /** How many of them each address has opened. */
  readonly #accepted = new Map<string, number>();
  readonly #connectionEvents: StreamConnectionEvents;

  constructor(options: TransportOptions, events: TransportEvents) {
    this.#options = options;
    this.#events = events;
    this.#connectionEvents = {
      onMessage: (text, connection) => events.onText(text, connection),
      onFault: (fault, head, connection) => {
        events.onStreamFault(fault, head, connection);
        connection.end();
      },
      onClose: (connection) => this.#forget(connection),
      ...(events.onSent === undefined ? {} : { onSent: events.onSent }),
    };
  }

  get connectionCount(): number {
    return this.#allConnections.size;
  }

  /** Where this layer listens, as it names itself to others. */
  get listeningPoints(): ListeningPoint[] {
    return this.#listeners.map(({ transport, advertisedHost, port }) => ({
      transport,
      host: advertisedHost,
      port,
    }));
  }

  /** Binds every listener. @throws SipStackError SIP_LISTEN naming the first that could not be bound */
  async open(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const failure = await this.#openAll();
      if (failure === undefined) return;
      await this.close();
      if (!failure.portWasChosen || attempt === samePortAttempts) throw failure.error;
    }
  }

  async #openAll(): Promise<{ error: SipStackError; portWasChosen: boolean } | undefined> {
    const chosenPorts = new Map<string, number>();
    for (const spec of this.#options.listen) {
      const chosen = spec.port === 0 && spec.transport === 'tcp' ? chosenPorts.get(spec.host) : undefined;
      const listener = this.#listenerFor(spec, chosen ?? spec.port);
      try {
        await listener.open();
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const where = `${spec.transport} ${spec.host}:${chosen ?? spec.port}`;
        return {
          error: new SipStackError('SIP_LISTEN', `cannot listen on ${where}: ${reason}`, { cause }),
          portWasChosen: chosen !== undefined,
        };
      }
      this.#listeners.push(listener);
      if (spec.port === 0 && spec.transport === 'udp') chosenPorts.set(spec.host, listener.port);
    }
    return undefined;
  }

  #listenerFor(spec: ListenSpec, port: number): Listener {
    const advertisedHost = spec.advertisedHost ?? reachableAddress(spec.host);
    if (spec.transport === 'udp') {
      const { dropPacket } = this.#options;
      const options = { host: spec.host, port, advertisedHost, dropPacket, onSent: this.#events.onSent };
      return new UdpListener(options, this.#events.onText);
    }
    const options = { transport: spec.transport, host: spec.host, port, advertisedHost, tls: spec.tls };
    return new StreamListener(options, (socket, listener) => this.#accept(socket, listener));
  }

  listens(transport: TransportName): boolean {
    return this.#listeners.some((listener) => listener.transport === transport);
  }

  /** Our own address for a transport, as Via and Contact name it. @throws SipStackError SIP_NO_TRANSPORT */
  listeningPoint(transport: TransportName): ListeningPoint {
    const listener = this.#listeners.find((candidate) => candidate.transport === transport);
    if (listener === undefined) throw noTransport(transport);
    return { transport, host: listener.advertisedHost, port: listener.port };
  }

  /**
   * The path to an IP address: an open connection if there is one, else a new one that is being dialled.
   * @throws SipStackError SIP_NO_TRANSPORT when nothing listens on this transport
   */
  flowTo(transport: TransportName, host: string, port: number, connectTimeoutMs = 4_000): Flow {
    if (transport === 'udp') {
      const family = isIP(host);
      for (const listener of this.#listeners) {
        if (listener instanceof UdpListener && listener.family === family) return listener.flowTo(host, port);
      }
      throw noTransport(transport);
    }
    const existing = this.#connections.get(connectionKey(transport, host, port));
    return existing?.isOpen ? existing : this.#dial(transport, host, port, connectTimeoutMs);
  }

  async close(): Promise<void> {
    for (const connection of this.#allConnections) connection.close();
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  #dial(transport: 'tcp' | 'tls', host: string, port: number, connectTimeoutMs: number): Flow {
    const local = this.listeningPoint(transport);
    const socket =
      transport === 'tls' ? connectTls({ ...this.#options.tlsClient, host, port }) : connect({ host, port });
    return this.#adopt(socket, { transport, host, port }, local, connectTimeoutMs);
  }

  #accept(socket: Socket, listener: StreamListener): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined || !this.#hasRoomFor(remoteAddress)) {
      if (remoteAddress !== undefined) this.#events.onRefusedConnection();
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const local = { transport: listener.transport, host: listener.advertisedHost, port: listener.port };
    this.#adopt(
      socket,
      { transport: listener.transport, host: remoteAddress, port: remotePort },
      local,
      undefined,
    );
  }

  /** Where all places are taken, whoever has waited longest without a word makes room. */
  #hasRoomFor(address: string): boolean {
    const fromThere = this.#accepted.get(address) ?? 0;
    if (fromThere >= (this.#options.maxConnectionsPerAddress ?? maxConnectionsPerAddress)) return false;
    if (this.#allConnections.size < (this.#options.maxConnections ?? maxConnections)) return true;
    for (const connection of this.#allConnections) {
      if (!connection.isSilent) continue;
      connection.close(new Error('its place was needed'));
      return true;
    }
    return false;
  }

  #adopt(
    socket: Socket,
    remote: ListeningPoint,
    local: ListeningPoint,
    connectTimeoutMs: number | undefined,
  ): StreamConnection {
    const connection = new StreamConnection(
      {
        socket,
        transport: remote.transport,
        remoteHost: remote.host,
        remotePort: remote.port,
        localHost: local.host,
        localPort: local.port,
        idleTimeoutMs: this.#options.idleConnectionMs ?? 600_000,
        ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
      },
      this.#connectionEvents,
    );
    this.#allConnections.add(connection);
    if (connection.isAccepted) this.#countAccepted(remote.host, 1);
    this.#connections.set(connectionKey(remote.transport, remote.host, remote.port), connection);
    return connection;
  }

  #forget(connection: StreamConnection): void {
    this.#allConnections.delete(connection);
    if (connection.isAccepted) this.#countAccepted(connection.remoteHost, -1);
    const key = connectionKey(connection.transport, connection.remoteHost, connection.remotePort);
    if (this.#connections.get(key) === connection) this.#connections.delete(key);
  }

  #countAccepted(address: string, change: 1 | -1): void {
    const count = (this.#accepted.get(address) ?? 0) + change;
    if (count > 0) this.#accepted.set(address, count);
    else this.#accepted.delete(address);
  }
}

function connectionKey(transport: TransportName, host: string, port: number): string {
  return `${transport} ${host} ${port}`;
}

function noTransport(transport: TransportName): SipStackError {
  return new SipStackError('SIP_NO_TRANSPORT', `requested protocol/transport not available: ${transport}`);
}
