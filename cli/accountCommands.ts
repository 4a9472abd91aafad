import { type CommandGroup, done, field, needed, type Options, tableOf } from './command.ts';
import { fieldTable, frequencyText } from './fieldTable.ts';
import { isRecord } from './isRecord.ts';
import { frequency, word } from './readings.ts';
import { fieldsOf, patchOf, type SettingTable, STATE } from './settings.ts';

const ACCOUNT = { value: 'ID', meaning: 'the account' };

const pathOf = (command: string, options: Options): string =>
  `/accounts/${encodeURIComponent(needed(command, options, 'account', 'the id of an account'))}`;

const SETTINGS: SettingTable = {
  name: { value: 'NAME', meaning: 'what people call the customer', field: ['name'], read: word },
  'call-frequency': {
    value: 'CALLS/SECONDS',
    meaning: 'most calls of all its applications, like 100/60, or none for what the platform sets',
    field: ['callFrequency'],
    read: frequency,
  },
};

const CHANGES: SettingTable = {
  state: STATE,
  ...SETTINGS,
};

/** Customers' accounts. */
export const ACCOUNTS: CommandGroup = {
  purpose: 'customers',
  commands: {
    list: {
      purpose: "list the customers' accounts",
      options: {},
      examples: ['account list'],
      ask: (admin) => admin.get('/accounts'),
      present: tableOf('no accounts', [
        { heading: 'ACCOUNT', show: field('accountId') },
        { heading: 'NAME', show: field('name') },
        { heading: 'STATE', show: field('state') },
        { heading: 'DEFAULT', show: field('isDefault') },
        { heading: 'APPS', show: field('apps') },
        { heading: 'MOST CALLS', show: ({ callFrequency }) => frequencyText(callFrequency) },
      ]),
    },
    show: {
      purpose: 'show an account',
      options: { account: ACCOUNT },
      subject: 'account',
      examples: ['account show sp01'],
      ask: async (admin, options) => admin.get(pathOf('account show', options)),
      present: fieldTable,
    },
    add: {
      purpose: 'add an account for a customer',
      options: {
        account: { value: 'ID', meaning: 'spId in call records: letters, digits, dots, dashes, at most 32' },
        ...SETTINGS,
      },
      subject: 'account',
      examples: ["account add sp01 --name 'Ride Ltd' --call-frequency 100/60"],
      ask: async (admin, options) => {
        const accountId = needed('account add', options, 'account', 'the id of the new account');
        return admin.post('/accounts', {
          name: accountId,
          ...fieldsOf('account add', SETTINGS, options),
          accountId,
        });
      },
      present: (answer) =>
        isRecord(answer)
          ? `account ${answer.accountId} is there; its applications: app add --account ${answer.accountId} …`
          : 'no answer',
    },
    change: {
      purpose: 'change an account: its name, its state, how often its calls may come',
      more: 'What is frozen is so on every node within a second; calls in progress go on.',
      options: { account: ACCOUNT, ...CHANGES },
      subject: 'account',
      examples: ['account change sp01 --state frozen', 'account change sp01 --call-frequency none'],
      ask: async (admin, options) =>
        admin.patch(pathOf('account change', options), patchOf('account change', CHANGES, options)),
      present: fieldTable,
    },
    remove: {
      purpose: 'remove an account that has no applications',
      options: { account: ACCOUNT },
      subject: 'account',
      examples: ['account remove sp01'],
      ask: async (admin, options) => admin.delete(pathOf('account remove', options)),
      present: done,
    },
  },
};
