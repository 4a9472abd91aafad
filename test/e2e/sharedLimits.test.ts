import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../kit/eventually.ts';
import type { IncomingCall } from '../kit/IncomingCall.ts';
import type { OutgoingCall } from '../kit/OutgoingCall.ts';
import { Scenario } from '../kit/Scenario.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

const PROCESSES = 2;
const MOST_CALLS = 4;

let database: TestDatabase;
let scenario: Scenario;

beforeAll(async () => {
  database = await createTestDatabase({ max: 1 });
  scenario = await Scenario.start({
    database: database.url,
    anna: { sound: false },
    ben: { sound: false },
    env: { AXBRIDGE_PROCESSES: String(PROCESSES), AXBRIDGE_MAX_CALLS: String(MOST_CALLS) },
  });
});

afterAll(async () => {
  await scenario?.close();
  await database?.close();
});

/** Anna dials: what comes to Ben of it, or the status that she is refused with. */
async function attempt(): Promise<{
  atAnna: OutgoingCall;
  atBen?: IncomingCall;
  status?: number | undefined;
}> {
  const pair = await scenario.bind();
  const atAnna = await scenario.dial(pair);
  const status = atAnna.ended.then((end) => (end.how === 'refused' ? end.status : undefined));
  return Promise.race([
    scenario.ben.nextCallTo(pair.b).then((atBen) => ({ atAnna, atBen })),
    status.then((refusedWith) => ({ atAnna, status: refusedWith })),
  ]);
}

/** Dials until there is room: processes hear of each other's calls shortly after. */
async function talk(patience = 100): Promise<OutgoingCall> {
  const { atAnna, atBen, status } = await attempt();
  if (atBen === undefined) {
    if (patience === 0) throw new Error(`there is still no room: ${status}`);
    return talk(patience - 1);
  }
  await Promise.all([atBen.answer(), atAnna.answered]);
  return atAnna;
}

/** Dials until every process has heard enough of the others to refuse: the SIP server deals calls out in turn. */
const refusedByAll = () =>
  eventually('each process to refuse', async () => {
    const attempts = await Promise.all(Array.from({ length: PROCESSES }, attempt));
    for (const { atBen } of attempts) atBen?.reject(486);
    return attempts.every(({ status }) => status === 503);
  });

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
    await refusedByAll();
    await talking.shift()?.hangUp();
    await eventually('one to be over', async () => (await callsInProgress()) < MOST_CALLS);
    talking.push(await talk());
    await refusedByAll();

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
    await refusedByAll();
    for (const call of [...talking, ...more]) if (!call.isOver) await call.leave();
  }, 120_000);
});
