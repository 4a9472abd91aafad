import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BEN_HZ, Scenario } from '../kit/Scenario.ts';
import { within } from '../kit/Series.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';
import { deployed } from './files.ts';
import { RealDrachtio } from './RealDrachtio.ts';

const BINARY = process.env.AXBRIDGE_TEST_DRACHTIO;
const text = deployed('drachtio/drachtio.conf.xml');

describe('deploy/drachtio/drachtio.conf.xml', () => {
  it('holds no secret, and lets nobody in from outside', () => {
    expect(text).not.toContain('secret=');
    expect(text).toMatch(/<admin port="9022">127\.0\.0\.1<\/admin>/);
    expect(text).toMatch(/<prometheus port="9088">127\.0\.0\.1<\/prometheus>/);
  });

  it('writes no calls into its log', () => {
    expect(text).toContain('<loglevel>notice</loglevel>');
    expect(text).toContain('<sofia-loglevel>0</sofia-loglevel>');
    expect(text).toContain('<cdrs>false</cdrs>');
  });
});

if (BINARY === undefined) {
  console.warn(
    'skipped: no real drachtio-server. AXBRIDGE_TEST_DRACHTIO=<path of drachtio> tries drachtio.conf.xml with it.',
  );
}

describe.skipIf(BINARY === undefined)('drachtio.conf.xml in a real drachtio-server', () => {
  let drachtio: RealDrachtio;
  let scenario: Scenario;

  beforeAll(async () => {
    drachtio = await RealDrachtio.start(BINARY ?? '');
    const database = await createTestDatabase({ max: 1 });
    await database.close();
    scenario = await Scenario.start({
      database: database.url,
      sip: drachtio.sip,
      env: { AXBRIDGE_DRACHTIO: drachtio.setting },
    });
  });

  afterAll(async () => {
    await scenario?.close();
    await drachtio?.stop();
  });

  async function askedBy(userAgent: string): Promise<string> {
    const { port: sipPort } = drachtio.sip;
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const own = `127.0.0.1:${socket.address().port}`;
    const request = [
      `OPTIONS sip:127.0.0.1:${sipPort} SIP/2.0`,
      `Via: SIP/2.0/UDP ${own};branch=z9hG4bK-${userAgent};rport`,
      'Max-Forwards: 70',
      `From: <sip:100@${own}>;tag=1`,
      `To: <sip:100@127.0.0.1>`,
      `Call-ID: ${userAgent}`,
      'CSeq: 1 OPTIONS',
      `User-Agent: ${userAgent}`,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
    const answered = once(socket, 'message');
    socket.send(request, sipPort, '127.0.0.1');
    const [answer] = await within(answered, 'an answer', 5000);
    socket.close();
    return String(answer).split('\r\n', 1)[0] ?? '';
  }

  it('carries a call, and writes nothing of it', async () => {
    const { pair, atAnna, atBen } = await scenario.talk();
    await atAnna.media?.hears(BEN_HZ);
    expect(await atBen.hangUp()).toBe(200);
    await atAnna.end();
    expect(drachtio.log).toContain('Starting drachtio version');
    for (const number of [pair.a, pair.b, pair.x]) expect(drachtio.log).not.toContain(number.slice(3));
  });

  it('turns scanners away by their names', async () => {
    expect(await askedBy('friendly-scanner')).toBe('SIP/2.0 603 Decline');
    expect(await askedBy('an-honest-phone')).not.toContain('603');
  });

  it('has figures for Prometheus', async () => {
    expect(await (await fetch(drachtio.metricsUrl)).text()).toContain('drachtio_build_info');
  });
});
