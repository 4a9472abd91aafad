import { afterEach, expect, it } from 'vitest';
import { eventually } from '../kit/eventually.ts';
import { areRealServersNamed } from '../kit/RealServers.ts';
import { FaultWorld } from './FaultWorld.ts';

let world: FaultWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

const SOME = 10;

it('a SIP server that is killed: its calls end with their records, and those dialled meanwhile get through', async () => {
  world = await FaultWorld.start();
  const { servers, application } = world;
  const stream = await world.calls();
  // Dialogs live in the SIP server. An INVITE is repeated by who sent it until the server is back; drachtio-server then
  // says 503 until its application is connected again.
  const fault = world.fault('SIP server killed', stream, { takes: () => true, closes: areRealServersNamed });
  process.kill(servers.sipPid, 'SIGKILL');
  await eventually('a call is answered again', () => fault.answered().length > 0, 30_000);
  fault.mended();
  await eventually('calls are answered again', () => fault.answered().length >= SOME, 30_000);
  const row = await fault.count();
  expect(row).toMatchObject({ needNot: [], missing: 0, doubled: 0 });
  expect(row.lost).toBeGreaterThan(0);
  expect(row.nextAfter).toBeLessThan(10);
  await eventually('nothing is left of the calls', async () => (await application.callsInProgress()) === 0);
}, 240_000);
