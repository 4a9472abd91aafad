import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

const HEADER_OCTETS = 12;
const TYPE_A = 1;
const TYPE_AAAA = 28;

/** A DNS server (RFC 1035) that says of every name what it is told to, for no time at all, as its owner likes it. */
export class NameServer {
  /** Addresses that every name has from now on. */
  addresses: readonly string[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, from) => socket.send(this.#answer(query), from.port, from.address));
  }

  static async start(): Promise<NameServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new NameServer(socket);
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #answer(query: Buffer): Buffer {
    let end = HEADER_OCTETS;
    while (query.readUInt8(end) !== 0) end += query.readUInt8(end) + 1;
    const type = query.readUInt16BE(end + 1);
    const question = query.subarray(HEADER_OCTETS, end + 5);
    const records = this.addresses
      .filter((address) => type === (isIPv6(address) ? TYPE_AAAA : TYPE_A))
      .map((address) => record(type, octetsOf(address)));
    const header = Buffer.alloc(HEADER_OCTETS);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    return Buffer.concat([header, question, ...records]);
  }
}

/** The name is that of the question; the record is good for 0 seconds. */
function record(type: number, address: Buffer): Buffer {
  const head = Buffer.alloc(HEADER_OCTETS);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(address.length, 10);
  return Buffer.concat([head, address]);
}

/** IPv4, or IPv6 with all its eight groups written out. */
function octetsOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  return Buffer.from(
    address
      .split(':')
      .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}
