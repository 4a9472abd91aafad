import type { AppRun } from '../channel/AppRun.ts';
import type { Channel, SessionRecording } from '../channel/Channel.ts';
import { Recorder, type RecordingEnd } from '../recording/Recorder.ts';
import { recordingPath } from '../recording/recordingPath.ts';
import type { Switchboard } from '../switchboard.ts';
import { noteRecording } from './record.ts';

/**
 * Records both directions of a leg beside whatever it does, until it is stopped or the leg is gone.
 * RECORD_STEREO keeps the directions apart, RECORD_READ_ONLY and RECORD_WRITE_ONLY leave one out.
 *
 * @throws RecordingError when the file cannot be made
 */
export async function startSessionRecording(
  channel: Channel,
  board: Switchboard,
  name: string,
  limitSeconds: number,
): Promise<void> {
  const path = recordingPath(name, board.settings.recordingsDir);
  if (channel.recordings.has(path)) return;
  const recorder = await Recorder.start(board.clock, {
    path,
    stereo: channel.flag('RECORD_STEREO'),
    heard: !channel.flag('RECORD_WRITE_ONLY'),
    said: !channel.flag('RECORD_READ_ONLY'),
    limitSeconds,
    silenceThreshold: 0,
    silenceFrames: 0,
    onEnd: (end) => void recording.finish(end),
  });
  const recording = new LegRecording(channel, recorder);
  channel.recordings.set(path, recording);
  channel.media.addRecorder(recorder);
  channel.raise('RECORD_START', { 'Record-File-Path': path });
  // The channel may have gone while the file was being made.
  if (!channel.isUp) await recording.stop();
}

class LegRecording implements SessionRecording {
  readonly #channel: Channel;
  readonly #recorder: Recorder;
  #finishing: Promise<void> | undefined;

  constructor(channel: Channel, recorder: Recorder) {
    this.#channel = channel;
    this.#recorder = recorder;
  }

  get masked(): boolean {
    return this.#recorder.masked;
  }

  set masked(masked: boolean) {
    this.#recorder.masked = masked;
  }

  stop(): Promise<void> {
    return this.finish(undefined);
  }

  finish(end: RecordingEnd | undefined): Promise<void> {
    this.#finishing ??= this.#complete(end);
    return this.#finishing;
  }

  async #complete(end: RecordingEnd | undefined): Promise<void> {
    const { path } = this.#recorder;
    this.#channel.media.removeRecorder(this.#recorder);
    await this.#recorder.stop();
    this.#channel.recordings.delete(path);
    noteRecording(this.#channel, this.#recorder.samples);
    const cause = end === 'error' ? { 'Record-Completion-Cause': 'write-failure' } : {};
    this.#channel.raise('RECORD_STOP', { 'Record-File-Path': path, ...cause });
  }
}

/** `record_session <file> [+<limit s>]`. */
export async function recordSession(channel: Channel, run: AppRun, board: Switchboard): Promise<void> {
  const [name = '', limit] = run.argument.trim().split(/\s+\+?/);
  try {
    await startSessionRecording(channel, board, name, Number(limit ?? 0) || 0);
  } catch {
    channel.variables.set('record_completion_cause', 'uri-failure');
    channel.raise('RECORD_STOP', { 'Record-File-Path': name, 'Record-Completion-Cause': 'uri-failure' });
    run.response = '-ERR cannot record';
  }
}

/** `stop_record_session <file>|all`. */
export async function stopRecordSession(channel: Channel, run: AppRun, board: Switchboard): Promise<void> {
  const stopped = await stopSessionRecording(channel, board, run.argument.trim());
  if (!stopped) run.response = '-ERR no such recording';
}

/** Stops one recording, or `all`; false when there is none of that name. */
export async function stopSessionRecording(
  channel: Channel,
  board: Switchboard,
  name: string,
): Promise<boolean> {
  if (name === 'all') {
    await Promise.all([...channel.recordings.values()].map((recording) => recording.stop()));
    return true;
  }
  const recording = findRecording(channel, board, name);
  await recording?.stop();
  return recording !== undefined;
}

/** A session's recording by the name that it was started with. */
export function findRecording(
  channel: Channel,
  board: Switchboard,
  name: string,
): SessionRecording | undefined {
  try {
    return channel.recordings.get(recordingPath(name, board.settings.recordingsDir));
  } catch {
    return undefined;
  }
}
