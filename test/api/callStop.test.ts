import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StopRequests } from '../../src/calls/StopRequests.ts';
import { callsAskedToStop } from '../../src/store/callStops.ts';
import { Changes } from '../../src/store/changes.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { Series } from '../kit/Series.ts';

const STOP_PATH = '/rest/httpsessions/callStop/v2.0';
const log = { debug() {}, info() {}, warn() {}, error() {} };
/** The node that carries the calls of these tests. */
const life = randomUUID();

let api: ApiUnderTest;
let app: { appKey: string; appSecret: string };
let partner: PartnerClient;
let changes: Changes;
let requests: StopRequests;
let count = 0;
const stopped = new Series<string>('a call to be ended');

beforeAll(async () => {
  api = await startApi();
  app = await api.admin.createApp({ name: 'ride', mode: 'AXB' });
  partner = new PartnerClient(api.base, app.appKey, app.appSecret);
  const [database] = await api.sql<{ name: string }[]>`SELECT current_database() AS name`;
  const { host, port, user, pass } = api.sql.options;
  const url = `postgres://${user}:${pass}@${host[0]}:${port[0]}/${database?.name}`;
  changes = new Changes({ url, log });
  requests = new StopRequests({
    changes,
    missed: () => callsAskedToStop(api.sql, life),
    stop: (sessionId) => stopped.push(sessionId),
    logger: log,
  });
  requests.start();
  await changes.start();
});
afterAll(async () => {
  await requests.stop();
  await changes.stop();
  await api.stop();
});

/** A call in progress on another node, as the journal has it. */
async function call({ appKey = app.appKey, open = true } = {}): Promise<string> {
  const sessionId = `1200_77_${++count}_20260105040001@ax.test:5060`;
  await api.sql`
    INSERT INTO calls (app_key, session_id, node_id, life, x, snapshot, next_seq, opened_at, closed_at)
    VALUES (${appKey}, ${sessionId}, 'two', ${life}, '+8617000005001', '', 1, now(), ${open ? null : new Date()})`;
  return sessionId;
}

describe('callStop', () => {
  it('reaches the node that carries the call', async () => {
    const sessionId = await call();
    expect(await partner.stopCall(sessionId)).toEqual({
      status: 200,
      body: { resultcode: '0', resultdesc: 'Success' },
    });
    expect(await stopped.when((each) => each === sessionId)).toBe(sessionId);
  });

  it('reaches a node that could not hear when it was asked, as soon as it hears again', async () => {
    const [ended, open] = [await call({ open: false }), await call()];
    // What askToStop leaves behind when its news are lost.
    await api.sql`UPDATE calls SET stop_asked_at = now() WHERE session_id IN (${ended}, ${open})`;
    await api.sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'axbridge changes' AND datname = current_database()`;
    expect(await stopped.when((each) => each === open)).toBe(open);
    expect(stopped.items).not.toContain(ended);
  });

  it('is refused with 1012007 for a call that is over, unknown or of another application', async () => {
    const other = await api.admin.createApp({ name: 'other', mode: 'AXB' });
    const foreign = await call({ appKey: other.appKey });
    for (const sessionId of [await call({ open: false }), 'nobody@nowhere', foreign]) {
      expect(await partner.stopCall(sessionId)).toMatchObject({
        status: 403,
        body: { resultcode: '1012007', resultdesc: 'The record does not exist.' },
      });
    }
    const own = new PartnerClient(api.base, other.appKey, other.appSecret);
    expect((await own.stopCall(foreign)).body.resultcode).toBe('0');
  });

  it('is open to applications of every mode', async () => {
    for (const mode of ['AX', 'AXE', 'AXYB', 'X']) {
      const other = await api.admin.createApp({ name: mode, mode });
      const client = new PartnerClient(api.base, other.appKey, other.appSecret);
      const sessionId = await call({ appKey: other.appKey });
      expect((await client.stopCall(sessionId)).body.resultcode).toBe('0');
    }
  });

  it.each([
    ['no session id', { signal: 'call_stop' }],
    ['no signal', { sessionid: 's' }],
    ['another signal', { sessionid: 's', signal: 'call_pause' }],
    ['too long a session id', { sessionid: 's'.repeat(257), signal: 'call_stop' }],
    ['NUL in it', { sessionid: 'a\0', signal: 'call_stop' }],
    ['no object', ['call_stop']],
  ])('is refused with 1010002 for %s', async (_what, body) => {
    expect(await partner.send('POST', STOP_PATH, body)).toMatchObject({
      status: 400,
      body: { resultcode: '1010002' },
    });
  });
});
