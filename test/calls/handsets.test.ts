import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HandsetDesk } from '../../src/sip/handsets/HandsetDesk.ts';
import { NONCE_LIFETIME_MS } from '../../src/sip/handsets/Nonces.ts';
import { Changes } from '../../src/store/changes.ts';
import { HandsetDirectory } from '../../src/store/HandsetDirectory.ts';
import { insertHandset } from '../../src/store/handsets.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { challengesOf, Handset } from '../kit/Handset.ts';
import { Phone } from '../kit/Phone.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { A, B, CallsUnderTest, X } from './callsUnderTest.ts';

const HOST_OF_HANDSETS = '127.0.0.41';
const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const sealer = new Sealer(randomBytes(32));
/** What the handsets' clock is ahead of the real one. */
let aheadMs = 0;

let database: TestDatabase;
let changes: Changes;
let directory: HandsetDirectory;
let calls: CallsUnderTest;
let carrier: Phone;
let ben: Handset;

beforeAll(async () => {
  database = await createTestDatabase();
  changes = new Changes({ url: database.url, log });
  await changes.start();
  const clock = () => Date.now() + aheadMs;
  const account = { username: 'ben', password: 'bens-password' };
  await insertHandset(database.sql, sealer, { ...account, number: B, md5Only: false });
  directory = new HandsetDirectory({ sql: database.sql, sealer, changes, clock, log });
  await directory.start();
  const sign = (text: string) => sealer.sign(text);
  const desk = new HandsetDesk({ handsets: directory, realm: 'ax.test', sign, clock, logger: log });
  const handsetOf = (number: string) => directory.contactOf(number);
  calls = await CallsUnderTest.start({ handsets: { desk, handsetOf } });
  carrier = (await Phone.start({ name: 'carrier', sound: false })).dialVia(calls.sipAddress);
  calls.trunks.replace([calls.trunk('carrier', carrier.port)]);
  const phone = await Phone.start({ name: 'Ben', host: HOST_OF_HANDSETS, sound: false });
  ben = new Handset(phone, calls.sipAddress, account);
  calls.bind();
});

beforeEach(() => {
  aheadMs = 0;
});

afterAll(async () => {
  await calls?.stop();
  await Promise.all([carrier?.close(), ben?.phone.close()]);
  await directory?.stop();
  await changes?.stop();
  await database?.close();
});

describe('a registered handset', () => {
  it('is rung until the second at which its registration expires, then the trunk is', async () => {
    expect((await ben.register(60)).status).toBe(200);
    aheadMs = 55_000;
    const rung = await carrier.call(X, { from: A });
    (await ben.phone.nextCall()).reject(486);
    expect((await rung.end()).status).toBe(486);
    aheadMs = 60_001;
    const trunked = await carrier.call(X, { from: A });
    (await carrier.nextCall()).reject(480);
    expect((await trunked.end()).status).toBe(480);
  });

  it('that wants to register too often is told how seldom it may', async () => {
    const refused = await ben.register(10);
    expect(refused.status).toBe(423);
    expect(refused.headers.get('min-expires')).toBe('30');
  });

  it('is challenged again, as stale, when its nonce has become too old', async () => {
    const [challenge = ''] = challengesOf(await ben.sendRegister(60));
    const { host, port } = calls.sipAddress;
    const credentials = ben.credentials(challenge, 'REGISTER', `sip:${host}:${port}`);
    aheadMs = NONCE_LIFETIME_MS + 1;
    const again = await ben.sendRegister(60, credentials);
    expect(again.status).toBe(401);
    expect(challengesOf(again).every((each) => each.includes('stale=true'))).toBe(true);
  });

  it('is not taken for anybody while it has not proved who it is', async () => {
    const call = await ben.phone.call(X, { from: A, asserted: A });
    expect((await call.end()).status).toBe(407);
    expect(calls.calls.activeCalls).toBe(0);
  });
});
