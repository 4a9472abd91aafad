import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANNA_HZ, BEN_HZ, Scenario } from '../kit/Scenario.ts';
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

const paths = [
  { path: 'plain', terms: {} },
  { path: 'anchored', terms: { recordFlag: 'true' } },
];

describe.each(paths)('a $path call that is changed while it lasts', ({ path, terms }) => {
  it('can be held and taken back by either side', async () => {
    const { atAnna, atBen } = await scenario.talk(terms);
    const bothHear = () => Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
    await bothHear();
    for (const [holder, held] of [
      [atAnna, atBen],
      [atBen, atAnna],
    ] as const) {
      const hold = await holder.reinvite('sendonly');
      expect(hold.status).toBe(200);
      expect(hold.body).toMatch(/a=(recvonly|inactive)/);
      // Where sound goes straight across the other phone must be told; a media server keeps that to itself.
      if (path === 'plain') {
        expect((await held.requests.when(({ method }) => method === 'INVITE')).body).toContain('a=sendonly');
        expect(held.remoteDirection).toBe('sendonly');
      }
      const back = await holder.reinvite('sendrecv');
      expect(back.status).toBe(200);
      // No attribute means sendrecv (RFC 3264 5.1).
      expect(back.body).not.toMatch(/a=(sendonly|recvonly|inactive)/);
      await bothHear();
    }
    await atAnna.hangUp();
    await atBen.end();
  });

  it('goes on as it was when the other side refuses the change', async () => {
    const { atAnna, atBen } = await scenario.talk(terms);
    await atAnna.media?.hears(BEN_HZ);
    atBen.reinviteStatus = 488;
    const answer = await atAnna.reinvite('sendonly');
    expect(answer.status).toBe(path === 'plain' ? 488 : 200);
    await atAnna.reinvite('sendrecv');
    await Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
    expect(await atBen.hangUp()).toBe(200);
    await atAnna.end();
  });

  it('survives both sides changing it in the same moment', async () => {
    const { atAnna, atBen } = await scenario.talk(terms);
    const statuses = (await Promise.all([atAnna.reinvite('sendrecv'), atBen.reinvite('sendrecv')])).map(
      ({ status }) => status,
    );
    for (const status of statuses) expect([200, 491, 500]).toContain(status);
    expect((await atAnna.reinvite('sendrecv')).status).toBe(200);
    await Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
    await atBen.hangUp();
    await atAnna.end();
  });

  it('passes keys pressed in SIP INFO on, and answers what it does not know', async () => {
    const { atAnna, atBen } = await scenario.talk(terms);
    await Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
    const relay = { 'Content-Type': 'application/dtmf-relay' };
    expect((await atAnna.request('INFO', relay, 'Signal=5\r\nDuration=160\r\n')).status).toBe(200);
    if (path === 'plain') {
      expect((await atBen.requests.when(({ method }) => method === 'INFO')).body).toContain('5');
    } else {
      await atBen.media?.hearsDigits('5');
    }
    const strange = await atAnna.request('INFO', { 'Content-Type': 'application/x-strange' }, 'what?');
    expect([200, 415]).toContain(strange.status);
    expect((await atAnna.request('OPTIONS')).status).toBe(200);
    expect(atAnna.isOver).toBe(false);
    await atAnna.hangUp();
    await atBen.end();
  });

  it('ends once when both hang up in the same moment', async () => {
    const { pair, atAnna, atBen } = await scenario.talk(terms);
    await Promise.all([atAnna.hangUp(), atBen.hangUp()]);
    const [told] = await scenario.told(pair.x);
    expect(told?.records).toHaveLength(1);
    expect(told?.events.filter(({ eventType }) => eventType === 'disconnect')).toHaveLength(1);
    expect(told?.events.at(-1)?.statusInfo.stateCode).toBe(0);
  });
});
