/** The phones of the soak, in a process of their own. It ends with its parent. */
import { type Pace, PacedLoad, type Progress } from './PacedLoad.ts';

export type LoadOrder =
  | { readonly type: 'begin'; readonly pace: Pace }
  | { readonly type: 'progress' }
  | { readonly type: 'finish' };

/** Gives the phones an order, and hears how far they are. */
export type Load = (order: LoadOrder) => Promise<Progress>;

const load = new PacedLoad();
process.on('message', async (order: LoadOrder) => {
  if (order.type === 'begin') load.begin(order.pace);
  if (order.type === 'finish') await load.finish();
  process.send?.(load.progress());
});
process.on('disconnect', () => void load.stop().finally(() => process.exit(0)));
process.send?.({ calleePort: await load.start() });
