import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digitsOf, findLeaks } from '../kit/leaks.ts';
import type { PhoneBoasts } from '../kit/Phone.ts';
import type { PhoneMedia } from '../kit/PhoneMedia.ts';
import { ANNA_HZ, BEN_HZ, type Pair, Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

const A = '+8613911110001';
const B = '+8613922220002';
const ANNA_HOST = '127.0.0.11';
const BEN_HOST = '127.0.0.12';

/** Everything that a phone or a carrier may say about its owner, in every place that we know of. */
function boastsOf(number: string, name: string): PhoneBoasts {
  const uri = `sip:${number}@carrier.example`;
  return {
    callIdPrefix: `${digitsOf(number)}-`,
    displayName: name,
    contactUser: number,
    canonicalName: `${number}@${name}`,
    sdpUserName: digitsOf(number),
    sdpLines: [
      `i=${name} ${number}`,
      `u=http://${name}.example/${number}`,
      `e=${name}@example.com`,
      `p=${number}`,
    ],
    headers: {
      'Remote-Party-ID': `"${name}" <${uri}>;party=calling`,
      'P-Preferred-Identity': `<${uri}>`,
      'P-Charging-Vector': `icid-value="${number}"`,
      'History-Info': `<${uri}>;index=1`,
      Diversion: `<${uri}>;reason=unconditional`,
      'Referred-By': `<${uri}>`,
      'Call-Info': `<http://${name}.example/${number}>;purpose=icon`,
      'User-to-User': `${Buffer.from(number).toString('hex')};encoding=hex`,
      'User-Agent': `${name} phone ${number}`,
      Organization: name,
      Subject: `call of ${name}`,
      'X-Account': number,
    },
  };
}

const annaBoasts = boastsOf(A, 'ANNA-MARKER');
const benBoasts = boastsOf(B, 'BEN-MARKER');
const ofAnna = [digitsOf(A), 'ANNA-MARKER', Buffer.from(A).toString('hex')];
const ofBen = [digitsOf(B), 'BEN-MARKER', Buffer.from(B).toString('hex')];

/** FreeSWITCH sends RTCP only where its configuration asks for it. */
const onRealServers = process.env.AXBRIDGE_FREESWITCH !== undefined;

let scenario: Scenario;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  scenario = await Scenario.start({
    database: database.url,
    app: { recording: true },
    anna: { host: ANNA_HOST, boasts: annaBoasts },
    ben: { host: BEN_HOST, boasts: benBoasts },
  });
});

afterAll(async () => {
  await scenario?.close();
});

/** Makes both phones talk in every way that they know, and gives what they heard. */
async function longTalk(pair: Pair): Promise<{ anna: PhoneMedia; ben: PhoneMedia }> {
  const atAnna = await scenario.anna.call(pair.x, { from: A, asserted: A });
  const atBen = await scenario.ben.nextCall();
  atBen.ring(183);
  await atAnna.progress.when(({ status }) => status >= 180);
  await Promise.all([atBen.answer(), atAnna.answered]);
  await Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
  expect((await atAnna.reinvite('sendonly')).status).toBe(200);
  expect((await atAnna.reinvite('sendrecv')).status).toBe(200);
  expect((await atBen.reinvite('sendonly')).status).toBe(200);
  expect((await atBen.reinvite('sendrecv')).status).toBe(200);
  const info = { 'Content-Type': 'application/dtmf-relay', Subject: 'ANNA-MARKER', 'X-Account': A };
  await atAnna.request('INFO', info, 'Signal=5\r\nDuration=100\r\n');
  await atAnna.request('OPTIONS', { 'User-Agent': 'ANNA-MARKER' });
  await atAnna.request('MESSAGE', { 'Content-Type': 'text/plain' }, `this is ${A}`);
  await Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
  if (!onRealServers) await Promise.all([atAnna.media?.hearsReport(), atBen.media?.hearsReport()]);
  await Promise.all([atAnna.media?.hearsPackets(60), atBen.media?.hearsPackets(60)]);
  await atBen.hangUp({ Reason: `SIP;cause=200;text="${B}"`, 'User-Agent': 'BEN-MARKER' });
  await atAnna.end();
  await scenario.told(pair.x);
  if (atAnna.media === undefined || atBen.media === undefined) throw new Error('phones without sound');
  return { anna: atAnna.media, ben: atBen.media };
}

function forget(): void {
  scenario.anna.packets.splice(0);
  scenario.ben.packets.splice(0);
}

describe('what one party can learn of the other', () => {
  it('is nothing in SIP and SDP of a call whose sound goes straight across', async () => {
    forget();
    await longTalk(await scenario.bind({}, { a: A, b: B }));
    // RTP and RTCP do not pass through axbridge here.
    expect(findLeaks(scenario.ben.packets, [], ofAnna)).toEqual([]);
    expect(findLeaks(scenario.anna.packets, [], ofBen)).toEqual([]);
  });

  it('is nothing in SIP, SDP, RTP and RTCP of an anchored call, not even an address', async () => {
    forget();
    const heard = await longTalk(await scenario.bind({ recordFlag: 'true' }, { a: A, b: B }));
    for (const media of [heard.anna, heard.ben]) {
      expect(media.receivedPackets).toBeGreaterThan(50);
      if (!onRealServers) expect(media.received.some(({ control }) => control)).toBe(true);
    }
    expect(findLeaks(scenario.ben.packets, [heard.ben], [...ofAnna, ANNA_HOST])).toEqual([]);
    expect(findLeaks(scenario.anna.packets, [heard.anna], [...ofBen, BEN_HOST])).toEqual([]);
  });

  it('is nothing in a refusal, a cancel and a bye that carry words', async () => {
    forget();
    const pair = await scenario.bind({}, { a: A, b: B });
    const headers = {
      Warning: `399 BEN-MARKER "${B}"`,
      Reason: `Q.850;cause=17;text="${B}"`,
      Server: 'BEN-MARKER',
      Contact: `<sip:${B}@${BEN_HOST}>`,
      'Error-Info': `<sip:${B}@carrier.example>`,
    };
    const refused = await scenario.anna.call(pair.x, { from: A });
    (await scenario.ben.nextCall()).reject(486, headers);
    await refused.end();
    const moved = await scenario.anna.call(pair.x, { from: A });
    (await scenario.ben.nextCall()).reject(302, headers);
    await moved.end();
    const cancelled = await scenario.anna.call(pair.x, { from: A });
    const ringing = await scenario.ben.nextCall();
    ringing.ring();
    await cancelled.progress.next();
    cancelled.cancel({ Reason: `SIP;cause=487;text="${A}"` });
    await ringing.end();
    await scenario.told(pair.x, { count: 3 });
    expect(findLeaks(scenario.ben.packets, [], ofAnna)).toEqual([]);
    expect(findLeaks(scenario.anna.packets, [], ofBen)).toEqual([]);
  });

  it('is nothing in the log and the metrics either', async () => {
    const log = JSON.stringify(scenario.application.log.items);
    const metrics = await scenario.application.metrics();
    for (const secret of [...ofAnna, ...ofBen]) {
      expect(log).not.toContain(secret);
      expect(metrics).not.toContain(secret);
    }
  });
});
