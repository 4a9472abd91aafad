import {
  type Command,
  type CommandGroup,
  done,
  field,
  LIMIT,
  needed,
  type Options,
  queryOf,
  tableOf,
} from './command.ts';
import { fieldTable } from './fieldTable.ts';
import { isRecord } from './isRecord.ts';
import { list } from './readings.ts';

const CAUSES = 'deleted, arrears, stopped, barred, unbarred, forwarding-on or forwarding-off';
const NUMBERS = { value: 'E164,…', meaning: 'the numbers, at most 100, with commas between them' };
const NUMBER = { value: 'E164', meaning: 'the number' };

const pathOf = (command: string, options: Options): string =>
  `/numbers/${encodeURIComponent(needed(command, options, 'number', 'an X number'))}`;

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
export const X_NUMBERS: CommandGroup = {
  purpose: 'X numbers',
  commands: {
    list: {
      purpose: 'list X numbers, 1000 at a time',
      options: {
        app: { value: 'APPKEY', meaning: 'of this application only' },
        state: { value: 'STATE', meaning: 'in this state only, like unavailable' },
        after: { value: 'E164', meaning: 'those that follow this number' },
        limit: LIMIT,
      },
      examples: ['number list --app ride-1', 'number list --state unavailable'],
      ask: (admin, options) =>
        admin.get(
          `/numbers?${queryOf(options, { app: 'appKey', state: 'state', after: 'after', limit: 'limit' })}`,
        ),
      present: NUMBER_TABLE,
    },
    show: {
      purpose: 'show an X number',
      options: { number: NUMBER },
      subject: 'number',
      examples: ['number show +8617000005001'],
      ask: async (admin, options) => admin.get(pathOf('number show', options)),
      present: fieldTable,
    },
    add: {
      purpose: 'give X numbers to an application',
      options: {
        numbers: { value: 'E164,…', meaning: 'the numbers, at most 1000, with commas between them' },
        app: { value: 'APPKEY', meaning: 'the application that gets them' },
        area: { value: 'CODE', meaning: 'the city code of all of them, like 0571' },
      },
      subject: 'numbers',
      examples: ['number add +8617000005001,+8617000005002 --app ride-1 --area 0571'],
      ask: async (admin, options) => {
        const numbers = list(needed('number add', options, 'numbers', 'the numbers'));
        const appKey = needed('number add', options, 'app', 'the key of the application that gets them');
        const { area } = options;
        return admin.post('/numbers', {
          appKey,
          numbers: numbers.map((number) => ({ number, ...(area !== undefined && { areaCode: area }) })),
        });
      },
      present: NUMBER_TABLE,
    },
    change: {
      purpose: 'say in which city an X number is',
      options: { number: NUMBER, area: { value: 'CODE', meaning: 'its city code, like 0571' } },
      subject: 'number',
      examples: ['number change +8617000005001 --area 010'],
      ask: async (admin, options) =>
        admin.patch(pathOf('number change', options), {
          areaCode: needed('number change', options, 'area', 'a city code, like 0571'),
        }),
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
      subject: 'numbers',
      examples: [
        'number set-state +8617000005001 --state suspended',
        'number set-state +8617000005001,+8617000005002 --state unavailable --cause arrears',
      ],
      ask: async (admin, options) => {
        const numbers = list(needed('number set-state', options, 'numbers', 'the numbers'));
        const state = needed('number set-state', options, 'state', 'the new state');
        const { cause } = options;
        return admin.post('/numbers/state', { numbers, state, ...(cause !== undefined && { cause }) });
      },
      present: changedTable,
    },
    move: {
      purpose: 'give X numbers to another application; all their bindings end',
      options: { numbers: NUMBERS, app: { value: 'APPKEY', meaning: 'the application that gets them' } },
      subject: 'numbers',
      examples: ['number move +8617000005001 --app pizza-1'],
      ask: async (admin, options) => {
        const numbers = list(needed('number move', options, 'numbers', 'the numbers'));
        return admin.post('/numbers/move', {
          numbers,
          appKey: needed('number move', options, 'app', 'the key of the application that gets them'),
        });
      },
      present: changedTable,
    },
    remove: {
      purpose: 'remove an X number on which nothing stands',
      options: { number: NUMBER },
      subject: 'number',
      examples: ['number remove +8617000005001'],
      ask: async (admin, options) => admin.delete(pathOf('number remove', options)),
      present: done,
    },
  },
};
