import { afterEach, expect, it } from 'vitest';
import { eventually } from '../kit/eventually.ts';
import { FaultWorld } from './FaultWorld.ts';

let world: FaultWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

const SOME = 10;

it('a media server that is killed in mid-call: its calls end with their records, the next go to the other one', async () => {
  world = await FaultWorld.start({ mediaServers: 2, terms: { recordFlag: 'true' } });
  const { application } = world;
  const [killed] = world.servers.mediaPids;
  const stream = await world.calls();
  const talking = new Set(stream.talking);
  // Whoever talked may have talked there; whom it had not answered yet, the other server can have.
  const fault = world.fault('one of two media servers killed', stream, {
    takes: (call) => talking.has(call),
  });
  process.kill(killed ?? 0, 'SIGKILL');
  await eventually('calls are answered', () => fault.answered().length >= SOME, 30_000);
  const row = await fault.count();
  expect(row).toMatchObject({ needNot: [], missing: 0, doubled: 0 });
  expect(row.lost).toBeGreaterThan(0);
  expect(row.lost).toBeLessThan(row.inFlight);
  expect(row.nextAfter).toBeLessThan(10);
  await eventually('nothing is left of the calls', async () => (await application.callsInProgress()) === 0);
}, 240_000);

it('the only media server is killed: it is back by itself, and so are calls', async () => {
  world = await FaultWorld.start({ terms: { recordFlag: 'true' } });
  const [killed] = world.servers.mediaPids;
  const stream = await world.calls();
  const fault = world.fault('the only media server killed', stream, { takes: () => true, closes: true });
  process.kill(killed ?? 0, 'SIGKILL');
  await eventually('a call is answered again', () => fault.answered().length > 0, 30_000);
  fault.mended();
  await eventually('calls are answered again', () => fault.answered('mended').length >= SOME, 30_000);
  const row = await fault.count();
  expect(row).toMatchObject({ needNot: [], missing: 0, doubled: 0 });
  expect(row.nextAfter).toBeLessThan(8);
}, 240_000);
