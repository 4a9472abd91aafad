import { type Command, field, needed, tableOf } from './command.ts';
import { isRecord } from './explanation.ts';
import { count } from './readings.ts';

const APP = { value: 'APPKEY', meaning: 'the application' };
const pathOf = (app: string): string => `/apps/${encodeURIComponent(app)}`;

/** Secrets of applications, and addresses that are blocked for wrong ones. */
export const ACCESS_COMMANDS: Readonly<Record<string, Command>> = {
  'new-secret': {
    purpose: 'give an application a new secret, which is shown this once',
    options: {
      app: APP,
      'keep-old': {
        value: 'SECONDS',
        meaning: 'how long the old one stays good; without it, it ends at once',
      },
    },
    ask: async (admin, options) => {
      const path = `${pathOf(needed('new-secret', options, 'app', 'the key of an application'))}/secret`;
      const { 'keep-old': typed } = options;
      return admin.post(
        path,
        typeof typed === 'string' ? { keepOldSeconds: count(typed, 'new-secret: --keep-old') } : {},
      );
    },
    present: (answer) => {
      if (!isRecord(answer)) return 'no answer';
      const { appSecret, oldSecretUntil } = answer;
      return oldSecretUntil === undefined
        ? `${appSecret}\nthe old one has ended`
        : `${appSecret}\nthe old one is good until ${oldSecretUntil}, or until: end-old-secret --app ${answer.appKey}`;
    },
  },
  'end-old-secret': {
    purpose: 'end the old secret of an application before its time',
    options: { app: APP },
    ask: async (admin, options) =>
      admin.delete(
        `${pathOf(needed('end-old-secret', options, 'app', 'the key of an application'))}/old-secret`,
      ),
    present: () => 'done',
  },
  'blocked-addresses': {
    purpose: 'list the addresses that sent wrong credentials to the partner API too often',
    options: {},
    ask: (admin) => admin.get('/blocked-addresses'),
    present: tableOf('no address is blocked', [
      { heading: 'ADDRESS', show: field('address') },
      { heading: 'BLOCKED', show: field('blockedAt') },
      { heading: 'UNTIL', show: field('blockedUntil') },
    ]),
  },
  'let-in': {
    purpose: 'let an address in again that is blocked',
    options: { address: { value: 'IP', meaning: 'the address, or any of its /64' } },
    ask: async (admin, options) => {
      const address = needed('let-in', options, 'address', 'an IP address');
      return admin.delete(`/blocked-addresses/${encodeURIComponent(address)}`);
    },
    present: () => 'done',
  },
};
