import { join } from 'node:path';
import { ForkedPart } from '../ForkedPart.ts';
import type { CallOrder, CallOutcome } from './CallLoad.ts';

export interface RunningCallLoad extends AsyncDisposable {
  /** Where B's phone listens. */
  readonly calleePort: number;
  run(order: CallOrder): Promise<CallOutcome>;
}

/** Starts callers and callees in a process of their own. */
export async function startCallLoad(): Promise<RunningCallLoad> {
  const child = new ForkedPart(join(import.meta.dirname, 'loadProcess.ts'));
  const { calleePort } = await child.hear<{ calleePort: number }>();
  return {
    calleePort,
    run: (order) => child.ask(order),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
