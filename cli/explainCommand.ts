import { type Command, needed } from './command.ts';
import { type Fields, isRecord } from './isRecord.ts';
import { personsNumber } from './readings.ts';

/** Why a call goes where it goes. */
export const EXPLAIN: Command = {
  purpose: 'say where a call would go, and why, without making it',
  more: 'The answer comes from the code that routes real calls. Numbers of people are shown masked.',
  options: {
    caller: {
      value: 'E164',
      meaning: 'who calls, or - for standard input; leave it out for a withheld number',
    },
    x: { value: 'E164', meaning: 'the X number that is dialled' },
    digits: { value: 'KEYS', meaning: 'AXE: what the caller types when asked, "" for nothing' },
    at: { value: 'TIME', meaning: 'when, as 2026-01-31T08:00:00Z; leave it out for now' },
  },
  examples: [
    'explain --caller +8613900001001 --x +8617000005001',
    'explain --caller +8613900001009 --x +8617000005002 --digits 1207',
    'explain --caller +8613900001001 --x +8617000005001 --at 2026-01-31T23:30:00Z',
  ],
  ask: async (admin, options) => {
    const x = needed('explain', options, 'x', 'the dialled number');
    const { caller, digits, at } = options;
    return admin.post('/explain', {
      caller: typeof caller === 'string' ? personsNumber(caller, 'explain: --caller') : '',
      x,
      ...(digits !== undefined && { digits }),
      ...(at !== undefined && { at }),
    });
  },
  present: presentExplanation,
};

/** The answer of `POST /explain`: the outcome in one line, and the chain that led to it. */
function presentExplanation(answer: unknown): string {
  if (!isRecord(answer) || !isRecord(answer.decision)) return 'no answer';
  const { decision, because } = answer;
  const reasons = Array.isArray(because) ? because.map((reason) => `  because ${String(reason)}`) : [];
  return [outcomeOf(decision), ...reasons].join('\n');
}

function outcomeOf(decision: Fields): string {
  switch (decision.kind) {
    case 'connect':
      return `connect: rings ${decision.callee} and shows ${decision.shown}`;
    case 'collect':
      return `collect: plays ${decision.prompt} and takes up to ${decision.mostDigits} digits (--digits says which)`;
    case 'ask':
      return "ask: the customer's server decides";
    default:
      return `refuse: stateCode ${decision.stateCode}${heardOf(decision)}`;
  }
}

function heardOf({ announcement, file }: Fields): string {
  if (file !== undefined) return `, file ${file}`;
  return announcement === undefined ? '' : `, announcement ${announcement}`;
}
