import { type CommandGroup, done, field, needed, type Options, tableOf } from './command.ts';
import { fieldTable } from './fieldTable.ts';
import { isRecord } from './isRecord.ts';
import { count, list, secretFile, text, word, yesOrNo } from './readings.ts';
import { fieldsOf, patchOf, type SettingTable } from './settings.ts';

const TRUNK = { value: 'NAME', meaning: 'the trunk' };

const pathOf = (command: string, options: Options): string =>
  `/trunks/${encodeURIComponent(needed(command, options, 'name', 'the name of a trunk'))}`;

const SETTINGS: SettingTable = {
  host: { value: 'HOST', meaning: "the carrier's host name or address", field: ['host'], read: word },
  port: { value: 'PORT', meaning: 'its SIP port, else 5060', field: ['port'], read: count },
  transport: { value: 'TRANSPORT', meaning: 'udp, tcp or tls', field: ['transport'], read: word },
  sources: {
    value: 'RANGES',
    meaning: 'where its calls come from, like 192.0.2.0/24,198.51.100.7; or none: calls only go out over it',
    field: ['sources'],
    read: (typed) => (typed === 'none' ? [] : list(typed)),
  },
  username: {
    value: 'NAME',
    meaning: 'for calls that it challenges, or none',
    field: ['username'],
    read: text,
  },
  'password-file': {
    value: 'FILE',
    meaning: 'whose first line is the password; - for standard input',
    field: ['password'],
    read: secretFile,
  },
  priority: {
    value: 'NUMBER',
    meaning: 'lower is tried first, else 1',
    field: ['priority'],
    read: count,
  },
  weight: {
    value: 'NUMBER',
    meaning: 'its share among those of one priority, else 1',
    field: ['weight'],
    read: count,
  },
  'max-calls': {
    value: 'CALLS',
    meaning: 'most calls on it at the same time, or none',
    field: ['maxCalls'],
    read: count,
  },
  'calls-per-second': {
    value: 'CALLS',
    meaning: 'most calls that may begin on it in a second, both ways together, or none',
    field: ['callsPerSecond'],
    read: count,
  },
  enabled: {
    value: 'yes|no',
    meaning: 'whether it takes calls and carries them',
    field: ['enabled'],
    read: yesOrNo,
  },
};

/** Carriers' SIP trunks. */
export const TRUNKS: CommandGroup = {
  purpose: "carriers' SIP trunks",
  commands: {
    list: {
      purpose: 'list the SIP trunks',
      options: {},
      examples: ['trunk list'],
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
    show: {
      purpose: 'show a trunk; its password is never shown',
      options: { name: TRUNK },
      subject: 'name',
      examples: ['trunk show carrier-a'],
      ask: async (admin, options) => admin.get(pathOf('trunk show', options)),
      present: fieldTable,
    },
    add: {
      purpose: 'add a trunk to a carrier',
      options: {
        name: { value: 'NAME', meaning: 'letters, digits, dots, dashes, at most 63' },
        ...SETTINGS,
      },
      subject: 'name',
      examples: [
        'trunk add carrier-a --host sip.example.com --sources 192.0.2.0/24',
        'trunk add carrier-b --host 198.51.100.7 --port 5080 --transport tcp --priority 2 --max-calls 200',
      ],
      ask: async (admin, options) => {
        const name = needed('trunk add', options, 'name', 'a name for it');
        needed('trunk add', options, 'host', "the carrier's host name or address");
        return admin.post('/trunks', { ...fieldsOf('trunk add', SETTINGS, options), name });
      },
      present: (answer) =>
        isRecord(answer) ? `trunk ${answer.name} is there\n\n${fieldTable(answer)}` : 'no answer',
    },
    change: {
      purpose: 'change a trunk; the next call sees it',
      options: { name: TRUNK, ...SETTINGS },
      subject: 'name',
      examples: ['trunk change carrier-a --enabled no', 'trunk change carrier-a --max-calls 500 --weight 3'],
      ask: async (admin, options) =>
        admin.patch(pathOf('trunk change', options), patchOf('trunk change', SETTINGS, options)),
      present: fieldTable,
    },
    remove: {
      purpose: 'remove a trunk',
      options: { name: TRUNK },
      subject: 'name',
      examples: ['trunk remove carrier-a'],
      ask: async (admin, options) => admin.delete(pathOf('trunk remove', options)),
      present: done,
    },
  },
};
