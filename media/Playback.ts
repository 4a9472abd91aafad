import type { EventSocket } from './EventSocket.ts';
import { MediaError } from './errors.ts';
import { settlesWithin } from './settlesWithin.ts';

/** How a play ended: heard to its end, or cut. */
export type PlayEnd = 'played' | 'stopped';

/** A break that FreeSWITCH took before the play had begun has no effect: it is sent again after this time. */
const BREAK_AGAIN_MS = 250;
const BREAKS = 8;

/**
 * One file (or tone) that one channel hears.
 *
 *     asked -> started -> ended
 *
 * `stop` in "asked" waits for "started", because FreeSWITCH breaks only what already plays.
 */
export class Playback {
  readonly #socket: EventSocket;
  readonly #channel: string;
  readonly #started = Promise.withResolvers<void>();
  #stopping = false;
  #over = false;
  /** @throws MediaError `file-not-found`, `refused`, or `ended` where the channel goes first */
  readonly ended: Promise<PlayEnd>;

  /** @param source a file name, or a stream such as `tone_stream://…` */
  constructor(socket: EventSocket, channel: string, source: string) {
    this.#socket = socket;
    this.#channel = channel;
    this.ended = this.#play(source);
    this.ended.catch(() => undefined); // whoever asked for the play awaits it too
  }

  /** Another command is about to end the play: its end will count as a cut. */
  willBeCut(): void {
    this.#stopping = true;
  }

  /** Cuts the play; resolves when the channel is silent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const over = Promise.allSettled([this.ended]);
    await Promise.race([this.#started.promise, over]);
    for (let tries = 0; tries < BREAKS && !this.#over; tries++) {
      await this.#socket.api(`uuid_break ${this.#channel}`).catch(() => undefined);
      await settlesWithin(over, BREAK_AGAIN_MS);
    }
  }

  async #play(source: string): Promise<PlayEnd> {
    try {
      const response = await this.#socket.execute(this.#channel, 'playback', source, this.#started.resolve);
      if (response === 'FILE NOT FOUND') throw new MediaError('file-not-found', `${source}: no such file`);
      if (this.#stopping) return 'stopped';
      if (response === 'PLAYBACK ERROR') throw new MediaError('refused', `${source}: cannot be played`);
      return 'played';
    } finally {
      this.#over = true;
    }
  }
}
