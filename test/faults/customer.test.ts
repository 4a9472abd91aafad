import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../kit/eventually.ts';
import type { SinkRule } from '../kit/WebhookSink.ts';
import { FaultWorld, START_PATIENCE_MS } from './FaultWorld.ts';

/** For how long the customer's server fails. */
const BROKEN_SECONDS = 4;
const SOME = 10;

let world: FaultWorld;

beforeAll(async () => {
  world = await FaultWorld.start({ env: { AXBRIDGE_PUSH_TIMEOUT_SECONDS: '1' } });
}, START_PATIENCE_MS);

afterAll(async () => {
  await world?.close();
});

const failures: readonly (readonly [words: string, rule: SinkRule | 'closed'])[] = [
  ['refuses connections', 'closed'],
  ['is slow beyond its time', 'hang'],
  ['breaks connections', 'reset'],
  ['answers rubbish', { status: 418, body: Buffer.alloc(70_000, 0xff) }],
];

it.each(failures)(
  'a customer’s server that %s costs no call, and hears all of it once it is well',
  async (words, rule) => {
    const { sink } = world;
    const stream = await world.calls();
    const fault = world.fault(`customer’s server ${words}, ${BROKEN_SECONDS} s`, stream);
    if (rule === 'closed') await sink.close();
    else sink.rule = rule;
    await delay(BROKEN_SECONDS * 1000);
    await eventually('calls are answered meanwhile', () => fault.answered().length >= SOME, 30_000);
    sink.rule = 200;
    await sink.open();
    fault.mended();
    expect(await fault.count()).toMatchObject({ lost: 0, missing: 0, doubled: 0 });
  },
  240_000,
);
