import type { AppRun } from '../channel/AppRun.ts';
import type { Channel } from '../channel/Channel.ts';
import type { Switchboard } from '../switchboard.ts';
import { playFiles } from './playFiles.ts';

/** `playback <file>[@@<sample>]`: plays and waits for the end; a digit of `playback_terminators` ends it early. */
export async function playback(channel: Channel, run: AppRun, board: Switchboard): Promise<void> {
  const [file = '', offset] = run.argument.split('@@');
  stopOnTerminator(channel, run);
  const outcome = await playFiles(channel, run, file, board.settings.soundsDir, Number(offset ?? 0) || 0);
  switch (outcome) {
    case 'played':
    case 'interrupted':
      run.response = 'FILE PLAYED';
      return;
    case 'timeout':
      run.response = channel.flag('playback_timeout_as_success') ? 'FILE PLAYED' : 'PLAYBACK ERROR';
      return;
    // What cannot be opened is not found, whatever the reason, as in FreeSWITCH.
    case 'not_found':
    case 'unplayable':
      run.response = 'FILE NOT FOUND';
  }
}

/** Lets a digit of `playback_terminators` (default `*`, also `any` and `none`) end the run, and notes which it was. */
export function stopOnTerminator(channel: Channel, run: AppRun): void {
  const set = channel.variable('playback_terminators') ?? '*';
  const terminators = set === 'any' ? '1234567890*#' : set === 'none' ? '' : set;
  channel.variables.set('playback_terminator_used', '');
  run.onDigit = (digit) => {
    if (!terminators.includes(digit)) return;
    channel.variables.set('playback_terminator_used', digit);
    run.interrupt('break_all');
  };
}
