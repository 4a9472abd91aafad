import { type CommandGroup, done, field, LIMIT, needed, queryOf, tableOf } from './command.ts';
import { isRecord } from './isRecord.ts';
import { personsNumber } from './readings.ts';

const APP = { value: 'APPKEY', meaning: 'in calls of this application only; without it, in all calls' };

const appOf = (app: string | boolean | undefined) => (typeof app === 'string' ? { appKey: app } : {});

const inCallsOf = (app: unknown): string =>
  typeof app === 'string' ? `in calls of application ${app}` : 'in all calls';

/** The black list: numbers that may not call, or not be called. */
export const BLACK_LIST: CommandGroup = {
  purpose: 'numbers of people that may not call or be called',
  commands: {
    list: {
      purpose: 'list the numbers that may not call or be called, 1000 at a time',
      options: {
        app: { value: 'APPKEY', meaning: 'those of this application' },
        after: { value: 'ID', meaning: 'those that follow this entry' },
        limit: LIMIT,
      },
      examples: ['blacklist list', 'blacklist list --app ride-1'],
      ask: (admin, options) =>
        admin.get(`/blacklist?${queryOf(options, { app: 'appKey', after: 'after', limit: 'limit' })}`),
      present: tableOf('no number is blocked', [
        { heading: 'ID', show: field('id') },
        { heading: 'NUMBER', show: field('number') },
        { heading: 'BLOCKED AS', show: field('blocks') },
        { heading: 'APP KEY', show: ({ appKey }) => appKey ?? 'all' },
        { heading: 'SINCE', show: field('createdAt') },
      ]),
    },
    show: {
      purpose: 'show an entry of the black list',
      options: { id: { value: 'ID', meaning: 'the entry' } },
      subject: 'id',
      examples: ['blacklist show 7'],
      ask: async (admin, options) =>
        admin.get(`/blacklist/${encodeURIComponent(needed('blacklist show', options, 'id', 'an entry'))}`),
      present: (answer) => blockedText(answer),
    },
    add: {
      purpose: 'put a number on the black list',
      options: {
        number: { value: 'E164', meaning: 'the number, or - for standard input' },
        as: { value: 'ROLE', meaning: 'caller (7005), callee (7004) or both [both]' },
        app: APP,
      },
      subject: 'number',
      examples: ['blacklist add +8613900001003 --as caller', 'blacklist add +8613900001003 --app ride-1'],
      ask: async (admin, options) => {
        const number = needed('blacklist add', options, 'number', 'the number to block');
        const { as = 'both', app } = options;
        return admin.post('/blacklist', {
          number: personsNumber(number, 'blacklist add: --number'),
          blocks: as,
          ...appOf(app),
        });
      },
      present: (answer) => blockedText(answer),
    },
    remove: {
      purpose: 'take a number off the black list',
      options: {
        number: { value: 'E164', meaning: 'the number, or - for standard input' },
        id: { value: 'ID', meaning: 'its entry, in place of number and app' },
        app: { ...APP, meaning: 'the entry for this application; without it, the one for all calls' },
      },
      subject: 'number',
      examples: ['blacklist remove +8613900001003', 'blacklist remove --id 7'],
      ask: async (admin, options) => {
        const { id, app } = options;
        if (typeof id === 'string') return admin.delete(`/blacklist/${encodeURIComponent(id)}`);
        const number = needed(
          'blacklist remove',
          options,
          'number',
          'the number to take off, or --id with its entry',
        );
        return admin.delete('/blacklist', {
          number: personsNumber(number, 'blacklist remove: --number'),
          ...appOf(app),
        });
      },
      present: done,
    },
  },
};

function blockedText(answer: unknown): string {
  return isRecord(answer)
    ? `${answer.number} is blocked as ${answer.blocks} ${inCallsOf(answer.appKey)} (entry ${answer.id})`
    : 'no answer';
}

/** Addresses that are blocked for wrong secrets. */
export const BLOCKED_ADDRESSES: CommandGroup = {
  purpose: 'addresses that sent wrong credentials to the partner API too often',
  commands: {
    list: {
      purpose: 'list the addresses that sent wrong credentials to the partner API too often',
      options: {},
      examples: ['blocked-address list'],
      ask: (admin) => admin.get('/blocked-addresses'),
      present: tableOf('no address is blocked', [
        { heading: 'ADDRESS', show: field('address') },
        { heading: 'BLOCKED', show: field('blockedAt') },
        { heading: 'UNTIL', show: field('blockedUntil') },
      ]),
    },
    remove: {
      purpose: 'let an address in again that is blocked',
      options: { address: { value: 'IP', meaning: 'the address, or any of its /64' } },
      subject: 'address',
      examples: ['blocked-address remove 192.0.2.7'],
      ask: async (admin, options) => {
        const address = needed('blocked-address remove', options, 'address', 'an IP address');
        return admin.delete(`/blocked-addresses/${encodeURIComponent(address)}`);
      },
      present: done,
    },
  },
};
