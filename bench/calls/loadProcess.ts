/** The callers and callees of the calls bench, in a process of their own. It ends with its parent. */
import { CallLoad, type CallOrder } from './CallLoad.ts';

const load = new CallLoad();
process.on('message', (order: CallOrder) => {
  void load.run(order).then((outcome) => process.send?.(outcome));
});
process.on('disconnect', () => void load.stop().finally(() => process.exit(0)));
process.send?.({ calleePort: await load.start() });
