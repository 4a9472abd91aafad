/** An object of an answer. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a part of an answer is an object with fields. */
export function isRecord(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
