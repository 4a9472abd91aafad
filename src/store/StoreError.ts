/**
 * `DATABASE_UNAVAILABLE`: PostgreSQL did not answer, or not in time; trying again may help.
 * `DATABASE_FAILED`: PostgreSQL refused a statement.
 * `ROW_INVALID`: a stored row cannot be understood (a foreign key sealed it, or someone edited it).
 * `ALREADY_EXISTS`, `IN_USE`: the change contradicts a row that stands.
 * `NOT_FOUND`: one of several rows that are to change does not exist.
 * `NUMBER_RETURNED`: an X number was given back, and can neither be used nor moved.
 */
export type StoreErrorCode =
  | 'DATABASE_UNAVAILABLE'
  | 'DATABASE_FAILED'
  | 'ROW_INVALID'
  | 'ALREADY_EXISTS'
  | 'IN_USE'
  | 'NOT_FOUND'
  | 'NUMBER_RETURNED';

/** The database could not do what was asked. The message never holds a person's number. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}
