import { maskText } from '../telemetry/fault.ts';
import { Problem } from './problem.ts';

/**
 * The item that a path names.
 * @throws Problem `not-found` saying what was looked for, numbers masked
 */
export function existing<Item>(kind: string, name: string, item: Item | undefined): Item {
  if (item === undefined)
    throw new Problem('not-found', `There is no ${kind} ${JSON.stringify(maskText(name))}.`);
  return item;
}

/** A merge patch that says nothing is more likely a mistake than a wish. */
export function refuseEmpty(changes: object): void {
  if (Object.keys(changes).length === 0) {
    throw new Problem('invalid-body', 'The request: expected at least one field to change, got none.');
  }
}
