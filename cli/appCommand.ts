import { type Command, needed, type Options, UsageError } from './command.ts';
import { fieldTable } from './fieldTable.ts';
import { count, frequency, list, NONE, type Reading, requestLimit, text, word, yesOrNo } from './readings.ts';

interface Setting {
  readonly value: string;
  readonly meaning: string;
  /** Where it stands in the application. */
  readonly field: readonly [string] | readonly ['guards', string];
  readonly read: Reading;
}

const hours: Reading = (typed) => (typed === 'always' ? [] : typed.split(','));

const announcements: Reading = (typed, where) => {
  const pairs = typed.split(',').map((pair) => pair.split('='));
  if (pairs.some((pair) => pair.length !== 2))
    throw new UsageError(`${where} ${typed}: expected scene=file,scene=default,scene=none`);
  return Object.fromEntries(pairs.map(([scene = '', file = '']) => [scene, file === NONE ? null : file]));
};

const ANYWHERE = 'anywhere';

const limit = (name: string, meaning: string): Setting => ({
  value: 'CALLS/SECONDS',
  meaning: `most calls ${meaning}, like 100/60, or none`,
  field: ['guards', name],
  read: frequency,
});

const SETTINGS: Readonly<Record<string, Setting>> = {
  account: {
    value: 'ID',
    meaning: "the customer's account that it belongs to",
    field: ['accountId'],
    read: word,
  },
  'push-number-status': {
    value: 'yes|no',
    meaning: 'whether the customer is told of changes in the states of its X numbers',
    field: ['pushNumberStatus'],
    read: yesOrNo,
  },
  'allowed-addresses': {
    value: 'RANGES',
    meaning: 'where its requests may come from, like 192.0.2.0/24,2001:db8::1, or anywhere',
    field: ['allowedAddresses'],
    read: (typed) => (typed === ANYWHERE ? [] : list(typed)),
  },
  'request-limit': {
    value: 'REQUESTS/SECONDS',
    meaning: 'most requests to the partner API, like 600/60, or none for what the platform sets',
    field: ['requestLimit'],
    read: requestLimit,
  },
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
  purpose: 'show an application, and change its account, its access, its guards and what is heard',
  options: { app: { value: 'APPKEY', meaning: 'the application' }, ...SETTINGS },
  ask: async (admin, options) => {
    const path = `/apps/${encodeURIComponent(needed('app', options, 'app', 'the key of an application'))}`;
    const patch = patchOf(options);
    return Object.keys(patch).length === 0 ? admin.get(path) : admin.patch(path, patch);
  },
  present: fieldTable,
};

/** The merge patch that the options ask for. */
function patchOf(options: Options): object {
  const patch: Record<string, unknown> = {};
  const guards: Record<string, unknown> = {};
  for (const [option, { field, read }] of Object.entries(SETTINGS)) {
    const typed = options[option];
    if (typeof typed !== 'string') continue;
    const [name, guard] = field;
    if (guard === undefined) patch[name] = read(typed, `app: --${option}`);
    else guards[guard] = read(typed, `app: --${option}`);
  }
  return { ...patch, ...(Object.keys(guards).length > 0 && { guards }) };
}
