import { SAMPLE_RATE_HZ } from '../audio/g711.ts';
import type { AppRun } from '../channel/AppRun.ts';
import type { Channel } from '../channel/Channel.ts';
import { Recorder, type RecordingEnd } from '../recording/Recorder.ts';
import { recordingPath } from '../recording/recordingPath.ts';
import type { Switchboard } from '../switchboard.ts';
import { stopOnTerminator } from './playback.ts';

const FRAMES_PER_SECOND = 50;
const DEFAULT_SILENCE_SECONDS = 3;

/**
 * `record <file> [<limit s>] [<silence threshold>] [<silence s>]`: records what the leg says until the limit, a
 * terminator digit, lasting silence, or a break. Sets `record_seconds`, `record_ms` and `record_samples`.
 */
export async function record(channel: Channel, run: AppRun, board: Switchboard): Promise<void> {
  const [name = '', limit, threshold, hits] = run.argument.trim().split(/\s+/);
  stopOnTerminator(channel, run);
  channel.variables.set('silence_hits_exhausted', 'false');
  const { promise, resolve } = Promise.withResolvers<RecordingEnd | 'stopped'>();
  let recorder: Recorder;
  try {
    recorder = await Recorder.start(board.clock, {
      path: recordingPath(name, board.settings.recordingsDir),
      stereo: false,
      heard: true,
      said: false,
      limitSeconds: Number(limit?.replace('+', '') ?? 0) || 0,
      silenceThreshold: Number(threshold ?? 0) || 0,
      silenceFrames: (Number(hits ?? 0) || DEFAULT_SILENCE_SECONDS) * FRAMES_PER_SECOND,
      onEnd: resolve,
    });
  } catch {
    channel.variables.set('record_completion_cause', 'uri-failure');
    channel.raise('RECORD_STOP', { 'Record-File-Path': name, 'Record-Completion-Cause': 'uri-failure' });
    run.response = '-ERR cannot record';
    return;
  }
  channel.media.addRecorder(recorder);
  channel.raise('RECORD_START', { 'Record-File-Path': recorder.path });
  const end = await run.wait({ done: promise, stop: () => resolve('stopped') });
  channel.media.removeRecorder(recorder);
  await recorder.stop();
  if (end === 'silence') channel.variables.set('silence_hits_exhausted', 'true');
  noteRecording(channel, recorder.samples);
  const cause = end === 'error' ? { 'Record-Completion-Cause': 'write-failure' } : {};
  channel.raise('RECORD_STOP', { 'Record-File-Path': recorder.path, ...cause });
}

/** Leaves the length of a recording in the channel's variables. */
export function noteRecording(channel: Channel, samples: number): void {
  channel.variables
    .set('record_seconds', String(Math.floor(samples / SAMPLE_RATE_HZ)))
    .set('record_ms', String(Math.floor((samples * 1000) / SAMPLE_RATE_HZ)))
    .set('record_samples', String(samples));
}
