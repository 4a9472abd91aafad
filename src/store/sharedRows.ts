/**
 * Rows as a function of the database takes them (migration 010): an array of objects whose names are columns. Octets are
 * written as PostgreSQL reads them (`\x…`); what is undefined is left out.
 */
export function rowsAsJson(rows: readonly object[]): string {
  return JSON.stringify(rows.map(asJson));
}

function asJson(row: object): object {
  const json: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    json[column] = Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value;
  }
  return json;
}

/** The applications of some rows, each once. */
export function appKeysOf(rows: readonly { readonly app_key: string }[]): string[] {
  return [...new Set(rows.map((row) => row.app_key))];
}

/**
 * Brings what a function says of each row into the order of the rows.
 * @param answers `ord`: which row, from 1, a bigint as text
 * @param fallback of a row of which it says nothing
 */
export function inOrder<Answer extends { readonly ord: string }, Result>(
  rows: readonly object[],
  answers: readonly Answer[],
  resultOf: (answer: Answer) => Result,
  fallback: Result,
): Result[] {
  const results = rows.map(() => fallback);
  for (const answer of answers) results[Number(answer.ord) - 1] = resultOf(answer);
  return results;
}
