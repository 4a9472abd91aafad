/**
 * Columns of many rows as parameters of one statement, for `FROM ROWS FROM (…, …) AS rows (…, …)`.
 *
 * postgres.js writes an array parameter element by element, and PostgreSQL reads one character by character. A JSON text
 * is written and read by native code: half the work on either side where thousands of rows a second are written.
 */
import type { SqlRunner } from './database.ts';

/** A column of texts. */
export function textColumn(sql: SqlRunner, values: readonly string[]) {
  return sql`json_array_elements_text(${jsonArray(sql, values)})`;
}

/** The same as one parameter, for a function that makes the column. */
export function jsonArray(sql: SqlRunner, values: readonly unknown[]) {
  return sql`${JSON.stringify(values)}::text::json`;
}

/** A column of JSON values. */
export function jsonColumn(sql: SqlRunner, values: readonly unknown[]) {
  return sql`json_array_elements(${jsonArray(sql, values)})`;
}

/** A column of integers; undefined is NULL. */
export function integerColumn(sql: SqlRunner, values: readonly (number | undefined)[]) {
  return sql`unnest(${integerArray(sql, values)})`;
}

/** The same as one parameter, for a function that makes the column. */
export function integerArray(sql: SqlRunner, values: readonly (number | undefined)[]) {
  return sql`${arrayText(values)}::text::int[]`;
}

/** A column of moments, milliseconds since the epoch; undefined is NULL. It arrives as float8, for `to_timestamp(… / 1000)`. */
export function millisecondColumn(sql: SqlRunner, values: readonly (number | undefined)[]) {
  return sql`unnest(${arrayText(values)}::text::float8[])`;
}

/** Byte strings end to end in one parameter. */
export interface PackedBytes {
  /** All of them, in base64. */
  readonly base64: string;
  /** Where each begins, in bytes from 1, as `substring` counts. */
  readonly at: readonly number[];
  /** How long each is, bytes. */
  readonly lengths: readonly number[];
}

/** Packs byte strings: one parameter is decoded once, where an array of them would be decoded twice. */
export function packBytes(values: readonly Buffer[]): PackedBytes {
  let next = 1;
  const at = values.map(({ length }) => {
    const start = next;
    next += length;
    return start;
  });
  return {
    base64: Buffer.concat(values).toString('base64'),
    at,
    lengths: values.map(({ length }) => length),
  };
}

/** The parameter of packed bytes as a table of one row, `bytes`; evaluated once. */
export function packedTable(sql: SqlRunner, { base64 }: PackedBytes) {
  return sql`(SELECT decode(${base64}, 'base64') AS bytes OFFSET 0)`;
}

function arrayText(values: readonly (number | undefined)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join()}}`;
}
