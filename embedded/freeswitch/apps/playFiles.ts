import { AudioOpenError, type AudioSource } from '../audio/audioSource.ts';
import { SAMPLE_RATE_HZ } from '../audio/g711.ts';
import { openAudio } from '../audio/openAudio.ts';
import type { AppRun } from '../channel/AppRun.ts';
import type { Channel } from '../channel/Channel.ts';

/** How playing one file or a list of them came to its end. */
export type PlayOutcome = 'played' | 'interrupted' | 'not_found' | 'timeout' | 'unplayable';

/** Silence between the files of a list, unless `playback_sleep_val` says otherwise; FreeSWITCH's default. */
const GAP_BETWEEN_FILES_MS = 250;
const NO_LIMIT = Number.POSITIVE_INFINITY;

/**
 * Plays what a `playback` argument names to a channel: one file, or several where `playback_delimiter` says how they
 * are separated. `playback_timeout_sec` bounds the whole. Sets the `playback_*` variables and raises
 * PLAYBACK_START and PLAYBACK_STOP for each file. The outcome is that of the last file. `isOver` is asked before
 * each file whether there is still a reason to play it.
 */
export async function playFiles(
  channel: Channel,
  run: AppRun,
  argument: string,
  soundsDir: string,
  startSample = 0,
  isOver: () => boolean = () => false,
): Promise<PlayOutcome> {
  const delimiter = channel.variable('playback_delimiter')?.[0];
  const files = delimiter ? argument.split(delimiter) : [argument];
  const timeoutSeconds = Number(channel.variable('playback_timeout_sec') ?? 0);
  let samplesLeft = timeoutSeconds > 0 ? timeoutSeconds * SAMPLE_RATE_HZ : NO_LIMIT;
  let outcome: PlayOutcome = 'played';
  for (const [index, file] of files.entries()) {
    if (isOver() || run.interruption === 'hangup' || run.interruption === 'break_all') return 'interrupted';
    run.clearBreak();
    if (index > 0) await pauseBetweenFiles(channel, run);
    const start = index === 0 ? startSample : 0;
    const played = await playFile(channel, run, file, soundsDir, start, samplesLeft, isOver);
    outcome = played.outcome;
    samplesLeft -= played.samples;
    if (outcome === 'timeout') break;
  }
  return outcome;
}

async function playFile(
  channel: Channel,
  run: AppRun,
  file: string,
  soundsDir: string,
  startSample: number,
  limitSamples: number,
  isOver: () => boolean,
): Promise<{ outcome: PlayOutcome; samples: number }> {
  const prefix = channel.variable('sound_prefix') ?? soundsDir;
  let source: AudioSource;
  try {
    source = await openAudio(file, prefix, startSample);
  } catch (error) {
    const missing = error instanceof AudioOpenError && error.code === 'not_found';
    return { outcome: missing ? 'not_found' : 'unplayable', samples: 0 };
  }
  // Opening has taken time, in which the reason to play may have gone.
  if (run.interruption || isOver()) {
    source.close();
    return { outcome: 'interrupted', samples: 0 };
  }
  const about: Record<string, string> = { 'Playback-File-Path': file };
  if (file.startsWith('tone_stream:')) about['Playback-File-Type'] = 'tone_stream';
  channel.raise('PLAYBACK_START', about);
  const end = await run.wait(channel.media.play(source, { order: run.order, limitSamples }));
  const samples = source.position - startSample;
  channel.variables
    .set('playback_last_offset_pos', String(source.position))
    .set('playback_seconds', String(Math.floor(samples / SAMPLE_RATE_HZ)))
    .set('playback_ms', String(Math.floor((samples * 1000) / SAMPLE_RATE_HZ)))
    .set('playback_samples', String(samples));
  channel.raise('PLAYBACK_STOP', { ...about, 'Playback-Status': end === 'stopped' ? 'break' : 'done' });
  const outcome = end === 'stopped' ? 'interrupted' : end === 'timeout' ? 'timeout' : 'played';
  return { outcome, samples };
}

async function pauseBetweenFiles(channel: Channel, run: AppRun): Promise<void> {
  const set = Number(channel.variable('playback_sleep_val') ?? Number.NaN);
  const pauseMs = Number.isFinite(set) && set >= 0 ? set : GAP_BETWEEN_FILES_MS;
  if (pauseMs === 0) return;
  // Silence is played, so that a bridge partner is not heard between two files.
  const silence = await openAudio(`silence_stream://${Math.round(pauseMs)}`, '');
  await run.wait(channel.media.play(silence, { order: run.order, limitSamples: NO_LIMIT }));
}
