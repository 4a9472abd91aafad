import { type Fields, isRecord } from './isRecord.ts';

/** Columns of one leg between two life lines. */
const LEG_COLUMNS = 34;
const TIME_COLUMNS = '22:15:00.000'.length;

/**
 * The SIP ladder of a call as text: who dialled on the left, axbridge in the middle, who was rung on the right.
 * @param ladder as the admin API gives it: `messages`, and how many were `omitted`
 */
export function ladderText(ladder: Fields): string {
  const messages = Array.isArray(ladder.messages) ? ladder.messages.filter(isRecord) : [];
  if (messages.length === 0) return 'no SIP message was seen';
  const gap = ' '.repeat(LEG_COLUMNS - 8);
  const lines = [
    `${' '.repeat(TIME_COLUMNS)}  caller${gap} axbridge${gap} callee`,
    ...messages.flatMap(arrowOf),
  ];
  const omitted = Number(ladder.omitted ?? 0);
  if (omitted > 0) lines.push(`and ${omitted} more messages that had no room`);
  return lines.join('\n');
}

/** One message: its arrow, and below it what it says of people, of why, and of sound. */
function arrowOf(message: Fields): string[] {
  const { at, leg, way, what, method, peer, from, to, reason, sdp, text } = message;
  const label = printable(what === method ? what : `${printable(what)} (${printable(method)})`);
  const toTheRight = (leg === 'caller') === (way === 'in');
  const room = LEG_COLUMNS - 4;
  const shown = label.slice(0, room - 2);
  const rest = '─'.repeat(room - shown.length - 2);
  const arrow = toTheRight ? `── ${shown} ${rest}─►` : `◄─${rest} ${shown} ──`;
  const empty = ' '.repeat(LEG_COLUMNS);
  const row = leg === 'caller' ? `│${arrow}│${empty}│` : `│${empty}│${arrow}│`;
  const parties = from === undefined ? undefined : `${printable(from)} → ${printable(to)}`;
  const details = [parties, sdp, reason, peer].filter((detail) => detail !== undefined).map(printable);
  return [
    `${timeOf(at)} ${row} ${details.join('  ')}`,
    ...(typeof text === 'string' ? text.trimEnd().split('\r\n').map(indented) : []),
  ];
}

/** The time of day, UTC, to the millisecond. */
function timeOf(at: unknown): string {
  return String(at).slice(11, 23).padEnd(TIME_COLUMNS);
}

const indented = (line: string): string => `${' '.repeat(TIME_COLUMNS + 3)}${printable(line)}`;

/** Control characters of what others wrote must not reach the terminal. */
function printable(value: unknown): string {
  return String(value).replace(/\p{Cc}/gu, '?');
}
