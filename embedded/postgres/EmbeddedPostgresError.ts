/**
 * `UNSUPPORTED_PLATFORM`: there are no binaries for this machine; set DATABASE_URL.
 * `DATA_IN_USE`: another running process owns this data folder.
 * `WRONG_VERSION`: the data folder was made by another major version of PostgreSQL.
 * `START_FAILED`: the server, or its initdb, ended at once; the message has its last words.
 */
export class EmbeddedPostgresError extends Error {
  readonly code: 'UNSUPPORTED_PLATFORM' | 'DATA_IN_USE' | 'WRONG_VERSION' | 'START_FAILED';
  constructor(code: EmbeddedPostgresError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedPostgresError';
    this.code = code;
  }
}
