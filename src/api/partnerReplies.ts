import { type TProperties, Type } from 'typebox';
import type { Reply } from '../openapi/Operation.ts';
import { PARTNER_ERRORS, type PartnerErrorName } from './errorCodes.ts';

/** Errors that belong to single operations; every other one can be the answer to any request. */
const BUSINESS = [
  'x-unknown',
  'no-free-private-number',
  'too-many-x',
  'x-not-applied-for',
  'x-taken',
  'x-not-of-application',
  'no-such-record',
  'no-free-x',
  'number-already-bound',
  'recording-not-enabled',
  'x-status-abnormal',
  'no-such-binding',
  'binding-exists',
  'no-free-extension',
] as const satisfies readonly PartnerErrorName[];

type BusinessError = (typeof BUSINESS)[number];

/** A row of the table of errors. */
interface Row {
  readonly code: string;
  readonly httpStatus: number;
  readonly resultdesc: string;
}

const businessRows: readonly Row[] = BUSINESS.map((name) => PARTNER_ERRORS[name]);
/** What every request can meet. A path that does not exist is no operation. */
const commonRows = Object.values(PARTNER_ERRORS).filter(
  (row: Row) => !businessRows.includes(row) && row !== PARTNER_ERRORS['no-such-route'],
);

/** A field of a reply that is text; one that has nothing to say is absent. */
export const text = Type.String();
export const optionalText = Type.Optional(text);
export const flag = Type.Enum(['true', 'false']);
/** UTC, like `2026-01-31 08:00:00`. */
export const time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$' });

/**
 * The answers of an operation: its success, and every refusal by its HTTP status.
 * @param fields of the success, after `resultcode` and `resultdesc`
 * @param errors that belong to this operation, beside those that every request can meet
 */
export function answers(fields: TProperties, ...errors: readonly BusinessError[]): Record<number, Reply> {
  const schema = Type.Object({
    resultcode: Type.Enum(['0']),
    resultdesc: Type.Enum(['Success']),
    ...fields,
  });
  return { 200: { description: 'Done.', schema }, ...refusals(...errors) };
}

/** Every refusal of an operation, by its HTTP status. */
export function refusals(...errors: readonly BusinessError[]): Record<number, Reply> {
  const byStatus = new Map<number, Row[]>();
  for (const row of [...commonRows, ...errors.map((name) => PARTNER_ERRORS[name])]) {
    byStatus.set(row.httpStatus, [...(byStatus.get(row.httpStatus) ?? []), row]);
  }
  return Object.fromEntries([...byStatus].map(([status, rows]) => [status, refusalOf(rows)]));
}

function refusalOf(rows: readonly Row[]): Reply {
  return {
    description: rows.map(({ code, resultdesc }) => `- \`${code}\` ${resultdesc}`).join('\n'),
    schema: Type.Object({
      resultcode: Type.Enum([...new Set(rows.map(({ code }) => code))]),
      resultdesc: Type.String({ maxLength: 256 }),
    }),
  };
}
