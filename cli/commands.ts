import { parseArgs } from 'node:util';
import type { AdminConnection } from './AdminConnection.ts';
import { ACCESS_COMMANDS } from './accessCommands.ts';
import { ACCOUNT_COMMANDS } from './accountCommands.ts';
import { APP_COMMAND } from './appCommand.ts';
import { BLACK_LIST_COMMANDS } from './blackListCommands.ts';
import { type Command, field, type Options, tableOf, UsageError } from './command.ts';
import { presentExplanation } from './explanation.ts';
import { NOTIFICATION_COMMANDS } from './notificationCommands.ts';
import { NUMBER_COMMANDS } from './numberCommands.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  explain: {
    purpose: 'say where a call would go, and why, without making it',
    options: {
      caller: { value: 'E164', meaning: 'who calls; leave it out for a withheld number' },
      x: { value: 'E164', meaning: 'the X number that is dialled' },
      digits: { value: 'KEYS', meaning: 'AXE: what the caller types when asked, "" for nothing' },
      at: { value: 'TIME', meaning: 'when, as 2026-01-31T08:00:00Z; leave it out for now' },
    },
    ask: (admin, { caller = '', x, digits, at }) => {
      if (x === undefined) throw new UsageError('explain: expected --x with the dialled number');
      return admin.post('/explain', {
        caller,
        x,
        ...(digits !== undefined && { digits }),
        ...(at !== undefined && { at }),
      });
    },
    present: presentExplanation,
  },
  ...ACCOUNT_COMMANDS,
  apps: {
    purpose: 'list the applications',
    options: {},
    ask: (admin) => admin.get('/apps'),
    present: tableOf('no applications', [
      { heading: 'APP KEY', show: field('appKey') },
      { heading: 'NAME', show: field('name') },
      { heading: 'MODE', show: field('mode') },
      { heading: 'STATE', show: field('state') },
      { heading: 'ACCOUNT', show: field('accountId') },
      { heading: 'RECORDING', show: field('recording') },
      { heading: 'STATUS URL', show: field('statusUrl') },
      { heading: 'FEE URL', show: field('feeUrl') },
    ]),
  },
  app: APP_COMMAND,
  ...ACCESS_COMMANDS,
  ...NUMBER_COMMANDS,
  trunks: {
    purpose: 'list the SIP trunks',
    options: {},
    ask: (admin) => admin.get('/trunks'),
    present: tableOf('no trunks', [
      { heading: 'NAME', show: field('name') },
      { heading: 'ADDRESS', show: ({ host, port, transport }) => `${host}:${port} ${transport}` },
      { heading: 'SOURCES', show: field('sources') },
      { heading: 'PRIORITY', show: field('priority') },
      { heading: 'WEIGHT', show: field('weight') },
      { heading: 'MOST CALLS', show: field('maxCalls') },
      { heading: 'ENABLED', show: field('enabled') },
    ]),
  },
  ...BLACK_LIST_COMMANDS,
  ...NOTIFICATION_COMMANDS,
};

/**
 * Runs one command line.
 * @param connect opens the admin API, only when a command needs it
 * @returns what to print
 * @throws UsageError, AdminError
 */
export async function runCommand(args: readonly string[], connect: () => AdminConnection): Promise<string> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return describeAll();
  const command = COMMANDS[name];
  if (command === undefined) {
    throw new UsageError(`${name}: no such command; expected ${Object.keys(COMMANDS).join(', ')}`);
  }
  const values = readOptions(name, command, rest);
  if (values.help === true) return describeOne(name, command);
  const answer = await command.ask(connect(), values);
  return values.json === true ? JSON.stringify(answer ?? null, null, 2) : command.present(answer);
}

function readOptions(name: string, { options }: Command, args: string[]): Options {
  const known: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  };
  for (const option of Object.keys(options)) known[option] = { type: 'string' };
  try {
    const { values } = parseArgs({ args, options: known });
    const read: Record<string, string | boolean | undefined> = {};
    for (const [option, value] of Object.entries(values))
      read[option] = Array.isArray(value) ? value.at(-1) : value;
    return read;
  } catch (error) {
    throw new UsageError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function describeAll(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = Object.entries(COMMANDS).map(([name, { purpose }]) => `  ${name.padEnd(width)}  ${purpose}`);
  return [
    'axbridge: the command line of a running axbridge',
    '',
    '  npm run axbridge -- <command> [options]',
    '',
    ...lines,
    '',
    'Every command knows --json (the answer as the admin API gave it) and --help.',
    'AXBRIDGE_ADMIN_URL says where axbridge listens, AXBRIDGE_ADMIN_TOKEN is the operator token.',
  ].join('\n');
}

function describeOne(name: string, { purpose, options }: Command): string {
  const rows = [
    ...Object.entries(options).map(
      ([option, { value, meaning }]) => [`--${option} ${value}`, meaning] as const,
    ),
    ['--json', 'the answer as the admin API gave it'] as const,
  ];
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    `axbridge ${name}: ${purpose}`,
    '',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
  ].join('\n');
}
