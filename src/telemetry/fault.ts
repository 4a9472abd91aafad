import { maskNumber } from '../../routing/numbers.ts';

const DEEPEST_STACK = 8;

const UUID_OR_NUMBER = /(?<uuid>\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b)|\+?\d{7,}/gi;

/** A text with everything masked in it that could be a person's number; the id of a binding, a call or the like is none. */
export function maskText(text: string): string {
  return text.replace(UUID_OR_NUMBER, (found, uuid?: string) => uuid ?? maskNumber(found));
}

/**
 * What a log may hold of an error that nobody expected: class, code, message with numbers masked, and where it came
 * from. Errors of libraries carry further fields (queries, parameters), which stay out.
 */
export function faultFields(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { error: maskText(String(error)) };
  const at = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    error: error.name,
    ...('code' in error && { code: error.code }),
    message: maskText(error.message),
    ...(error.cause !== undefined && { cause: causeOf(error.cause) }),
    at: at?.slice(0, DEEPEST_STACK).map((line) => line.trim()),
  };
}

/** What was thrown first, in one line. */
function causeOf(cause: unknown): string {
  return maskText(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause));
}
