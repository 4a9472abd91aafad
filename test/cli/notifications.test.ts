import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertAttempts } from '../../src/store/deliveries.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { runCommand } from './runCommand.ts';

const SESSION = 'session-1@ce1.example.com';
const AT = Date.parse('2026-01-05T04:00:01Z');

let api: ApiUnderTest;
let appKey: string;

beforeAll(async () => {
  api = await startApi();
  appKey = (await api.admin.createApp({ name: 'courier', mode: 'AXB' })).appKey;
  const attempt = { appKey, sessionIds: [SESSION], id: 'event_0', event: 'callin', ms: 12 };
  await insertAttempts(api.sql, [
    { ...attempt, at: AT, status: 500, error: 'status 500' },
    { ...attempt, at: AT + 60_000, status: 200, error: undefined },
  ]);
  const body = api.sealer.seal('{"eventType":"callout"}');
  await api.sql`
    INSERT INTO outbox (app_key, session_id, kind, seq, id, body_sealed, owner, attempts, last_error, given_up_at)
    VALUES (${appKey}, ${SESSION}, 'event', 1, 'event_1', ${body}, gen_random_uuid(), 7, 'status 503', ${new Date(AT)})`;
});
afterAll(() => api.stop());

const axbridge = (...args: string[]) => runCommand(api, args);

it('shows what the customer was told of a call, a line for each attempt', async () => {
  const { exitCode, out } = await axbridge('call', 'deliveries', SESSION);
  expect(exitCode).toBe(0);
  const [heading, ...lines] = out.trimEnd().split('\n');
  expect(heading).toMatch(/^EVENT +STATE +AT +SECONDS +STATUS +ERROR +NEXT ATTEMPT +WEBHOOK-ID$/);
  expect(lines).toEqual([
    expect.stringMatching(/^callin +failed +2026-01-05T04:00:01.000Z +0.012 +500 +status 500 +– +event_0$/),
    expect.stringMatching(/^callin +delivered +2026-01-05T04:01:01.000Z +0.012 +200 +– +– +event_0$/),
    expect.stringMatching(/^callout +given-up +– +– +– +– +– +event_1$/),
  ]);
});

it('lists dead letters, also in search of some', async () => {
  const { out } = await axbridge(
    'dead-letter',
    'list',
    '--app',
    appKey,
    '--session',
    SESSION,
    '--error',
    'status 503',
  );
  expect(out).toMatch(
    /2026-01-05T04:00:01.000Z +\S+ +event +7 +status 503 +event_1 +session-1@ce1.example.com/,
  );
  expect((await axbridge('dead-letter', 'list', '--kind', 'record')).out).toBe(
    'no notification was given up\n',
  );
  expect(
    (await axbridge('dead-letter', 'list', '--from', '2026-02-01T00:00:00Z', '--limit', '5')).out,
  ).toContain('no ');
});

it('sends dead letters again: one, several, or a range', async () => {
  expect((await axbridge('dead-letter', 'resend', 'event_1,event_2')).out).toContain('on their way again: 1');
  await axbridge(
    'dead-letter',
    'resend',
    '--app',
    appKey,
    '--from',
    '2026-01-05T04:00:00Z',
    '--to',
    '2026-01-05T05:00:00Z',
  );
  expect(api.resent).toEqual([
    { ids: ['event_1', 'event_2'] },
    { appKey, from: new Date('2026-01-05T04:00:00Z'), to: new Date('2026-01-05T05:00:00Z') },
  ]);
});

it.each([
  [['call', 'deliveries'], 2, 'call deliveries: expected --session with the sessionId of a call'],
  [['call', 'deliveries', 'nobody'], 1, 'There is no call with notifications "nobody"'],
  [
    ['dead-letter', 'resend'],
    2,
    'dead-letter resend: expected at least one of --id, --app, --session, --kind, --error, --from, --to',
  ],
  [['dead-letter', 'list', '--kind', 'letter'], 1, 'kind: expected event'],
  [['dead-letter', 'resend', '--from', 'yesterday'], 1, 'from: expected a time like 2026-01-31T08:00:00Z'],
])('%j is refused', async (args, exitCode, text) => {
  const run = await axbridge(...args);
  expect(run.err).toContain(text);
  expect(run.exitCode).toBe(exitCode);
});
