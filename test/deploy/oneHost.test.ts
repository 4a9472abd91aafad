import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { BEN_HZ, Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';
import { deployed } from './files.ts';
import { RealDrachtio } from './RealDrachtio.ts';
import { RealFreeSwitch } from './RealFreeSwitch.ts';

/*
 * A host as Compose makes it: the SIP server has the address that carriers know, the media server listens on loopback, and
 * carriers are elsewhere. The SIP server then speaks to the media server from that address of the host.
 */

const { AXBRIDGE_TEST_DRACHTIO: DRACHTIO, AXBRIDGE_TEST_FREESWITCH: FREESWITCH } = process.env;
const areHere = DRACHTIO !== undefined && FREESWITCH !== undefined;
const SIP_HOST = '127.0.0.9';
const CARRIER = '127.0.0.81';
/** Everything here is loopback, so what stands for it is the media server's own address. */
const LOOPBACK = '127.0.0.1/32';

const environment: Readonly<Record<string, string>> = parse(deployed('compose.yaml')).services.freeswitch
  .environment;
const clients = (environment.MRF_CLIENTS ?? '127.0.0.0/8')
  .replace('127.0.0.0/8', LOOPBACK)
  .replace(/\$\{SIP_HOST\}/g, SIP_HOST);

if (!areHere) {
  console.warn('skipped: AXBRIDGE_TEST_DRACHTIO and AXBRIDGE_TEST_FREESWITCH together try one whole host.');
}

describe.skipIf(!areHere)('one host with a SIP server at an address of its own', () => {
  let drachtio: RealDrachtio;
  let freeswitch: RealFreeSwitch;
  let scenario: Scenario;

  beforeAll(async () => {
    drachtio = await RealDrachtio.start(DRACHTIO ?? '', { host: SIP_HOST });
    freeswitch = await RealFreeSwitch.start(FREESWITCH ?? '', { MRF_CLIENTS: clients });
    const database = await createTestDatabase({ max: 1 });
    await database.close();
    const { host, port, secret } = freeswitch.esl;
    scenario = await Scenario.start({
      database: database.url,
      app: { recording: true },
      anna: { host: CARRIER },
      ben: { host: CARRIER },
      trunk: false,
      sip: drachtio.sip,
      env: {
        AXBRIDGE_DRACHTIO: drachtio.setting,
        AXBRIDGE_FREESWITCH: `${host}:${port},${secret}`,
      },
    });
    const { ben, admin } = scenario;
    await admin.addTrunk({
      name: 'carrier-a',
      host: ben.host,
      port: ben.port,
      transport: 'udp',
      sources: [`${CARRIER}/32`],
    });
  });

  afterAll(async () => {
    await scenario?.close();
    await Promise.all([drachtio?.stop(), freeswitch?.stop()]);
  });

  it('carries a recorded call', async () => {
    const { pair, atAnna, atBen } = await scenario.talk({ recordFlag: 'true' });
    await atAnna.media?.hears(BEN_HZ);
    await atAnna.media?.hearsPackets(200);
    expect(await atBen.hangUp()).toBe(200);
    await atAnna.end();
    const [told] = await scenario.told(pair.x);
    expect(freeswitch.log()).not.toContain('Rejected by acl');
    expect(told?.records[0]?.fields.recordFlag).toBe(1);
  });
});
