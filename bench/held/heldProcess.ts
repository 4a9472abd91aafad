/** The phones of the held calls, in a process of their own. It ends with its parent. */
import { HeldCalls, type HeldOrder } from './HeldCalls.ts';

export type HeldCommand =
  | { readonly type: 'begin'; readonly order: HeldOrder }
  | { readonly type: 'end'; readonly callsPerSecond: number };

export interface HeldAnswer {
  readonly answered?: number;
  /** Calls by what became of them. */
  readonly ends?: Readonly<Record<string, number>>;
}

const held = new HeldCalls();

async function obey(command: HeldCommand): Promise<HeldAnswer> {
  return command.type === 'begin'
    ? { answered: await held.begin(command.order) }
    : { ends: await held.end(command.callsPerSecond) };
}

process.on('message', (command: HeldCommand) => {
  void obey(command).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => void held.stop().finally(() => process.exit(0)));
process.send?.({ calleePort: await held.start() });
