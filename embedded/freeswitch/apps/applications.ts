import type { AppRun } from '../channel/AppRun.ts';
import type { Channel } from '../channel/Channel.ts';
import { parseHangupCause } from '../channel/hangupCauses.ts';
import { parseDigitString } from '../rtp/DigitSender.ts';
import type { Switchboard } from '../switchboard.ts';
import { playAndGetDigits } from './playAndGetDigits.ts';
import { playback } from './playback.ts';
import { record } from './record.ts';
import { recordSession, stopRecordSession } from './recordSession.ts';
import { exportVariable, multiset, set, unset } from './variables.ts';

/** A dialplan application: what FreeSWITCH calls it, and what we do for it. */
export type Application = (channel: Channel, run: AppRun, board: Switchboard) => Promise<void> | void;

/** Every application that the server knows. What is not here is refused. */
export const APPLICATIONS: ReadonlyMap<string, Application> = new Map<string, Application>([
  // Channels are answered when they are made, and a channel without an application is parked.
  ['answer', () => undefined],
  ['pre_answer', () => undefined],
  ['park', () => undefined],
  ['hangup', (channel, run) => channel.hangup(parseHangupCause(run.argument) ?? 'NORMAL_CLEARING')],
  ['playback', playback],
  ['play_and_get_digits', playAndGetDigits],
  ['record', record],
  ['record_session', recordSession],
  ['stop_record_session', stopRecordSession],
  ['set', set],
  ['export', exportVariable],
  ['multiset', multiset],
  ['unset', unset],
  ['sleep', (_channel, run) => run.sleep(Number(run.argument) || 0)],
  ['sched_hangup', (channel, run) => schedHangup(channel, run)],
  ['send_dtmf', (channel, run) => sendDtmf(channel, run)],
  ['set_mute', (channel, run) => setMute(channel, run)],
]);

/** `sched_hangup +<seconds> [<cause>]`. */
function schedHangup(channel: Channel, run: AppRun): void {
  const [time = '', cause] = run.argument.trim().split(/\s+/);
  const delayMs = delayOf(time);
  if (delayMs === undefined) run.response = '-ERR invalid time';
  else scheduleHangup(channel, delayMs, cause);
}

/** Milliseconds until a time given as `+seconds` from now or as Unix seconds; nothing when it is neither. */
export function delayOf(time: string): number | undefined {
  const match = /^(\+?)(\d+)$/.exec(time);
  if (!match) return undefined;
  const milliseconds = Number(match[2]) * 1000;
  return match[1] ? milliseconds : Math.max(0, milliseconds - Date.now());
}

/** Hangs the channel up after a time, with ALLOTTED_TIMEOUT unless a cause is named. */
export function scheduleHangup(channel: Channel, delayMs: number, cause: string | undefined): void {
  const hangupCause = parseHangupCause(cause ?? '') ?? 'ALLOTTED_TIMEOUT';
  if (delayMs === 0) channel.hangup(hangupCause);
  else channel.schedule(delayMs, () => channel.hangup(hangupCause));
}

/** `send_dtmf <digits>[@<ms>]`. */
function sendDtmf(channel: Channel, run: AppRun): void {
  const parsed = parseDigitString(run.argument.trim());
  if (!parsed) run.response = '-ERR invalid digits';
  else if (!channel.media.sendDigits(parsed.digits, parsed.durationMs))
    run.response = '-ERR no telephone-event';
}

/** `set_mute read true|false`: whether the leg is heard. */
function setMute(channel: Channel, run: AppRun): void {
  const [direction, value] = run.argument.trim().split(/\s+/);
  if (direction !== 'read') run.response = '-ERR only read can be muted';
  else channel.media.muted = value !== 'false' && value !== '0';
}
