import { STATUS_CODES } from 'node:http';
import { type TProperties, type TSchema, Type } from 'typebox';
import type { Operation, Reply } from '../openapi/Operation.ts';
import { PROBLEMS, type ProblemCode } from './problem.ts';

/** What every request can meet. */
const COMMON: readonly ProblemCode[] = [
  'invalid-path',
  'invalid-body',
  'not-authorised',
  'too-large',
  'internal-error',
  'database-unavailable',
];

export const Text = Type.String();
export const Count = Type.Integer({ minimum: 0 });
/** RFC 3339, UTC. */
export const Time = Type.String({ format: 'date-time' });
export const YesOrNo = Type.Boolean();

/** A list, whose items came in pages where it has `next`. */
export const list = (item: TSchema, more: TProperties = {}) =>
  Type.Object({ items: Type.Array(item), ...more });

/** The item itself. */
export const shows = (schema: TSchema, ...problems: readonly ProblemCode[]): Operation['replies'] => ({
  200: { description: 'Done.', schema },
  ...refusals(problems),
});

/** An item that was made; its address is in `Location`. */
export const makes = (schema: TSchema, ...problems: readonly ProblemCode[]): Operation['replies'] => ({
  201: { description: 'Made.', schema, headers: { location: 'The path of the item.' } },
  ...refusals(problems),
});

/** Nothing is left. */
export const removes = (...problems: readonly ProblemCode[]): Operation['replies'] => ({
  204: { description: 'Done.' },
  ...refusals(problems),
});

/** A problem by its HTTP status, with the codes that it has in this operation. */
function refusals(problems: readonly ProblemCode[]): Record<number, Reply> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set([...COMMON, ...problems])) {
    const status = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: `${STATUS_CODES[status]}: ${codes.join(', ')}.`,
        contentType: 'application/problem+json',
        schema: Type.Object({
          type: Text,
          title: Text,
          status: Type.Integer(),
          code: Type.Enum(codes),
          detail: Text,
        }),
      },
    ]),
  );
}
