import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromALaw, holdsTogether } from '../kit/audio.ts';
import { fetchRecording } from '../kit/fetchRecording.ts';
import { ANNA_HZ, BEN_HZ, Scenario, type TalkingPair } from '../kit/Scenario.ts';
import { keyIn } from '../kit/Srtp.ts';
import type { Tenant } from '../kit/Tenant.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

/** The embedded media server does no SRTP. */
const onRealServers = process.env.AXBRIDGE_FREESWITCH !== undefined;
const EXTENSION = '1207';

let scenario: Scenario;
let axe: Tenant;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  scenario = await Scenario.start({
    database: database.url,
    app: { recording: true },
    anna: { srtp: true },
  });
  axe = await scenario.tenant('AXE');
});

afterAll(async () => {
  await scenario?.close();
});

async function hearEachOther({ atAnna, atBen }: TalkingPair): Promise<void> {
  await Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
}

async function hangUp({ atAnna, atBen }: TalkingPair): Promise<void> {
  expect(await atAnna.hangUp()).toBe(200);
  await atBen.end();
}

/** A call that is to be recorded, long enough for a recording; what the customer is told of it. */
async function recorded(talking: TalkingPair) {
  await talking.atAnna.media?.hearsPackets(200);
  await hangUp(talking);
  const [told] = await scenario.told(talking.pair.x);
  return told?.records[0]?.fields;
}

describe('a caller who speaks SRTP', () => {
  it('talks to the callee with the keys of both, where no media server is between them', async () => {
    const talking = await scenario.talk();
    const { atAnna, atBen } = talking;
    expect(keyIn(atBen.invite.body)).toEqual(atAnna.media?.srtpKey);
    expect(keyIn((await atAnna.answered).body)).toEqual(atBen.media?.srtpKey);
    await hearEachOther(talking);
    expect((await atAnna.reinvite('sendonly')).body).toContain(' RTP/SAVP ');
    expect((await atAnna.reinvite('sendrecv')).body).toContain(' RTP/SAVP ');
    await hearEachOther(talking);
    await hangUp(talking);
  });

  it.runIf(onRealServers)('is recorded on FreeSWITCH, and the callee is offered RTP', async () => {
    const talking = await scenario.talk({ recordFlag: 'true' });
    const { atAnna, atBen } = talking;
    expect(atBen.invite.body).toContain(' RTP/AVP ');
    expect(atBen.invite.body).not.toContain('a=crypto');
    expect((await atAnna.answered).body).toContain(' RTP/SAVP ');
    await hearEachOther(talking);
    await atAnna.reinvite('sendonly');
    await atAnna.reinvite('sendrecv');
    await hearEachOther(talking);
    const record = await recorded(talking);
    expect(record).toMatchObject({ recordFlag: 1 });
    const wav = await fetchRecording(scenario.partner, record ?? {});
    expect(holdsTogether(fromALaw(wav.data), [ANNA_HZ, BEN_HZ])).toBe(true);
  });

  it.skipIf(onRealServers)('is not recorded on the embedded server, but talks', async () => {
    const talking = await scenario.talk({ recordFlag: 'true' });
    expect(talking.atBen.invite.body).toContain(' RTP/SAVP ');
    await hearEachOther(talking);
    expect(await recorded(talking)).toMatchObject({ recordFlag: 0 });
  });

  it.runIf(onRealServers)('hears the prompt on FreeSWITCH, and types', async () => {
    const bound = await axe.bindAxe({ extendNum: EXTENSION });
    const call = await scenario.anna.call(bound.x, { from: bound.stranger });
    expect((await call.answered).body).toContain(' RTP/SAVP ');
    await call.media?.hearsPackets(20);
    await call.media?.press(EXTENSION);
    const atA = await scenario.ben.nextCallTo(bound.a);
    await atA.answer();
    await Promise.all([call.media?.hears(BEN_HZ), atA.media?.hears(ANNA_HZ)]);
    await call.hangUp();
    await atA.end();
  });

  it.skipIf(onRealServers)('cannot be asked for an extension on the embedded server: 488', async () => {
    const bound = await axe.bindAxe({ extendNum: EXTENSION });
    const call = await scenario.anna.call(bound.x, { from: bound.stranger });
    call.answered.catch(() => undefined);
    expect(await call.end()).toMatchObject({
      how: 'refused',
      status: 488,
      reason: 'Q.850;cause=65',
    });
  });
});
