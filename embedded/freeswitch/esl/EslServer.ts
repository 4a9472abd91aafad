import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Channel } from '../channel/Channel.ts';
import type { Switchboard } from '../switchboard.ts';
import { CommandFramer, type EslCommand } from './CommandFramer.ts';
import { EslConnection } from './EslConnection.ts';

/** Who has not said its password by then is sent away. */
const AUTH_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3000;
/** Connections that have not said their password yet: beyond them, the one that came first makes room. */
const MAX_UNAUTHENTICATED = 64;

/** The event socket: its listening port, and the connections to the controllers of channels. */
export class EslServer {
  readonly #board: Switchboard;
  readonly #server: Server;
  readonly #connections = new Set<EslConnection>();
  /** Connections to controllers that do not stand yet. */
  readonly #dialling = new Set<Socket>();
  /** Connections that have not said their password, the oldest first. */
  readonly #unauthenticated = new Set<Socket>();

  constructor(board: Switchboard) {
    this.#board = board;
    this.#server = createServer((socket) => this.#authenticate(socket));
  }

  /** Clients and controllers that are connected. */
  get clientCount(): number {
    return this.#connections.size;
  }

  /** Starts to listen and gives the port. Rejects when the port is taken. */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * Connects to the controller that an INVITE has named and gives it the channel. The channel hangs up when that
   * fails, and in its own way when the connection ends later.
   */
  control(channel: Channel, host: string, port: number): void {
    const socket = connect({ host, port, noDelay: true });
    this.#dialling.add(socket);
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy());
    socket.once('error', () => undefined);
    const failed = () => {
      this.#dialling.delete(socket);
      channel.hangup('DESTINATION_OUT_OF_ORDER');
    };
    socket.once('close', failed);
    socket.once('connect', () => {
      socket.off('close', failed);
      socket.setTimeout(0);
      this.#dialling.delete(socket);
      if (!channel.isUp) {
        socket.destroy();
        return;
      }
      const connection = this.#open(socket, channel, new CommandFramer(), () => channel.controllerGone());
      void channel.gone.then(() => connection.disconnect());
    });
  }

  /** Says goodbye to all and stops listening. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined;
    this.#server.close();
    for (const socket of [...this.#dialling, ...this.#unauthenticated]) socket.destroy();
    for (const connection of [...this.#connections]) connection.disconnect();
    await closed;
  }

  #open(
    socket: Socket,
    channel: Channel | undefined,
    framer: CommandFramer,
    onClosed: () => void,
  ): EslConnection {
    const connection = new EslConnection(socket, this.#board, channel, framer, (closed) => {
      this.#connections.delete(closed);
      onClosed();
    });
    this.#connections.add(connection);
    return connection;
  }

  #authenticate(socket: Socket): void {
    const framer = new CommandFramer();
    const timer = setTimeout(() => socket.destroy(), AUTH_TIMEOUT_MS);
    const onData = (bytes: Buffer) => {
      const commands = readCommands(framer, bytes);
      const [first, ...rest] = commands ?? [];
      if (commands && !first) return;
      const password = /^auth (.*)$/.exec(first?.line ?? '')?.[1];
      const accepted = password !== undefined && equal(password, this.#board.settings.password);
      leave();
      socket.write(
        `Content-Type: command/reply\nReply-Text: ${accepted ? '+OK accepted' : '-ERR invalid'}\n\n`,
      );
      if (accepted) this.#open(socket, undefined, framer, () => undefined).handle(rest);
      else reject(socket);
    };
    const leave = () => {
      clearTimeout(timer);
      this.#unauthenticated.delete(socket);
      socket.off('data', onData);
      socket.off('close', leave);
    };
    const [oldest] = this.#unauthenticated;
    if (this.#unauthenticated.size >= MAX_UNAUTHENTICATED) oldest?.destroy();
    this.#unauthenticated.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', onData);
    socket.on('close', leave);
    socket.write('Content-Type: auth/request\n\n');
  }
}

function reject(socket: Socket): void {
  socket.write('Content-Type: text/disconnect-notice\nContent-Length: 0\n\n');
  socket.destroySoon();
}

/** What has come so far, or nothing when it cannot be commands. */
function readCommands(framer: CommandFramer, bytes: Buffer): EslCommand[] | undefined {
  try {
    return framer.push(bytes.toString('latin1'));
  } catch {
    return undefined;
  }
}

function equal(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
