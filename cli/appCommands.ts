import { APP_SETTINGS } from './appSettings.ts';
import { type CommandGroup, done, field, needed, type Options, queryOf, tableOf } from './command.ts';
import { fieldTable } from './fieldTable.ts';
import { isRecord } from './isRecord.ts';
import { count } from './readings.ts';
import { fieldsOf, patchOf, type SettingTable, STATE } from './settings.ts';

const APP = { value: 'APPKEY', meaning: 'the application' };

const pathOf = (command: string, options: Options): string =>
  `/apps/${encodeURIComponent(needed(command, options, 'app', 'the key of an application'))}`;

const CHANGES: SettingTable = {
  state: STATE,
  ...APP_SETTINGS,
};

/** Customers' applications, with what they may do and what is heard in their calls. */
export const APPS: CommandGroup = {
  purpose: 'what customers build',
  commands: {
    list: {
      purpose: 'list the applications',
      options: { account: { value: 'ID', meaning: 'those of this account only' } },
      examples: ['app list', 'app list --account sp01 --json'],
      ask: (admin, options) => admin.get(`/apps?${queryOf(options, { account: 'accountId' })}`),
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
    show: {
      purpose: 'show an application whole',
      options: { app: APP },
      subject: 'app',
      examples: ['app show ride-1'],
      ask: async (admin, options) => admin.get(pathOf('app show', options)),
      present: fieldTable,
    },
    add: {
      purpose: 'make an application; its key and its secret are shown, the secret this once',
      more: 'The mode says how it connects people and stays as it is: AXB, AX, AXE, AXYB or X (README, "What a customer binds").',
      options: {
        mode: { value: 'MODE', meaning: 'AXB, AX, AXE, AXYB or X' },
        ...APP_SETTINGS,
      },
      examples: [
        'app add --name ride --mode AXB --account sp01 --recording yes',
        'app add --name pizza --mode AXE --extension-digits 3 --status-url https://pizza.example.com/status',
      ],
      ask: async (admin, options) => {
        const name = needed('app add', options, 'name', 'a name for people');
        const mode = needed('app add', options, 'mode', 'AXB, AX, AXE, AXYB or X');
        return admin.post('/apps', { ...fieldsOf('app add', APP_SETTINGS, options), name, mode });
      },
      present: (answer) =>
        isRecord(answer)
          ? `application ${answer.appKey} is there\nits secret, for the customer: ${answer.appSecret}`
          : 'no answer',
    },
    change: {
      purpose: 'change an application: its state, its access, its guards and what is heard',
      more: 'Calls and requests see a change within a second; calls in progress go on.',
      options: { app: APP, ...CHANGES },
      subject: 'app',
      examples: [
        'app change ride-1 --state frozen',
        'app change ride-1 --hours 08:00-21:30 --max-calls 100 --caller-frequency 3/60',
        'app change ride-1 --announcements no-binding=own.wav,busy=default,last-minute=none',
      ],
      ask: async (admin, options) =>
        admin.patch(pathOf('app change', options), patchOf('app change', CHANGES, options)),
      present: fieldTable,
    },
    remove: {
      purpose: 'remove an application that has no numbers',
      options: { app: APP },
      subject: 'app',
      examples: ['app remove ride-1'],
      ask: async (admin, options) => admin.delete(pathOf('app remove', options)),
      present: done,
    },
    'new-secret': {
      purpose: 'give an application a new secret, which is shown this once',
      options: {
        app: APP,
        'keep-old': {
          value: 'SECONDS',
          meaning: 'how long the old one stays good; without it, it ends at once',
        },
      },
      subject: 'app',
      examples: ['app new-secret ride-1 --keep-old 86400'],
      ask: async (admin, options) => {
        const path = `${pathOf('app new-secret', options)}/secret`;
        const { 'keep-old': typed } = options;
        return admin.post(
          path,
          typeof typed === 'string' ? { keepOldSeconds: count(typed, 'app new-secret: --keep-old') } : {},
        );
      },
      present: (answer) => {
        if (!isRecord(answer)) return 'no answer';
        const { appKey, appSecret, oldSecretUntil } = answer;
        return oldSecretUntil === undefined
          ? `${appSecret}\nthe old one has ended`
          : `${appSecret}\nthe old one is good until ${oldSecretUntil}, or until: app end-old-secret ${appKey}`;
      },
    },
    'end-old-secret': {
      purpose: 'end the old secret of an application before its time',
      options: { app: APP },
      subject: 'app',
      examples: ['app end-old-secret ride-1'],
      ask: async (admin, options) => admin.delete(`${pathOf('app end-old-secret', options)}/old-secret`),
      present: done,
    },
  },
};
