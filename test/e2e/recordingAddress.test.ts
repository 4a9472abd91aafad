import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWav } from '../kit/audio.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { BEN_HZ, Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

let scenario: Scenario;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  scenario = await Scenario.start({ database: database.url, app: { recording: true } });
});

afterAll(async () => {
  await scenario?.close();
});

describe('a recorded call', () => {
  it('can be fetched by what its record says, and by nothing less', async () => {
    const { pair, atAnna, atBen } = await scenario.talk({ recordFlag: 'true' });
    await atAnna.media?.hears(BEN_HZ);
    // Nothing under three seconds is kept: talk for four.
    await atAnna.media?.hearsPackets(200);
    await atBen.hangUp();
    await atAnna.end();
    const [told] = await scenario.told(pair.x);
    const { recordFlag, recordObjectName, recordDomain, callDuration } = told?.records[0]?.fields ?? {};
    expect(recordFlag).toBe(1);

    const ask = () => scenario.partner.recording(String(recordObjectName), String(recordDomain));
    // It is converted once the call is over; until then there is no such recording.
    await expect.poll(async () => (await ask()).status, { timeout: 10_000 }).toBe(301);
    const { location = '' } = await ask();
    const download = await fetch(location);
    expect(download.status).toBe(200);
    expect(download.headers.get('content-type')).toBe('audio/wav');
    const bytes = Buffer.from(await download.arrayBuffer());
    expect(download.headers.get('content-length')).toBe(String(bytes.length));
    const wav = readWav(bytes);
    expect(wav).toMatchObject({ format: 6, channels: 1, hertz: 8000 });
    const seconds = wav.data.length / 8000;
    expect(seconds).toBeGreaterThan(3);
    expect(seconds).toBeLessThanOrEqual(Number(callDuration) + 1);

    expect((await fetch(location.replace(/&signature=.*/, ''))).status).toBe(403);
  });

  it('is no recording of another application', async () => {
    const known = scenario.sink.requests.map(({ body }) => /"recordObjectName":"([^"]+)"/.exec(body)?.[1]);
    const name = known.find((each) => each !== undefined) ?? '';
    const stranger = await scenario.admin.createApp({ name: 'stranger', mode: 'AX' });
    const client = new PartnerClient(scenario.application.http, stranger.appKey, stranger.appSecret);
    expect(await client.recording(name, 'axbridge.local')).toMatchObject({
      status: 403,
      resultcode: '1012007',
    });
  });
});
