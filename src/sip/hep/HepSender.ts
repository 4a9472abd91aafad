import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIPv6 } from 'node:net';
import type { Logger } from '../../telemetry/logger.ts';
import type { SeenMessage } from '../ladderLine.ts';
import { requestHost } from '../messageParts.ts';
import { type HepAddress, hepPacket } from './hepPacket.ts';
import { maskedMessage } from './maskedMessage.ts';

export interface HepSenderOptions {
  readonly host: string;
  readonly port: number;
  readonly captureId: number;
  readonly numbers: 'masked' | 'clear';
  readonly logger: Logger;
}

const DEFAULT_SIP_PORT = 5060;
/** A name is looked up so often, and not for each message: that would keep the threads busy that files are read with. */
const LOOK_UP_EVERY_MS = 30_000;

/**
 * Sends the SIP messages of calls to a capture server. Nobody waits for it: what the network or the capture server
 * loses is lost. The own side of each message is where the SIP server says that it listens.
 */
export class HepSender {
  readonly #options: HepSenderOptions;
  readonly #socket: Socket;
  /** By transport. */
  #own = new Map<string, HepAddress>();
  /** Where the capture server is; undefined until its name has been found. */
  #address: string | undefined;
  #lookedUpAtMs = Number.NEGATIVE_INFINITY;
  #fails = false;

  constructor(options: HepSenderOptions) {
    this.#options = options;
    this.#socket = createSocket(familyOf(options.host) === 6 ? 'udp6' : 'udp4');
    this.#socket.on('error', (error) => this.#tell(error));
    this.#socket.unref();
    this.#lookUp();
  }

  /** @param listeningOn as the SIP server says it: `udp/192.0.2.1:5060` */
  listensOn(listeningOn: readonly string[]): void {
    this.#own = new Map(
      listeningOn.flatMap((each) => {
        const match = /^(\w+)\/\[?(.+?)\]?:(\d+)$/.exec(each);
        const [, transport = '', address = '', port] = match ?? [];
        return match === null ? [] : [[transport, { address, port: Number(port) }] as const];
      }),
    );
  }

  /** @param correlationId the call's session id */
  send(correlationId: string, message: SeenMessage): void {
    this.#lookUp();
    if (this.#address === undefined) return;
    const { port, captureId, numbers } = this.#options;
    const { at, way, transport, text } = message;
    const own = this.#own.get(transport) ?? this.#own.values().next().value ?? { address: '', port: 0 };
    const peer = peerOf(message);
    const packet = hepPacket({
      ...{ at, transport, correlationId, captureId },
      source: way === 'in' ? peer : own,
      destination: way === 'in' ? own : peer,
      text: numbers === 'clear' ? text : maskedMessage(text),
    });
    this.#socket.send(packet, port, this.#address, (error) => this.#tell(error));
  }

  close(): void {
    this.#socket.close();
  }

  #lookUp(): void {
    const now = performance.now();
    if (now - this.#lookedUpAtMs < LOOK_UP_EVERY_MS) return;
    this.#lookedUpAtMs = now;
    const { host } = this.#options;
    lookup(host, { family: familyOf(host) }, (error, address) => {
      if (error) this.#tell(error);
      else this.#address = address;
    });
  }

  #tell(error: Error | null): void {
    const fails = error !== null;
    if (fails && !this.#fails) this.#options.logger.warn({ err: error }, 'the capture server is not reached');
    this.#fails = fails;
  }
}

/** Names stand for IPv4 addresses. */
const familyOf = (host: string): 4 | 6 => (isIPv6(host) ? 6 : 4);

function peerOf(message: SeenMessage): HepAddress {
  const target = /^\[?([\d.]+|[\da-fA-F:]+)\]?(?::(\d+))?$/.exec(requestHost(message) ?? '');
  if (target === null) return { address: message.address, port: Number(message.port) };
  return { address: target[1] ?? '', port: Number(target[2] ?? DEFAULT_SIP_PORT) };
}
