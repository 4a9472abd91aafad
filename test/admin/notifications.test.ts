import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertAttempts } from '../../src/store/deliveries.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { type Answer, expectProblem, sendTo } from './adminRequest.ts';

const SESSION = '1200_77_0_20260105040001@ce1.example.com';
const AT = Date.parse('2026-01-05T04:00:01Z');
const LIFE = '00000000-0000-4000-8000-000000000001';

let api: ApiUnderTest;
let appKey: string;

beforeAll(async () => {
  api = await startApi();
  appKey = (await api.admin.createApp({ name: 'courier', mode: 'AXB' })).appKey;
});
afterAll(() => api.stop());
beforeEach(async () => {
  await api.sql`TRUNCATE outbox, deliveries`;
  api.resent.splice(0);
});

const send = (method: string, path: string, body?: unknown): Promise<Answer> =>
  sendTo(api, method, path, body);

const deliveries = (sessionId = SESSION) => send('GET', `/calls/${encodeURIComponent(sessionId)}/deliveries`);

/** A row of the outbox: an event that waits, or was given up. */
async function file(seq: number, eventType: string, givenUpAt: Date | null = null): Promise<void> {
  const body = api.sealer.seal(JSON.stringify({ eventType, statusInfo: {} }));
  await api.sql`
    INSERT INTO outbox (app_key, session_id, kind, seq, id, body_sealed, owner, next_attempt_at, last_error, given_up_at)
    VALUES (${appKey}, ${SESSION}, 'event', ${seq}, ${`event_${seq}`}, ${body}, ${LIFE}, ${new Date(AT)}, 'status 500',
      ${givenUpAt})`;
}

describe('GET /calls/{sessionId}/deliveries', () => {
  it('answers every message of the call with its attempts', async () => {
    const attempt = { appKey, sessionIds: [SESSION], id: 'event_0', event: 'callin', ms: 12 };
    await insertAttempts(api.sql, [
      { ...attempt, at: AT, status: undefined, error: 'ECONNREFUSED' },
      { ...attempt, at: AT + 60_000, status: 200, error: undefined },
      { ...attempt, id: 'event_1', event: 'callout', at: AT + 60_100, status: 500, error: 'status 500' },
    ]);
    await file(1, 'callout', new Date());
    await file(2, 'alerting');
    expect(await deliveries()).toMatchObject({
      status: 200,
      body: {
        sessionId: SESSION,
        appKey,
        messages: [
          {
            id: 'event_0',
            event: 'callin',
            state: 'delivered',
            attempts: [
              { at: '2026-01-05T04:00:01.000Z', seconds: 0.012, error: 'ECONNREFUSED' },
              { at: '2026-01-05T04:01:01.000Z', seconds: 0.012, status: 200 },
            ],
          },
          {
            id: 'event_1',
            event: 'callout',
            state: 'given-up',
            attempts: [{ status: 500, error: 'status 500' }],
          },
          {
            id: 'event_2',
            event: 'alerting',
            state: 'waiting',
            attempts: [],
            nextAttemptAt: '2026-01-05T04:00:01.000Z',
          },
        ],
      },
    });
  });

  it('tells the question of mode X, which is asked once, from events', async () => {
    const question = { appKey, sessionIds: [SESSION], id: 'event_0', event: 'callin?', at: AT, ms: 5000 };
    const why = 'no complete answer within 5 s';
    await insertAttempts(api.sql, [{ ...question, status: undefined, error: why }]);
    const messages = [{ event: 'callin?', state: 'unanswered', attempts: [{ seconds: 5, error: why }] }];
    expect((await deliveries()).body).toMatchObject({ messages });
  });

  it('shows an attempt that was written twice once', async () => {
    const attempt = { appKey, sessionIds: [SESSION], id: 'event_0', event: 'callin', at: AT, ms: 12 };
    const twice = [{ ...attempt, status: 200, error: undefined }];
    await insertAttempts(api.sql, twice);
    await insertAttempts(api.sql, twice);
    expect((await deliveries()).body).toMatchObject({ messages: [{ attempts: [{ status: 200 }] }] });
  });

  it('knows no call of which nobody was told', async () => {
    expectProblem(
      await deliveries('nobody@nowhere'),
      404,
      'not-found',
      /no call with notifications "nobody@/,
    );
  });
});

describe('GET /dead-letters', () => {
  it('searches by everything that is asked for', async () => {
    await file(0, 'callin', new Date('2026-01-05T04:00:00Z'));
    await file(1, 'callout', new Date('2026-01-05T05:00:00Z'));
    const idsFor = async (search: Record<string, string>) => {
      const { body } = await send('GET', `/dead-letters?${new URLSearchParams(search)}`);
      return body.items.map((item) => Reflect.get(item, 'id'));
    };
    expect(await idsFor({ appKey, sessionId: SESSION, kind: 'event', error: 'status' })).toEqual([
      'event_1',
      'event_0',
    ]);
    expect(await idsFor({ from: '2026-01-05T05:00:00Z' })).toEqual(['event_1']);
    expect(await idsFor({ to: '2026-01-05T13:00:00+08:00' })).toEqual(['event_0']);
    expect(await idsFor({ kind: 'record' })).toEqual([]);
    expect(await idsFor({ offset: '1', limit: '1' })).toEqual(['event_0']);
  });

  it.each([
    ['kind=letter', /^kind: expected event \(of a call\), record \(of calls\) or number/],
    ['from=yesterday', /^from: expected a time like 2026-01-31T08:00:00Z/],
    ['to=2026-13-01T00:00:00Z', /^to: expected a time/],
    ['error=', /^error: expected a part of the last error/],
    ['limit=0', /^limit: expected a number from 1 to 1000/],
    ['name=x', /^name: no such field; expected appKey, sessionId, kind, error, from, to, offset, limit/],
  ])('refuses %s', async (query, detail) => {
    expectProblem(await send('GET', `/dead-letters?${query}`), 400, 'invalid-query', detail);
  });
});

describe('POST /dead-letters/resend', () => {
  it('sends again what the search means', async () => {
    const from = '2026-01-05T04:00:00Z';
    expect(await send('POST', '/dead-letters/resend', { appKey, kind: 'event', from })).toMatchObject({
      status: 200,
    });
    expect(api.resent).toEqual([{ appKey, kind: 'event', from: new Date(from) }]);
  });

  it.each([
    [{}, /expected at least one of appKey, sessionId, kind, error, from, to, ids, got none/],
    [undefined, /expected a JSON object/],
    [{ ids: [''] }, /^ids.0: expected the id of a dead letter/],
    [{ to: 5 }, /^to: expected a time/],
    [{ all: true }, /^all: no such field/],
  ])('refuses %j', async (body, detail) => {
    expectProblem(await send('POST', '/dead-letters/resend', body), 400, 'invalid-body', detail);
    expect(api.resent).toEqual([]);
  });
});
