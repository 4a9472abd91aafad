import { parseArgs } from 'node:util';
import type { AdminConnection } from './AdminConnection.ts';
import { ACCOUNTS } from './accountCommands.ts';
import { ANNOUNCEMENTS } from './announcementCommands.ts';
import { APPS } from './appCommands.ts';
import { BINDINGS } from './bindingCommands.ts';
import { BLACK_LIST, BLOCKED_ADDRESSES } from './blockCommands.ts';
import { CALLS } from './callCommands.ts';
import { type Command, type Options, UsageError } from './command.ts';
import { DEAD_LETTERS } from './deadLetterCommands.ts';
import { EXPLAIN } from './explainCommand.ts';
import { HANDSETS } from './handsetCommands.ts';
import { type CommandTree, describeCommand, describeGroup, describeTree } from './help.ts';
import { X_NUMBERS } from './numberCommands.ts';
import { TRUNKS } from './trunkCommands.ts';

/** Everything that the command line can do, in the order in which an operator comes to need it. */
export const COMMANDS: CommandTree = {
  account: ACCOUNTS,
  app: APPS,
  number: X_NUMBERS,
  binding: BINDINGS,
  trunk: TRUNKS,
  announcement: ANNOUNCEMENTS,
  handset: HANDSETS,
  explain: EXPLAIN,
  call: CALLS,
  'dead-letter': DEAD_LETTERS,
  blacklist: BLACK_LIST,
  'blocked-address': BLOCKED_ADDRESSES,
};

/**
 * Runs one command line.
 * @param connect opens the admin API, only when a command needs it
 * @returns what to print
 * @throws UsageError, AdminError
 */
export async function runCommand(args: readonly string[], connect: () => AdminConnection): Promise<string> {
  const [name, ...rest] = args;
  if (name === undefined || isHelp(name)) return describeTree(COMMANDS);
  const entry = COMMANDS[name];
  if (entry === undefined) {
    throw new UsageError(`${name}: no such command; expected ${Object.keys(COMMANDS).join(', ')}`);
  }
  if (!('commands' in entry)) return runOne(name, entry, rest, connect);
  const [verb, ...options] = rest;
  if (verb === undefined || isHelp(verb)) return describeGroup(name, entry);
  const command = entry.commands[verb];
  if (command === undefined) {
    const known = Object.keys(entry.commands).map((each) => `${name} ${each}`);
    throw new UsageError(`${name} ${verb}: no such command; expected ${known.join(', ')}`);
  }
  return runOne(`${name} ${verb}`, command, options, connect);
}

const isHelp = (word: string): boolean => ['--help', '-h', 'help'].includes(word);

async function runOne(
  name: string,
  command: Command,
  args: string[],
  connect: () => AdminConnection,
): Promise<string> {
  const options = readOptions(name, command, args);
  if (options.help === true) return describeCommand(name, command);
  const answer = await command.ask(connect(), options);
  return options.json === true ? JSON.stringify(answer ?? null, null, 2) : command.present(answer);
}

function readOptions(name: string, { options, subject }: Command, args: string[]): Options {
  const known: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  };
  for (const option of Object.keys(options)) known[option] = { type: 'string' };
  try {
    const { values, positionals } = parseArgs({
      args,
      options: known,
      allowPositionals: subject !== undefined,
    });
    const read: Record<string, string | boolean | undefined> = {};
    for (const [option, value] of Object.entries(values))
      read[option] = Array.isArray(value) ? value.at(-1) : value;
    const [first, ...more] = positionals;
    if (subject === undefined || first === undefined) return read;
    if (more.length > 0 || read[subject] !== undefined)
      throw new Error(`${more[0] ?? first}: expected one --${subject} only`);
    return { ...read, [subject]: first };
  } catch (error) {
    throw new UsageError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
