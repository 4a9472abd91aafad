import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../kit/eventually.ts';
import { Scenario } from '../kit/Scenario.ts';
import type { Pair } from '../kit/Tenant.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

const PROCESSES = 2;
const MOST_CALLS = 4;

let database: TestDatabase;
let scenario: Scenario;
const pairs: Pair[] = [];

beforeAll(async () => {
  database = await createTestDatabase({ max: 1 });
  scenario = await Scenario.start({
    database: database.url,
    anna: { sound: false },
    ben: { sound: false },
    env: { AXBRIDGE_PROCESSES: String(PROCESSES), AXBRIDGE_MAX_CALLS: String(MOST_CALLS) },
  });
  for (let count = 0; count < 2 * MOST_CALLS; count++) pairs.push(await scenario.bind());
});

afterAll(async () => {
  await scenario?.close();
  await database?.close();
});

const nextPair = (): Pair => {
  const pair = pairs.shift();
  if (pair === undefined) throw new Error('no pair is left');
  pairs.push(pair);
  return pair;
};

const talk = () => scenario.talkOn(nextPair());

/** The status that a call is refused with. */
async function refusal(): Promise<number | undefined> {
  const call = await scenario.dial(nextPair());
  call.answered.catch(() => undefined);
  const end = await call.ended;
  return end.how === 'refused' ? end.status : undefined;
}

const callsInProgress = () => scenario.application.callsInProgress();

/** Pids of the processes that carry calls. */
const pids = () =>
  scenario.application.log.items
    .filter(({ msg }) => msg === 'a process takes calls')
    .map(({ pid }) => Number(pid));

describe(`the most calls of ${PROCESSES} processes`, () => {
  it('are so many of all processes together, whichever a call comes to, and again after one has died', async () => {
    const talking = [];
    for (let calls = 0; calls < MOST_CALLS; calls++) talking.push(await talk());
    // The SIP server deals calls out in turn: each process is asked.
    expect(await Promise.all(Array.from({ length: MOST_CALLS }, refusal))).toEqual(
      Array.from({ length: MOST_CALLS }, () => 503),
    );
    await talking.shift()?.atAnna.hangUp();
    await eventually('one to be over', async () => (await callsInProgress()) < MOST_CALLS);
    talking.push(await talk());
    expect(await Promise.all([refusal(), refusal()])).toEqual([503, 503]);

    const [dying = 0] = pids();
    process.kill(dying, 'SIGKILL');
    await eventually(
      'another process in its place',
      async () =>
        (await scenario.application.metric('axbridge_process_restarts_total')) === 1 &&
        (await scenario.application.metric('axbridge_processes_running')) === PROCESSES,
      60_000,
    );
    // What the dead one carried makes room; who dialled it is not heard of any more.
    const carried = await callsInProgress();
    expect(carried).toBeLessThan(MOST_CALLS);
    const more = [];
    for (let calls = carried; calls < MOST_CALLS; calls++) more.push(await talk());
    expect(await Promise.all([refusal(), refusal()])).toEqual([503, 503]);
    for (const { atAnna } of [...talking, ...more]) if (!atAnna.isOver) await atAnna.leave();
  }, 120_000);
});
