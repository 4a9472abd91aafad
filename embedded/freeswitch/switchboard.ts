import type { Channel } from './channel/Channel.ts';
import type { EventHub } from './esl/EventHub.ts';
import type { MediaClock } from './rtp/MediaClock.ts';
import type { MediaSettings } from './settings.ts';

/** What applications and API commands work on: the channels, and what they share. */
export interface Switchboard {
  readonly settings: MediaSettings;
  readonly events: EventHub;
  readonly clock: MediaClock;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly startedAtMs: number;
  /** Channels made since the start. */
  readonly sessionsSinceStart: number;
  /** Where SIP is spoken, as `address:port`. */
  readonly sipAddress: string;
}
