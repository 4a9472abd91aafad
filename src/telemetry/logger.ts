import { pino } from 'pino';

/** What every part may say. Fields never hold a real number: mask it first (`maskNumber` in routing). */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * The process's logger: JSON lines on standard output.
 * @param level least level that is written (a pino level)
 */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: pino.stdSerializers.err },
  });
}
