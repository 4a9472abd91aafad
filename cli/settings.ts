import { type Option, type Options, UsageError } from './command.ts';
import { type Reading, word } from './readings.ts';

/** An option that sets a field of a thing. */
export interface Setting extends Option {
  /** Where it stands in the thing: a field, or a member of one. */
  readonly field: readonly [string] | readonly [string, string];
  readonly read: Reading;
}

export type SettingTable = Readonly<Record<string, Setting>>;

/** Whether a customer, or one application, may do anything. */
export const STATE: Setting = {
  value: 'STATE',
  meaning: 'normal, or frozen: no calls (7108), no partner API (1010029)',
  field: ['state'],
  read: word,
};

/**
 * The fields that the options set.
 * @param command in whose name UsageErrors speak
 * @throws UsageError for what cannot be read
 */
export function fieldsOf(command: string, settings: SettingTable, options: Options): object {
  const fields: Record<string, unknown> = {};
  const members: Record<string, Record<string, unknown>> = {};
  for (const [option, { field, read }] of Object.entries(settings)) {
    const typed = options[option];
    if (typeof typed !== 'string') continue;
    const [name, member] = field;
    const value = read(typed, `${command}: --${option}`);
    if (member === undefined) fields[name] = value;
    else members[name] = { ...members[name], [member]: value };
  }
  return { ...fields, ...members };
}

/**
 * The merge patch that the options ask for.
 * @throws UsageError as `fieldsOf`, and when they ask for nothing
 */
export function patchOf(command: string, settings: SettingTable, options: Options): object {
  const patch = fieldsOf(command, settings, options);
  if (Object.keys(patch).length > 0) return patch;
  const known = Object.keys(settings).map((option) => `--${option}`);
  throw new UsageError(`${command}: expected at least one of ${known.join(', ')}`);
}
