import type postgres from 'postgres';

/** The columns of a row that are given: what is undefined is not written, and has its default or stays as it is. */
export function namedColumns(columns: object): Record<string, postgres.SerializableParameter> {
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}
