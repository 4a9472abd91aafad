/** Where this folder logs to: pino's shape, fields first. No field or text ever holds a number. */
export interface MediaLog {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}
