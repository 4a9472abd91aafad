import { type Command, field, needed, pageQuery, tableOf } from './command.ts';
import { isRecord } from './explanation.ts';

const APP = { value: 'APPKEY', meaning: 'in calls of this application only; without it, in all calls' };

const appOf = (app: string | boolean | undefined) => (typeof app === 'string' ? { appKey: app } : {});

const inCallsOf = (app: unknown): string =>
  typeof app === 'string' ? `in calls of application ${app}` : 'in all calls';

/** The black list: numbers that may not call, or not be called. */
export const BLACK_LIST_COMMANDS: Readonly<Record<string, Command>> = {
  blacklist: {
    purpose: 'list the numbers that may not call or be called, 1000 at a time',
    options: {
      app: { value: 'APPKEY', meaning: 'those of this application' },
      after: { value: 'ID', meaning: 'those that follow this entry' },
    },
    ask: (admin, options) => admin.get(`/blacklist?${pageQuery(options)}`),
    present: tableOf('no number is blocked', [
      { heading: 'ID', show: field('id') },
      { heading: 'NUMBER', show: field('number') },
      { heading: 'BLOCKED AS', show: field('blocks') },
      { heading: 'APP KEY', show: ({ appKey }) => appKey ?? 'all' },
      { heading: 'SINCE', show: field('createdAt') },
    ]),
  },
  block: {
    purpose: 'put a number on the black list',
    options: {
      number: { value: 'E164', meaning: 'the number' },
      as: { value: 'ROLE', meaning: 'caller, callee or both [both]' },
      app: APP,
    },
    ask: async (admin, options) => {
      const number = needed('block', options, 'number', 'the number to block');
      const { as = 'both', app } = options;
      return admin.post('/blacklist', { number, blocks: as, ...appOf(app) });
    },
    present: (answer) =>
      isRecord(answer)
        ? `${answer.number} is blocked as ${answer.blocks} ${inCallsOf(answer.appKey)} (entry ${answer.id})`
        : 'no answer',
  },
  unblock: {
    purpose: 'take a number off the black list',
    options: {
      number: { value: 'E164', meaning: 'the number' },
      id: { value: 'ID', meaning: 'its entry, in place of number and app' },
      app: { ...APP, meaning: 'the entry for this application; without it, the one for all calls' },
    },
    ask: async (admin, options) => {
      const { id, app } = options;
      if (typeof id === 'string') return admin.delete(`/blacklist/${encodeURIComponent(id)}`);
      const number = needed('unblock', options, 'number', 'the number to take off, or --id with its entry');
      return admin.delete('/blacklist', { number, ...appOf(app) });
    },
    present: () => 'done',
  },
};
