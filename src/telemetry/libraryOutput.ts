import { format } from 'node:util';
import { maskText } from './fault.ts';
import type { Logger } from './logger.ts';

/** What is written of one outburst. */
const MOST_CHARACTERS = 1000;

/**
 * Sends to the log, masked, what libraries write to the console by themselves: drachtio-srf, for one, prints a SIP
 * message that it cannot parse, whole.
 * @returns ends that
 */
export function takeLibraryOutput(logger: Logger): () => void {
  const { error, warn, log } = console;
  console.error = (...values) => logger.warn({ text: lineOf(values) }, 'a library printed an error');
  console.warn = (...values) => logger.warn({ text: lineOf(values) }, 'a library printed a warning');
  console.log = (...values) => logger.debug({ text: lineOf(values) }, 'a library printed');
  return () => Object.assign(console, { error, warn, log });
}

function lineOf(values: readonly unknown[]): string {
  return maskText(format(...values)).slice(0, MOST_CHARACTERS);
}
