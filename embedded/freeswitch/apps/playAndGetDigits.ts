import type { AppRun } from '../channel/AppRun.ts';
import type { Channel } from '../channel/Channel.ts';
import type { Switchboard } from '../switchboard.ts';
import { collectDigits, DigitBuffer } from './collectDigits.ts';
import { playFiles } from './playFiles.ts';

interface Question {
  readonly minDigits: number;
  readonly maxDigits: number;
  readonly tries: number;
  readonly timeoutMs: number;
  readonly terminators: string;
  readonly prompt: string;
  readonly invalidPrompt: string;
  readonly variable: string;
  readonly pattern: RegExp | undefined;
  readonly digitTimeoutMs: number;
}

/** No question is answered with more digits than FreeSWITCH's buffer holds. */
const MAX_DIGITS = 127;
const MIN_TIMEOUT_MS = 1000;

/**
 * `play_and_get_digits <min> <max> <tries> <timeout ms> <terminators> <file> <invalid file> <variable> <regexp>
 * <digit timeout ms>`: plays, collects, and asks again until what was typed fits or the tries are used up.
 *
 * The digits are left in the variable, what did not match in `<variable>_invalid`, the terminator in
 * `read_terminator_used`. The first digit ends the prompt.
 */
export async function playAndGetDigits(channel: Channel, run: AppRun, board: Switchboard): Promise<void> {
  const question = parseQuestion(run.argument);
  if (!question) {
    run.response = '-ERR invalid arguments';
    return;
  }
  const { variables } = channel;
  const buffer = new DigitBuffer(run);
  variables.delete(`${question.variable}_invalid`);
  for (let tried = 0; tried < question.tries; tried++) {
    if (await askOnce(channel, run, board, question, buffer)) return;
    if (run.interruption === 'hangup' || run.interruption === 'break_all') return;
    run.clearBreak();
    await playUntilDigit(channel, run, board, question.invalidPrompt, buffer);
  }
}

/** One try; true when the question is answered, or answered with nothing where that is allowed. */
async function askOnce(
  channel: Channel,
  run: AppRun,
  board: Switchboard,
  question: Question,
  buffer: DigitBuffer,
): Promise<boolean> {
  const { variables } = channel;
  variables.delete(question.variable);
  variables.delete('read_terminator_used');
  await playUntilDigit(channel, run, board, question.prompt, buffer);
  run.clearBreak();
  if (run.interruption) return false;
  const { digits, end, terminator } = await collectDigits(run, buffer, '', {
    maxDigits: question.maxDigits,
    terminators: question.terminators,
    // With a digit typed during the prompt the wait for the next one has begun.
    firstTimeoutMs: buffer.isEmpty ? question.timeoutMs : question.digitTimeoutMs,
    digitTimeoutMs: question.digitTimeoutMs,
  });
  if (terminator) variables.set('read_terminator_used', terminator);
  const enough = digits.length >= question.minDigits;
  variables.set('read_result', !enough ? 'failure' : end === 'timeout' ? 'timeout' : 'success');
  if (digits !== '') variables.set(question.variable, digits);
  if (end === 'interrupted') return false;
  if (digits === '') return question.minDigits === 0 && terminator !== undefined;
  if (!enough) return false;
  if (!question.pattern || question.pattern.test(digits)) return true;
  variables.delete(question.variable);
  variables.set(`${question.variable}_invalid`, digits);
  return false;
}

async function playUntilDigit(
  channel: Channel,
  run: AppRun,
  board: Switchboard,
  file: string,
  buffer: DigitBuffer,
): Promise<void> {
  if (file === '' || file === 'silence' || !buffer.isEmpty) return;
  let byDigit = false;
  buffer.listen(() => {
    byDigit = true;
    run.stopWaiting();
  });
  await playFiles(channel, run, file, board.settings.soundsDir, 0, () => byDigit);
  buffer.listen(undefined);
}

function parseQuestion(argument: string): Question | undefined {
  const words = argument.trim().split(/\s+/);
  const number = (index: number) => Number(words[index] ?? 0);
  const minDigits = Math.max(0, number(0));
  const maxDigits = Math.min(MAX_DIGITS, Math.max(minDigits, number(1)));
  const timeoutMs = Math.max(MIN_TIMEOUT_MS, number(3));
  const digitTimeoutMs = number(9) > 0 ? number(9) : timeoutMs;
  if (![minDigits, maxDigits, number(2), timeoutMs, digitTimeoutMs].every(Number.isFinite)) return undefined;
  let pattern: RegExp | undefined;
  try {
    pattern = words[8] ? new RegExp(words[8]) : undefined;
  } catch {
    return undefined;
  }
  return {
    minDigits,
    maxDigits,
    tries: number(2),
    timeoutMs,
    terminators: words[4] ?? '#',
    prompt: words[5] ?? '',
    invalidPrompt: words[6] ?? '',
    variable: words[7] ?? 'digits',
    pattern,
    digitTimeoutMs,
  };
}
