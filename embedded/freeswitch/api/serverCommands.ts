import { randomUUID } from 'node:crypto';
import type { ApiCommand } from './command.ts';

/** The version that we report: what we behave like, and that it is not the real thing. */
export const SERVER_VERSION = '1.10.12+axbridge-embedded';

/** `status`: the lines that monitoring scripts read. */
const status: ApiCommand = (board) => {
  const upSeconds = Math.floor((Date.now() - board.startedAtMs) / 1000);
  return [
    `UP 0 years, ${Math.floor(upSeconds / 86_400)} days, ${Math.floor(upSeconds / 3600) % 24} hours, ${Math.floor(upSeconds / 60) % 60} minutes, ${upSeconds % 60} seconds, 0 milliseconds, 0 microseconds`,
    `FreeSWITCH (Version ${SERVER_VERSION}) is ready`,
    `${board.sessionsSinceStart} session(s) since startup`,
    `${board.channels.size} session(s) - peak ${board.channels.size}, last 5min ${board.channels.size}`,
    `${board.settings.maxSessions} session(s) max`,
    '',
  ].join('\n');
};

/** `sofia status [profile …]`: the one SIP profile, in the form in which drachtio-fsmrf looks for it. */
const sofia: ApiCommand = (board, words) => {
  if (words[0] !== 'status') return '-ERR only "sofia status" is supported\n';
  const rule = '='.repeat(97);
  const line = `${board.settings.profile.padStart(25)}\tprofile\t${`sip:mod_sofia@${board.sipAddress}`.padStart(42)}\tRUNNING (${board.channels.size})`;
  return [
    `${'Name'.padStart(25)}\t   Type\t${'Data'.padStart(42)}\tState`,
    rule,
    line,
    rule,
    '1 profile 0 aliases',
    '',
  ].join('\n');
};

/** `show channels [count]`. */
const show: ApiCommand = (board, words) => {
  if (words[0] !== 'channels' && words[0] !== 'calls') return '-ERR only channels can be shown\n';
  const total = `${board.channels.size} total.\n`;
  if (words[1] === 'count') return `\n${total}`;
  const rows = [...board.channels.values()].map((channel) => `${channel.uuid},inbound,${channel.name}`);
  return ['uuid,direction,name', ...rows, '', total].join('\n');
};

export const SERVER_COMMANDS: ReadonlyMap<string, ApiCommand> = new Map([
  ['status', status],
  ['sofia', sofia],
  ['show', show],
  ['version', () => `FreeSWITCH Version ${SERVER_VERSION}\n`],
  ['hostname', () => 'embedded'],
  ['uptime', (board) => String(Math.floor((Date.now() - board.startedAtMs) / 1000))],
  ['create_uuid', () => randomUUID()],
  ['echo', (_board, words) => words.join(' ')],
]);
