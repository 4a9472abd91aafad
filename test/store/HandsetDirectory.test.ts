import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Changes } from '../../src/store/changes.ts';
import { HandsetDirectory } from '../../src/store/HandsetDirectory.ts';
import { type HandsetContact, insertHandset, updateHandset } from '../../src/store/handsets.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { PATIENT } from '../kit/patience.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

const START = 1_700_000_000_000;
const NUMBER = '+8613900001001';
const source = { transport: 'tcp', address: '192.0.2.7', port: 40_001 } as const;
const sealer = new Sealer(randomBytes(32));
const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

let database: TestDatabase;
let now = START;
const nodes: { changes: Changes; directory: HandsetDirectory }[] = [];

async function newNode(): Promise<HandsetDirectory> {
  const changes = new Changes({ url: database.url, log });
  await changes.start();
  const directory = new HandsetDirectory({ sql: database.sql, sealer, changes, clock: () => now, log });
  await directory.start();
  nodes.push({ changes, directory });
  return directory;
}

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  for (const { changes, directory } of nodes) {
    await directory.stop();
    await changes.stop();
  }
  await database.close();
});

const contact = (more: Partial<HandsetContact> = {}): HandsetContact => ({
  uri: 'sip:anna@10.0.0.7',
  source,
  callId: 'c',
  cseq: 1,
  registeredAt: START,
  expiresAt: START + 60_000,
  ...more,
});

describe('the directory of handsets', () => {
  it('knows where a handset registered last, on every node, until that expires', async () => {
    const [here, there] = [await newNode(), await newNode()];
    await insertHandset(database.sql, sealer, {
      username: 'anna',
      number: NUMBER,
      password: 'secret',
      md5Only: false,
    });
    const handset = await vi.waitUntil(() => here.withUsername('anna'), PATIENT);
    expect(here.contactOf(NUMBER)).toBeUndefined();
    const latest = contact({ uri: 'sip:anna@10.0.0.8', expiresAt: START + 30_000 });
    expect(await here.change(handset, () => [contact(), latest])).toBe(true);
    expect(here.contactOf(NUMBER)).toEqual(latest);
    expect(here.registeredAt(source)).toMatchObject({ username: 'anna' });
    expect(here.registeredAt({ ...source, transport: 'udp' })).toBeUndefined();
    await vi.waitUntil(() => there.contactOf(NUMBER) !== undefined, PATIENT);
    now = START + 30_000;
    expect(here.contactOf(NUMBER)).toEqual(contact());
    now = START + 60_000;
    expect(here.contactOf(NUMBER)).toBeUndefined();
    expect(here.registeredAt(source)).toBeUndefined();
    now = START;
  });

  it('forgets a handset that is switched off, and its contacts; an old password changes nothing', async () => {
    const directory = await newNode();
    const before = directory.withUsername('anna');
    if (before === undefined) throw new Error('anna is gone');
    await updateHandset(database.sql, sealer, 'anna', { password: 'another' });
    expect(await directory.change(before, () => [contact()])).toBe(false);
    expect(directory.contactOf(NUMBER)).toBeUndefined();
    await updateHandset(database.sql, sealer, 'anna', { enabled: false });
    await vi.waitUntil(() => directory.withUsername('anna') === undefined, PATIENT);
    await updateHandset(database.sql, sealer, 'anna', { enabled: true });
    const after = await vi.waitUntil(() => directory.withUsername('anna'), PATIENT);
    expect(after).toMatchObject({ password: 'another', contacts: [] });
  });

  it('lets two registrations at the same time follow each other', async () => {
    const [here, there] = [await newNode(), await newNode()];
    const handset = here.withUsername('anna');
    if (handset === undefined) throw new Error('anna is gone');
    const uris = Array.from({ length: 8 }, (_, n) => `sip:anna@10.0.1.${n}`);
    await Promise.all(
      uris.map((uri, n) =>
        (n % 2 === 0 ? here : there).change(handset, (before) => [...before, contact({ uri })]),
      ),
    );
    await here.reload();
    expect(
      here
        .withUsername('anna')
        ?.contacts.map(({ uri }) => uri)
        .sort(),
    ).toEqual(uris);
  });
});
