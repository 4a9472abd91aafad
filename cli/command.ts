import type { AdminConnection } from './AdminConnection.ts';
import { isRecord } from './isRecord.ts';
import { type Column, formatTable } from './table.ts';

/** The command line cannot be understood. */
export class UsageError extends Error {
  readonly code = 'USAGE';
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export type Options = Readonly<Record<string, string | boolean | undefined>>;

/** What --help says of an option: what stands behind it, and what it does. */
export interface Option {
  readonly value: string;
  readonly meaning: string;
}

/** Options of lists that come page by page. */
export const AFTER: Option = { value: 'PLACE', meaning: 'those that follow: as the page before says' };
export const LIMIT: Option = { value: 'NUMBER', meaning: 'so many at a time, at most 1000' };

/** One command: its options, and how its answer looks for people. `--json` prints the answer as it came. */
export interface Command {
  readonly purpose: string;
  /** What else one should know before using it; a line for each paragraph. */
  readonly more?: string;
  readonly options: Readonly<Record<string, Option>>;
  /** The option whose value may follow the command without its name: `account show sp01`. */
  readonly subject?: string;
  /** Lines that somebody might type, without `axbridge` in front. A test asks each of them. */
  readonly examples: readonly [string, ...string[]];
  /** @throws UsageError, AdminError */
  readonly ask: (admin: AdminConnection, options: Options) => Promise<unknown>;
  readonly present: (answer: unknown) => string;
}

/** Commands about one kind of thing, by the word that follows its name: `account list`. */
export interface CommandGroup {
  readonly purpose: string;
  readonly commands: Readonly<Record<string, Command>>;
}

/** A column that shows a field as it is. */
export const field =
  (name: string): Column['show'] =>
  (item) =>
    item[name];

/** Presents a collection; one that has more says how to get it. */
export function tableOf(none: string, columns: readonly Column[]): Command['present'] {
  return (answer) => {
    const items = isRecord(answer) && Array.isArray(answer.items) ? answer.items.filter(isRecord) : [];
    const more = isRecord(answer) && answer.next !== undefined ? `\nmore: --after ${answer.next}` : '';
    return (items.length === 0 ? none : formatTable(columns, items)) + more;
  };
}

/** Presents what leaves nothing to show. */
export const done: Command['present'] = () => 'done';

/** A query of those options that were given: `{ app: 'appKey' }` hands `--app` on as `appKey`. */
export function queryOf(options: Options, names: Readonly<Record<string, string>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [option, name] of Object.entries(names)) {
    const typed = options[option];
    if (typeof typed === 'string') query.set(name, typed);
  }
  return query;
}

/** @throws UsageError when a command lacks an option that it cannot do without */
export function needed(command: string, options: Options, name: string, meaning: string): string {
  const value = options[name];
  if (typeof value !== 'string') throw new UsageError(`${command}: expected --${name} with ${meaning}`);
  return value;
}
