import type { App } from '../store/apps.ts';
import { BindingError } from './BindingError.ts';

const MS_PER_SECOND = 1000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text can be the id of a binding at all. */
export function isSubscriptionId(text: string): boolean {
  return UUID.test(text);
}

/**
 * The id of a binding as the database has it.
 * @throws BindingError no-such-binding for what can be none
 */
export function subscriptionIdOf(text: string): string {
  if (!isSubscriptionId(text)) throw new BindingError('no-such-binding');
  return text.toLowerCase();
}

/** @throws BindingError recording-not-enabled when a binding is to record and its application may not */
export function checkRecording(app: App, { recordFlag }: { readonly recordFlag?: boolean }): void {
  if (recordFlag && !app.recording) throw new BindingError('recording-not-enabled');
}

/** When a term that begins now ends; undefined: never, which 0 seconds stand for. */
export function endOf(durationSeconds: number, from: Date): Date | undefined {
  return durationSeconds === 0 ? undefined : new Date(from.getTime() + durationSeconds * MS_PER_SECOND);
}
