import type { AdminConnection } from './AdminConnection.ts';
import { isRecord } from './explanation.ts';
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

/** One command: its options, and how its answer looks for people. `--json` prints the answer as it came. */
export interface Command {
  readonly purpose: string;
  readonly options: Readonly<Record<string, { readonly value: string; readonly meaning: string }>>;
  /** @throws UsageError, AdminError */
  readonly ask: (admin: AdminConnection, options: Options) => Promise<unknown>;
  readonly present: (answer: unknown) => string;
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
    if (items.length === 0) return none;
    const more = isRecord(answer) && answer.next !== undefined ? `\nmore: --after ${answer.next}` : '';
    return formatTable(columns, items) + more;
  };
}

/** The page of a collection that the options ask for, as a query. */
export function pageQuery({ app, after }: Options): URLSearchParams {
  return new URLSearchParams({
    ...(typeof app === 'string' && { appKey: app }),
    ...(typeof after === 'string' && { after }),
  });
}

/** @throws UsageError when a command lacks an option that it cannot do without */
export function needed(command: string, options: Options, name: string, meaning: string): string {
  const value = options[name];
  if (typeof value !== 'string') throw new UsageError(`${command}: expected --${name} with ${meaning}`);
  return value;
}
