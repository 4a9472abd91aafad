import {
  AFTER,
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
import { count, personsNumber } from './readings.ts';
import { type Column, formatTable } from './table.ts';

const BINDING = { value: 'ID', meaning: 'its subscriptionId' };

const pathOf = (command: string, options: Options): string =>
  `/bindings/${encodeURIComponent(needed(command, options, 'id', 'the subscriptionId of a binding'))}`;

const COLUMNS: readonly Column[] = [
  { heading: 'ID', show: field('subscriptionId') },
  { heading: 'APP KEY', show: field('appKey') },
  { heading: 'MODE', show: field('mode') },
  { heading: 'X', show: field('x') },
  { heading: 'EXT', show: field('extension') },
  { heading: 'A', show: field('a') },
  {
    heading: 'B',
    show: ({ b, relations }) => b ?? (relations === undefined ? undefined : `${relations} Bs`),
  },
  { heading: 'BOUND', show: field('subscribedAt') },
  { heading: 'UNTIL', show: field('expiresAt') },
];

/** What customers have bound. */
export const BINDINGS: CommandGroup = {
  purpose: 'what customers have bound; numbers of people are shown masked',
  commands: {
    list: {
      purpose: 'list bindings, 100 at a time',
      options: {
        app: { value: 'APPKEY', meaning: 'of this application only' },
        mode: { value: 'MODE', meaning: 'of this mode only: AXB, AX, AXE or AXYB' },
        x: { value: 'E164', meaning: 'that stand on this X, or on this Y' },
        after: AFTER,
        limit: LIMIT,
      },
      examples: [
        'binding list --app ride-1',
        'binding list --x +8617000005001',
        'binding list --mode AXE --limit 20',
      ],
      ask: (admin, options) =>
        admin.get(
          `/bindings?${queryOf(options, { app: 'appKey', mode: 'mode', x: 'x', after: 'after', limit: 'limit' })}`,
        ),
      present: tableOf('no bindings', COLUMNS),
    },
    find: {
      purpose: 'find the bindings of a person by his number, whatever his role',
      more:
        'The number travels in a body and is in no log of axbridge. With --number - it is read from standard input, ' +
        "and is not in your shell's history either.",
      options: {
        number: { value: 'E164', meaning: 'his number, or - for standard input' },
        app: { value: 'APPKEY', meaning: 'in this application only' },
        after: AFTER,
        limit: LIMIT,
      },
      subject: 'number',
      examples: ['binding find +8613900001001', 'binding find +8613900001001 --app ride-1 --limit 10'],
      ask: async (admin, options) => {
        const { app, after, limit } = options;
        const number = needed('binding find', options, 'number', 'the number of a person');
        return admin.post('/bindings/search', {
          number: personsNumber(number, 'binding find: --number'),
          ...(app !== undefined && { appKey: app }),
          ...(after !== undefined && { after }),
          ...(typeof limit === 'string' && { limit: count(limit, 'binding find: --limit') }),
        });
      },
      present: tableOf('no bindings', [
        ...COLUMNS,
        { heading: 'HE IS', show: ({ role, y }) => (y === undefined ? role : `${role} behind ${y}`) },
      ]),
    },
    show: {
      purpose: 'show a binding, with what holds in its calls',
      more: 'Lines that begin with "terms." have the names of the partner API.',
      options: { id: BINDING },
      subject: 'id',
      examples: ['binding show 0b8f3f0e-6d0b-4c8a-9a3a-0d6f8f1f2a3b'],
      ask: async (admin, options) => admin.get(pathOf('binding show', options)),
      present: presentBinding,
    },
    end: {
      purpose: 'end a binding, as its customer would; calls in progress go on',
      options: {
        id: BINDING,
        y: { value: 'E164', meaning: 'AXYB: only the relation behind this Y' },
      },
      subject: 'id',
      examples: [
        'binding end 0b8f3f0e-6d0b-4c8a-9a3a-0d6f8f1f2a3b',
        'binding end 0b8f3f0e-6d0b-4c8a-9a3a-0d6f8f1f2a3b --y +8617000005032',
      ],
      ask: async (admin, options) => {
        const path = pathOf('binding end', options);
        const { y } = options;
        return admin.delete(typeof y === 'string' ? `${path}/relations/${encodeURIComponent(y)}` : path);
      },
      present: done,
    },
  },
};

function presentBinding(answer: unknown): string {
  if (!isRecord(answer)) return 'no answer';
  const { related, ...binding } = answer;
  if (!Array.isArray(related) || related.length === 0) return fieldTable(binding);
  const relations = formatTable(
    [
      { heading: 'Y', show: field('y') },
      { heading: 'B', show: field('b') },
      { heading: 'BOUND', show: field('boundAt') },
      { heading: 'SECONDS', show: field('ybDuration') },
      { heading: 'HEARD', show: field('preVoiceY') },
      { heading: 'USER DATA', show: field('userData') },
    ],
    related.filter(isRecord),
  );
  return `${fieldTable(binding)}\n\n${relations}`;
}
