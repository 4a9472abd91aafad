import { toldCalls } from '../../kit/customer.ts';
import type { OutgoingCall } from '../../kit/OutgoingCall.ts';
import type { World } from './World.ts';

/** A call other than the one that a row is about. */
export interface OtherCall {
  readonly x: string;
  readonly from: string;
  readonly callee: string;
  /** AXE: the extension that the caller types. */
  readonly digits?: string;
}

/** Another call that goes on until it is ended. */
export interface Meanwhile {
  readonly atCaller: OutgoingCall;
  end(): Promise<void>;
}

/** Two people talk, and go on. Resolves when the customer knows that they do. */
export async function meanwhile(world: World, { x, from, callee, digits }: OtherCall): Promise<Meanwhile> {
  const { anna, ben, sink } = world.scenario;
  const atCaller = await anna.call(x, { from });
  if (digits !== undefined) {
    await atCaller.answered;
    await atCaller.pressByInfo(digits);
  }
  const atCallee = await ben.nextCallTo(callee);
  await Promise.all([atCallee.answer(), atCaller.answered]);
  const isTold = (wanted: string): boolean =>
    toldCalls(sink).some(
      ({ events }) =>
        events.some(({ statusInfo }) => statusInfo.called === x) &&
        events.some(({ eventType, statusInfo }) => eventType === wanted && statusInfo.caller === from),
    );
  await sink.waitFor(() => isTold('answer'));
  return {
    atCaller,
    end: async () => {
      await atCallee.hangUp();
      await atCaller.end();
      await sink.waitFor(() => isTold('disconnect'));
    },
  };
}

/** Two people talk and are through with it, and the customer knows. */
export async function before(world: World, call: OtherCall): Promise<void> {
  const talk = await meanwhile(world, call);
  await talk.end();
}
