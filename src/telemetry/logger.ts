import { pino } from 'pino';
import { faultFields } from './fault.ts';

/** What every part may say. Fields never hold a real number: mask it first (`maskNumber` in routing). */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A logger whose every line has these fields too. */
export function withFields(logger: Logger, fields: object): Logger {
  return {
    debug: (more, message) => logger.debug({ ...fields, ...more }, message),
    info: (more, message) => logger.info({ ...fields, ...more }, message),
    warn: (more, message) => logger.warn({ ...fields, ...more }, message),
    error: (more, message) => logger.error({ ...fields, ...more }, message),
  };
}

/**
 * The process's logger: JSON lines on standard output. Of an error it writes what `faultFields` lets through: errors of
 * the SIP and database libraries carry whole messages and rows as fields, and telephone numbers in their texts.
 * @param level least level that is written (a pino level)
 * @param fields stand in every line
 */
export function createLogger(level: string, fields: Readonly<Record<string, string>> | null = null): Logger {
  return pino({
    level,
    base: fields,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: faultFields },
  });
}
