import { afterEach, expect, it } from 'vitest';
import { eventually } from '../kit/eventually.ts';
import { areRealServersNamed } from '../kit/RealServers.ts';
import { FaultWorld } from './FaultWorld.ts';

let world: FaultWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** Calls that the fault cannot have touched, once it is mended. */
const SOME = 10;

it('an application that is killed and started again leaves no call without its record', async () => {
  world = await FaultWorld.start();
  const { application } = world;
  const stream = await world.calls();
  const fault = world.fault('application killed, started again', stream, { takes: () => true, closes: true });
  await application.kill('SIGKILL');
  await application.restart();
  fault.mended();
  await eventually('calls are answered', () => fault.answered('mended').length >= SOME, 60_000);
  expect(await fault.count()).toMatchObject({ needNot: [], missing: 0, doubled: 0 });
}, 240_000);

it('an application that is killed beside another one: calls go on coming to the other', async () => {
  world = await FaultWorld.start({ nodes: 2 });
  const { nodes } = world;
  const stream = await world.calls();
  // An INVITE that drachtio-server has given to an application is not given to another when that one dies.
  const excuse = { takes: () => true, closes: areRealServersNamed };
  const fault = world.fault('one of two applications killed', stream, excuse);
  await nodes[1]?.kill('SIGKILL');
  fault.mended();
  await eventually('calls are answered', () => fault.answered().length >= SOME, 60_000);
  const row = await fault.count();
  expect(row).toMatchObject({ needNot: [], missing: 0, doubled: 0 });
  expect(row.lost).toBeLessThan(row.inFlight);
}, 240_000);
