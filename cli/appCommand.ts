import { type Command, needed, type Options, UsageError } from './command.ts';
import { isRecord } from './explanation.ts';
import { formatTable } from './table.ts';

/** Reads what was typed for an option; null takes the setting away. */
type Reading = (typed: string, option: string) => unknown;

interface Setting {
  readonly value: string;
  readonly meaning: string;
  /** Where it stands in the application. */
  readonly field: readonly [string] | readonly ['guards', string];
  readonly read: Reading;
}

const NONE = 'none';

const text: Reading = (typed) => (typed === NONE ? null : typed);

const yesOrNo: Reading = (typed, option) => {
  if (typed === 'yes' || typed === 'no') return typed === 'yes';
  throw new UsageError(`app: --${option} ${typed}: expected yes or no`);
};

const count: Reading = (typed, option) => {
  if (typed === NONE) return null;
  if (/^\d+$/.test(typed)) return Number(typed);
  throw new UsageError(`app: --${option} ${typed}: expected a number`);
};

const frequency: Reading = (typed, option) => {
  if (typed === NONE) return null;
  const [, calls, seconds] = /^(\d+)\/(\d+)$/.exec(typed) ?? [];
  if (calls !== undefined && seconds !== undefined) return { calls: Number(calls), seconds: Number(seconds) };
  throw new UsageError(`app: --${option} ${typed}: expected calls/seconds, like 100/60, or none`);
};

const hours: Reading = (typed) => (typed === 'always' ? [] : typed.split(','));

const announcements: Reading = (typed, option) => {
  const pairs = typed.split(',').map((pair) => pair.split('='));
  if (pairs.some((pair) => pair.length !== 2))
    throw new UsageError(`app: --${option} ${typed}: expected scene=file,scene=default,scene=none`);
  return Object.fromEntries(pairs.map(([scene = '', file = '']) => [scene, file === NONE ? null : file]));
};

const limit = (name: string, meaning: string): Setting => ({
  value: 'CALLS/SECONDS',
  meaning: `most calls ${meaning}, like 100/60, or none`,
  field: ['guards', name],
  read: frequency,
});

const SETTINGS: Readonly<Record<string, Setting>> = {
  'calls-from-abroad': {
    value: 'yes|no',
    meaning: 'whether callers from abroad may call',
    field: ['guards', 'callsFromAbroad'],
    read: yesOrNo,
  },
  'calls-abroad': {
    value: 'yes|no',
    meaning: 'whether callees abroad may be called',
    field: ['guards', 'callsAbroad'],
    read: yesOrNo,
  },
  hours: {
    value: 'HOURS',
    meaning: 'when calls are allowed, like 08:00-12:00,13:30-21:30, or always',
    field: ['guards', 'hours'],
    read: hours,
  },
  'max-calls': {
    value: 'CALLS',
    meaning: 'most calls at the same time, or none',
    field: ['guards', 'maxCalls'],
    read: count,
  },
  'application-frequency': limit('applicationFrequency', 'of the application'),
  'shown-frequency': limit('shownFrequency', 'that show one number'),
  'caller-frequency': limit('callerFrequency', 'of one caller'),
  'callee-frequency': limit('calleeFrequency', 'to one callee'),
  'x-frequency': limit('xFrequency', 'to one X'),
  announcements: {
    value: 'SCENES',
    meaning: 'what is heard, like no-binding=own.wav,busy=default,no-permission=none',
    field: ['announcements'],
    read: announcements,
  },
  'call-back-memory': {
    value: 'yes|no',
    meaning: 'AX: whether A who dials X reaches the last caller',
    field: ['callBackMemory'],
    read: yesOrNo,
  },
  'extension-digits': {
    value: 'DIGITS',
    meaning: 'AXE: digits of an extension, 1 to 4',
    field: ['extensionDigits'],
    read: count,
  },
  'collect-repeats': {
    value: 'TIMES',
    meaning: 'AXE: how often a caller is asked again for the extension',
    field: ['collectRepeats'],
    read: count,
  },
  'call-back-number': {
    value: 'E164',
    meaning: 'AXE: where A reaches when there is no call to return, or none',
    field: ['callBackNumber'],
    read: text,
  },
};

/** One application: shown whole, and changed where options say so. */
export const APP_COMMAND: Command = {
  purpose: 'show an application, and change its guards and what is heard',
  options: { app: { value: 'APPKEY', meaning: 'the application' }, ...SETTINGS },
  ask: async (admin, options) => {
    const path = `/apps/${encodeURIComponent(needed('app', options, 'app', 'the key of an application'))}`;
    const patch = patchOf(options);
    return Object.keys(patch).length === 0 ? admin.get(path) : admin.patch(path, patch);
  },
  present: (answer) =>
    formatTable(
      [
        { heading: 'FIELD', show: ({ name }) => name },
        { heading: 'VALUE', show: ({ value }) => value },
      ],
      fieldsOf(answer),
    ),
};

/** The merge patch that the options ask for. */
function patchOf(options: Options): object {
  const patch: Record<string, unknown> = {};
  const guards: Record<string, unknown> = {};
  for (const [option, { field, read }] of Object.entries(SETTINGS)) {
    const typed = options[option];
    if (typeof typed !== 'string') continue;
    const [name, guard] = field;
    if (guard === undefined) patch[name] = read(typed, option);
    else guards[guard] = read(typed, option);
  }
  return { ...patch, ...(Object.keys(guards).length > 0 && { guards }) };
}

/** Fields and, beneath announcements and guards, their members, in lines of their own. */
function fieldsOf(answer: unknown, prefix = ''): { readonly name: string; readonly value: unknown }[] {
  if (!isRecord(answer)) return [];
  return Object.entries(answer).flatMap(([name, value]) => {
    if (!isRecord(value)) return [{ name: prefix + name, value }];
    if ('calls' in value) return [{ name: prefix + name, value: `${value.calls}/${value.seconds}` }];
    return fieldsOf(value, `${prefix}${name}.`);
  });
}
