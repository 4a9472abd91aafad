import { PatienceError } from './Series.ts';

const LOOK_EVERY_MS = 50;

/** Looks again and again at what does not announce itself, until it is so. @throws PatienceError */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  patienceMs = 15_000,
): Promise<void> {
  const until = Date.now() + patienceMs;
  while (!(await isSo())) {
    if (Date.now() > until) throw new PatienceError(what, patienceMs, '');
    await new Promise((next) => setTimeout(next, LOOK_EVERY_MS));
  }
}
