/** The talking phones of the media bench, in a process of their own. It ends with its parent. */
import { RtpLoad, type RtpOutcome } from './RtpLoad.ts';

export type ToRtpLoad =
  | { readonly type: 'open'; readonly calls: number }
  | {
      readonly type: 'run';
      readonly targets: readonly (readonly [number, number])[];
      readonly seconds: number;
    };

export type FromRtpLoad = {
  readonly ports?: readonly (readonly [number, number])[];
  readonly outcome?: RtpOutcome;
};

const load = new RtpLoad();

async function answer(order: ToRtpLoad): Promise<FromRtpLoad> {
  return order.type === 'open'
    ? { ports: await load.open(order.calls) }
    : { outcome: await load.run(order.targets, order.seconds) };
}

process.on('message', (order: ToRtpLoad) => {
  void answer(order).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => void load.stop().finally(() => process.exit(0)));
