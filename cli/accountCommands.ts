import { type Command, field, needed, tableOf } from './command.ts';
import { isRecord } from './explanation.ts';
import { fieldTable, frequencyText } from './fieldTable.ts';
import { frequency } from './readings.ts';

const ACCOUNT = { value: 'ID', meaning: 'the account' };
const NAME = { value: 'NAME', meaning: 'what people call the customer' };
const FREQUENCY = {
  value: 'CALLS/SECONDS',
  meaning: 'most calls of all its applications, like 100/60, or none for what the platform sets',
};

const pathOf = (account: string): string => `/accounts/${encodeURIComponent(account)}`;

/** Customers' accounts. */
export const ACCOUNT_COMMANDS: Readonly<Record<string, Command>> = {
  accounts: {
    purpose: "list the customers' accounts",
    options: {},
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
  account: {
    purpose: 'show an account, and change it: its name, its state, how often its calls may come',
    options: {
      account: ACCOUNT,
      name: NAME,
      state: { value: 'STATE', meaning: 'normal, or frozen: no calls (7108), no partner API (1010029)' },
      'call-frequency': FREQUENCY,
    },
    ask: async (admin, options) => {
      const path = pathOf(needed('account', options, 'account', 'the id of an account'));
      const { name, state, 'call-frequency': typed } = options;
      const patch = {
        ...(name !== undefined && { name }),
        ...(state !== undefined && { state }),
        ...(typeof typed === 'string' && { callFrequency: frequency(typed, 'account: --call-frequency') }),
      };
      return Object.keys(patch).length === 0 ? admin.get(path) : admin.patch(path, patch);
    },
    present: fieldTable,
  },
  'add-account': {
    purpose: 'add an account for a customer',
    options: {
      account: { value: 'ID', meaning: 'spId in call records: letters, digits, dots, dashes, at most 32' },
      name: NAME,
      'call-frequency': FREQUENCY,
    },
    ask: async (admin, options) => {
      const accountId = needed('add-account', options, 'account', 'the id of the new account');
      const { name = accountId, 'call-frequency': typed } = options;
      const callFrequency =
        typeof typed === 'string' ? frequency(typed, 'add-account: --call-frequency') : null;
      return admin.post('/accounts', { accountId, name, ...(callFrequency !== null && { callFrequency }) });
    },
    present: (answer) =>
      isRecord(answer)
        ? `account ${answer.accountId} is there; its applications: app --app APPKEY --account ${answer.accountId}`
        : 'no answer',
  },
  'remove-account': {
    purpose: 'remove an account that has no applications',
    options: { account: ACCOUNT },
    ask: async (admin, options) =>
      admin.delete(pathOf(needed('remove-account', options, 'account', 'the id of an account'))),
    present: () => 'done',
  },
};
