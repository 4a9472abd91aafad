import { type CommandGroup, done, field, needed, type Options, tableOf } from './command.ts';
import { fieldTable } from './fieldTable.ts';
import { isRecord } from './isRecord.ts';
import { secretFile, word, yesOrNo } from './readings.ts';
import { fieldsOf, patchOf, type SettingTable } from './settings.ts';

const HANDSET = { value: 'NAME', meaning: 'its user name' };

const pathOf = (command: string, options: Options): string =>
  `/handsets/${encodeURIComponent(needed(command, options, 'username', 'the user name of a handset'))}`;

const SETTINGS: SettingTable = {
  number: { value: 'E164', meaning: 'the number that it counts as', field: ['number'], read: word },
  'password-file': {
    value: 'FILE',
    meaning: 'whose first line is the password; - for standard input',
    field: ['password'],
    read: secretFile,
  },
  'md5-only': {
    value: 'yes|no',
    meaning: 'whether it is challenged with MD5 alone, as baresip 1.0 needs it',
    field: ['md5Only'],
    read: yesOrNo,
  },
};

const CHANGES: SettingTable = {
  ...SETTINGS,
  enabled: {
    value: 'yes|no',
    meaning: 'whether it may register and call',
    field: ['enabled'],
    read: yesOrNo,
  },
};

/** Softphones that count as numbers, for tests. */
export const HANDSETS: CommandGroup = {
  purpose: 'softphones that count as numbers, for tests (AXBRIDGE_HANDSETS=on)',
  commands: {
    list: {
      purpose: 'list the test handsets, and where they are registered',
      options: {},
      examples: ['handset list'],
      ask: (admin) => admin.get('/handsets'),
      present: tableOf('no handsets', [
        { heading: 'USER NAME', show: field('username') },
        { heading: 'NUMBER', show: field('number') },
        { heading: 'ENABLED', show: field('enabled') },
        { heading: 'MD5 ONLY', show: field('md5Only') },
        { heading: 'REGISTERED FROM', show: ({ registrations }) => placesOf(registrations) },
      ]),
    },
    show: {
      purpose: 'show a test handset',
      options: { username: HANDSET },
      subject: 'username',
      examples: ['handset show anna'],
      ask: async (admin, options) => admin.get(pathOf('handset show', options)),
      present: presentHandset,
    },
    add: {
      purpose: 'let a softphone register as a number; a password that is made is shown this once',
      options: {
        username: { value: 'NAME', meaning: 'its user name; without it, one is made' },
        ...SETTINGS,
      },
      subject: 'username',
      examples: ['handset add anna --number +8613900001001 --md5-only yes'],
      ask: async (admin, options) => {
        needed('handset add', options, 'number', 'the number that it counts as');
        const { username } = options;
        return admin.post('/handsets', {
          ...fieldsOf('handset add', SETTINGS, options),
          ...(username !== undefined && { username }),
        });
      },
      present: presentHandset,
    },
    change: {
      purpose: 'change a test handset, which has to register again',
      options: { username: HANDSET, ...CHANGES },
      subject: 'username',
      examples: ['handset change anna --enabled no'],
      ask: async (admin, options) =>
        admin.patch(pathOf('handset change', options), patchOf('handset change', CHANGES, options)),
      present: presentHandset,
    },
    remove: {
      purpose: 'remove a test handset',
      options: { username: HANDSET },
      subject: 'username',
      examples: ['handset remove anna'],
      ask: async (admin, options) => admin.delete(pathOf('handset remove', options)),
      present: done,
    },
  },
};

function presentHandset(answer: unknown): string {
  if (!isRecord(answer)) return 'no answer';
  return fieldTable({ ...answer, registrations: placesOf(answer.registrations) });
}

/** Addresses that a handset is registered from, as `127.0.0.1:5062 udp`. */
function placesOf(registrations: unknown): readonly string[] {
  if (!Array.isArray(registrations)) return [];
  return registrations
    .filter(isRecord)
    .map(({ address, port, transport }) => `${address}:${port} ${transport}`);
}
