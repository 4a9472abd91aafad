import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { runApi } from '../api/commands.ts';
import type { Channel } from '../channel/Channel.ts';
import { parseHangupCause } from '../channel/hangupCauses.ts';
import type { Switchboard } from '../switchboard.ts';
import type { CommandFramer, EslCommand } from './CommandFramer.ts';
import type { EventListener } from './EventHub.ts';
import { type EslEvent, type EventHeaders, eventBlock, headerLines } from './eslEvent.ts';
import { Subscription } from './Subscription.ts';

/** A client that does not read its events is cut off when so much waits for it. */
const MAX_UNSENT_BYTES = 16_000_000;
const GOODBYE = 'Disconnected, goodbye.\n';

/**
 * One event-socket conversation after it is open: an authenticated client of the listening port, or the controller
 * of a channel that we have called (`channel` given).
 */
export class EslConnection implements EventListener {
  readonly #socket: Socket;
  readonly #board: Switchboard;
  readonly #channel: Channel | undefined;
  readonly #onClosed: (connection: EslConnection) => void;
  readonly #framer: CommandFramer;
  readonly #waiting: EslCommand[] = [];
  readonly #subscription = new Subscription();
  #myEvents = false;
  #handling = false;
  #closed = false;

  /** @param framer holds what the client may have sent already */
  constructor(
    socket: Socket,
    board: Switchboard,
    channel: Channel | undefined,
    framer: CommandFramer,
    onClosed: (connection: EslConnection) => void,
  ) {
    this.#framer = framer;
    this.#socket = socket;
    this.#board = board;
    this.#channel = channel;
    this.#onClosed = onClosed;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.setEncoding('latin1');
    socket.on('data', (bytes: string) => this.#receive(bytes));
    // The error itself needs no answer: `close` follows it.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
    board.events.add(this);
  }

  get scope(): string | undefined {
    return this.#myEvents ? undefined : this.#subscription.scope;
  }

  wants(name: EslEvent['name']): boolean {
    return this.#myEvents || this.#subscription.wants(name);
  }

  deliver(event: EslEvent): void {
    const isMine = this.#myEvents && event.headers['Unique-ID'] === this.#channel?.uuid;
    const isWanted = this.#subscription.wants(event.name) && this.#subscription.passes(event);
    if (isMine || isWanted) this.#send(eventBlock(event, this.#subscription.format));
  }

  /** Says goodbye and closes. */
  disconnect(): void {
    if (this.#closed) return;
    const about = this.#channel ? `Controlled-Session-UUID: ${this.#channel.uuid}\n` : '';
    this.#send(
      `Content-Type: text/disconnect-notice\n${about}Content-Disposition: disconnect\nContent-Length: ${GOODBYE.length}\n\n${GOODBYE}`,
    );
    this.#end();
    this.#socket.end();
    // A client that does not close its half is not waited for.
    this.#socket.destroySoon();
  }

  /** Takes commands in their order; each is answered before the next is begun. */
  handle(commands: readonly EslCommand[]): void {
    this.#waiting.push(...commands);
    if (!this.#handling) void this.#handleWaiting();
  }

  async #handleWaiting(): Promise<void> {
    this.#handling = true;
    for (let command = this.#waiting.shift(); command; command = this.#waiting.shift()) {
      try {
        await this.#handle(command);
      } catch {
        // Whatever a command holds that we had not thought of costs only that command.
        this.#reply('-ERR internal error');
      }
      if (this.#closed) this.#waiting.length = 0;
    }
    this.#handling = false;
  }

  #receive(bytes: string): void {
    if (this.#closed) return;
    try {
      this.handle(this.#framer.push(bytes));
    } catch {
      this.#socket.destroy();
    }
  }

  async #handle(command: EslCommand): Promise<void> {
    const [verb = '', ...words] = command.line.trim().split(/\s+/);
    const rest = command.line.trim().slice(verb.length).trim();
    switch (verb.toLowerCase()) {
      case 'api':
        this.#respond(await this.#api(rest));
        return;
      case 'bgapi':
        void this.#background(rest, command);
        return;
      case 'connect':
        this.#replyConnect();
        return;
      case 'exit':
        this.#reply('+OK bye');
        this.disconnect();
        return;
      case 'sendmsg':
        this.#reply(this.#sendMessage(words[0], command));
        return;
      default:
        this.#reply(this.#configure(verb.toLowerCase(), words));
    }
  }

  /** Commands that change what this client is sent. */
  #configure(verb: string, words: readonly string[]): string {
    switch (verb) {
      case 'event':
        return this.#subscription.subscribe(words);
      case 'nixevent':
        return this.#subscription.unsubscribe(words);
      case 'noevents':
        this.#subscription.clear();
        this.#myEvents = false;
        this.#board.events.add(this);
        return '+OK no longer listening for events';
      case 'filter': {
        const reply = this.#subscription.filter(words);
        this.#board.events.add(this);
        return reply;
      }
      case 'myevents':
        if (!this.#channel) return '-ERR myevents needs a controlled channel';
        this.#myEvents = true;
        this.#board.events.add(this);
        if (words[0] === 'json') this.#subscription.format = 'json';
        return '+OK Events Enabled';
      case 'getvar':
        return this.#channel?.variable(words[0] ?? '') ?? '-ERR no such variable';
      case 'auth':
        return '+OK accepted';
      case 'nolinger':
        return '+OK will not linger';
      default:
        return '-ERR command not found';
    }
  }

  #sendMessage(uuid: string | undefined, command: EslCommand): string {
    const target = uuid ?? command.headers.get('session-id') ?? this.#channel?.uuid;
    const channel = this.#board.channels.get(target ?? '');
    if (!channel?.isUp) return `-ERR invalid session id [${target ?? ''}]`;
    const { headers } = command;
    switch (headers.get('call-command')) {
      case 'execute': {
        const accepted = channel.execute({
          application: headers.get('execute-app-name') ?? '',
          argument: headers.get('execute-app-arg') ?? command.body,
          eventUuid: headers.get('event-uuid'),
          locks: headers.get('event-lock') === 'true',
        });
        return accepted
          ? '+OK'
          : `-ERR application ${headers.get('execute-app-name') ?? ''} is not supported`;
      }
      case 'hangup':
        channel.hangup(parseHangupCause(headers.get('hangup-cause') ?? '') ?? 'NORMAL_CLEARING');
        return '+OK';
      default:
        return `-ERR call-command ${headers.get('call-command') ?? ''} is not supported`;
    }
  }

  async #background(line: string, command: EslCommand): Promise<void> {
    const jobUuid = command.headers.get('job-uuid') ?? randomUUID();
    const [name = '', ...words] = line.split(/\s+/);
    this.#send(`Content-Type: command/reply\nReply-Text: +OK Job-UUID: ${jobUuid}\nJob-UUID: ${jobUuid}\n\n`);
    const body = await this.#api(line);
    const about: EventHeaders = { 'Job-UUID': jobUuid, 'Job-Command': name };
    if (words.length > 0) about['Job-Command-Arg'] = words.join(' ');
    this.#board.events.raise('BACKGROUND_JOB', undefined, () => about, body);
  }

  async #api(line: string): Promise<string> {
    try {
      return await runApi(this.#board, line);
    } catch {
      return '-ERR internal error\n';
    }
  }

  #replyConnect(): void {
    if (!this.#channel) {
      this.#reply('-ERR connect needs a controlled channel');
      return;
    }
    const headers: EventHeaders = {
      'Event-Name': 'CHANNEL_DATA',
      'Core-UUID': this.#board.events.coreUuid,
      'Content-Type': 'command/reply',
      'Reply-Text': '+OK',
      'Socket-Mode': 'async',
      Control: 'full',
      'Channel-Unique-ID': this.#channel.uuid,
      ...this.#channel.describe(),
    };
    this.#send(headerLines(headers));
  }

  #respond(body: string): void {
    this.#send(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`);
  }

  #reply(text: string): void {
    this.#send(`Content-Type: command/reply\nReply-Text: ${text.replace(/[\r\n]+/g, ' ')}\n\n`);
  }

  #send(text: string): void {
    if (this.#closed || this.#socket.destroyed) return;
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.#socket.destroy();
      return;
    }
    this.#socket.write(text, 'utf8');
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#board.events.delete(this);
    this.#onClosed(this);
  }
}
