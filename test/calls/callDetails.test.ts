import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CallDetails } from '../../src/calls/CallDetails.ts';
import type { SrfRequest } from '../../src/sip/drachtio.ts';
import type { IncomingInvite } from '../../src/sip/IncomingInvite.ts';
import { SipTap } from '../../src/sip/SipTap.ts';
import type { CallSnapshot } from '../../src/store/CallSnapshot.ts';
import { callDetailOf, deleteCallDetailsBefore } from '../../src/store/callDetails.ts';
import type { Trunk } from '../../src/store/trunks.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

const NOW = 1_767_585_600_000;
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let database: TestDatabase;
let tap: SipTap;
let calls = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.close());
beforeEach(() => {
  tap = new SipTap(() => NOW);
});

function details(
  options: { lingerMs?: number; mostWaiting?: number; kept?: 'off' | 'ladder' | 'messages' } = {},
) {
  return new CallDetails({ sql: database.sql, tap, kept: 'ladder', logger: log, lingerMs: 20, ...options });
}

/** The INVITE of a call, as far as details look at it. */
function inviteOf(callId: string): IncomingInvite<Trunk> {
  const request = {
    ...{ source: 'network', protocol: 'udp', source_address: '192.0.2.1', source_port: 5060 },
    raw: `INVITE sip:x SIP/2.0\r\nCall-ID: ${callId}\r\nCSeq: 1 INVITE\r\n\r\n`,
    get: () => callId,
  } as unknown as SrfRequest;
  const drawOn: IncomingInvite<Trunk>['drawOn'] = (ladder) => tap.follow(request, 'caller', ladder);
  return { drawOn } as IncomingInvite<Trunk>;
}

const bye = (callId: string) =>
  `id|sip|network|99|udp|192.0.2.1|5060|22:00:00.000000|txn|dialog|\r\nBYE sip:x SIP/2.0\r\ni: ${callId}\r\nCSeq: 2 BYE\r\n\r\n`;

const ended = (sessionId: string): CallSnapshot => ({
  ...{ sessionId, appKey: 'ride', mode: 'AXB', x: '+8617000005001', areaCode: '0571', caller: '' },
  ...{ callInAt: NOW, endedAt: NOW, nextSeq: 0, because: [] },
});

const kept = (sessionId: string) => callDetailOf(database.sql, 'ride', sessionId);

describe('what is seen of calls', () => {
  it('is written a little after their end, with what came until then', async () => {
    const seeing = details();
    const sessionId = `call-${calls++}`;
    seeing.open(sessionId, inviteOf('one@a'));
    tap.take(bye('another@a'));
    expect(seeing.soFar(sessionId)?.lines.map(({ what }) => what)).toEqual(['INVITE']);
    seeing.ended(ended(sessionId));
    tap.take(bye('one@a'));
    seeing.media(sessionId, { caller: { packetsIn: 5 } });
    seeing.media(sessionId, { callee: { packetsIn: 6 } });
    await expect.poll(() => kept(sessionId), { timeout: 5_000 }).toBeDefined();
    const detail = await kept(sessionId);
    expect(detail?.ladder.lines.map(({ what }) => what)).toEqual(['INVITE', 'BYE']);
    expect(detail?.media).toEqual({ caller: { packetsIn: 5 }, callee: { packetsIn: 6 } });
    expect(seeing.soFar(sessionId)).toBeUndefined();
    await seeing.stop();
  });

  it('is written at once when the process stops', async () => {
    const seeing = details({ lingerMs: 60_000 });
    const sessionId = `call-${calls++}`;
    seeing.open(sessionId, inviteOf('one@a'));
    seeing.ended(ended(sessionId));
    await seeing.stop();
    expect((await kept(sessionId))?.ladder.lines).toHaveLength(1);
    expect((await kept(sessionId))?.media).toBeUndefined();
  });

  it('has an end, however many messages a call has', async () => {
    const seeing = details();
    seeing.open('long', inviteOf('one@a'));
    for (let more = 0; more < 300; more++) tap.take(bye('one@a'));
    expect(seeing.soFar('long')?.lines).toHaveLength(200);
    expect(seeing.soFar('long')?.omitted).toBe(101);
    await seeing.stop();
  });

  it('waits for a database only as long as there is room', async () => {
    const seeing = details({ mostWaiting: 2, lingerMs: 60_000 });
    const ids = Array.from({ length: 5 }, () => `call-${calls++}`);
    for (const [index, id] of ids.entries()) {
      seeing.open(id, inviteOf(`${index}@a`));
      seeing.ended(ended(id));
    }
    await seeing.stop();
    expect(seeing.lost).toBe(3);
  });

  it('is nothing where nothing is kept', async () => {
    const seeing = details({ kept: 'off' });
    const sessionId = `call-${calls++}`;
    seeing.open(sessionId, inviteOf('one@a'));
    expect(seeing.soFar(sessionId)).toBeUndefined();
    seeing.ended(ended(sessionId));
    await seeing.stop();
    expect(await kept(sessionId)).toBeUndefined();
  });

  it('goes after its time', async () => {
    const seeing = details();
    const sessionId = `call-${calls++}`;
    seeing.open(sessionId, inviteOf('one@a'));
    seeing.ended(ended(sessionId));
    await seeing.stop();
    await deleteCallDetailsBefore(database.sql, new Date(NOW), 100);
    expect(await kept(sessionId)).toBeDefined();
    expect(await deleteCallDetailsBefore(database.sql, new Date(NOW + 1), 100)).toBeGreaterThan(0);
    expect(await kept(sessionId)).toBeUndefined();
  });
});
