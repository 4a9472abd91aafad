import { type Command, field, needed, pageQuery, tableOf } from './command.ts';
import { isRecord } from './explanation.ts';
import { fieldTable } from './fieldTable.ts';
import { list } from './readings.ts';

const CAUSES = 'deleted, arrears, stopped, barred, unbarred, forwarding-on or forwarding-off';
const NUMBERS = { value: 'E164,…', meaning: 'the numbers, at most 100, with commas between them' };

const NUMBER_TABLE = tableOf('no numbers', [
  { heading: 'NUMBER', show: field('number') },
  { heading: 'APP KEY', show: field('appKey') },
  { heading: 'AREA', show: field('areaCode') },
  { heading: 'STATE', show: ({ state, cause }) => (cause === undefined ? state : `${state} (${cause})`) },
  { heading: 'BINDINGS', show: field('bindings') },
]);

/** Presents numbers that have changed, and what that cost their customers. */
const changedTable: Command['present'] = (answer) => {
  const ended = isRecord(answer) ? Number(answer.endedBindings) : 0;
  const loss = ended === 1 ? '1 binding was ended' : `${ended} bindings were ended`;
  return ended === 0 ? NUMBER_TABLE(answer) : `${NUMBER_TABLE(answer)}\n${loss}`;
};

/** X numbers. */
export const NUMBER_COMMANDS: Readonly<Record<string, Command>> = {
  numbers: {
    purpose: 'list X numbers, 1000 at a time',
    options: {
      app: { value: 'APPKEY', meaning: 'of this application only' },
      state: { value: 'STATE', meaning: 'in this state only, like unavailable' },
      after: { value: 'E164', meaning: 'those that follow this number' },
    },
    ask: (admin, options) => {
      const query = pageQuery(options);
      if (typeof options.state === 'string') query.set('state', options.state);
      return admin.get(`/numbers?${query}`);
    },
    present: NUMBER_TABLE,
  },
  number: {
    purpose: 'show an X number, and say in which city it is',
    options: {
      number: { value: 'E164', meaning: 'the number' },
      area: { value: 'CODE', meaning: 'its city code, like 0571' },
    },
    ask: async (admin, options) => {
      const number = needed('number', options, 'number', 'an X number');
      const path = `/numbers/${encodeURIComponent(number)}`;
      const { area } = options;
      return area === undefined ? admin.get(path) : admin.patch(path, { areaCode: area });
    },
    present: fieldTable,
  },
  'set-state': {
    purpose: 'put X numbers into service, or out of it; customers are told who want to be',
    options: {
      numbers: NUMBERS,
      state: {
        value: 'STATE',
        meaning:
          'normal; suspended, unavailable: no calls (8055), no binds; bind-frozen: no binds; returned: for ever, all its bindings end',
      },
      cause: {
        value: 'CAUSE',
        meaning: `why it is unavailable: ${CAUSES}; or returned: one of the first three`,
      },
    },
    ask: async (admin, options) => {
      const numbers = list(needed('set-state', options, 'numbers', 'the numbers'));
      const state = needed('set-state', options, 'state', 'the new state');
      const { cause } = options;
      return admin.post('/numbers/state', { numbers, state, ...(cause !== undefined && { cause }) });
    },
    present: changedTable,
  },
  move: {
    purpose: 'give X numbers to another application; all their bindings end',
    options: { numbers: NUMBERS, app: { value: 'APPKEY', meaning: 'the application that gets them' } },
    ask: async (admin, options) => {
      const numbers = list(needed('move', options, 'numbers', 'the numbers'));
      return admin.post('/numbers/move', {
        numbers,
        appKey: needed('move', options, 'app', 'the key of the application that gets them'),
      });
    },
    present: changedTable,
  },
};
