/**
 * Rows as a function of the database takes them (migration 017): an array of objects whose names are columns. Octets are
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
