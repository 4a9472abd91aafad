import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Application } from '../kit/Application.ts';
import { aLawWav, fromALaw, holdsTogether, toneSecond } from '../kit/audio.ts';
import { fetchRecording } from '../kit/fetchRecording.ts';
import { debianPostgresPrograms, InstalledPostgres } from '../kit/InstalledPostgres.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { ANNA_HZ, BEN_HZ, type Pair, Scenario } from '../kit/Scenario.ts';
import { DEPLOY, run } from './files.ts';

const BACKUP = join(DEPLOY, 'backup', 'backup.sh');
const RESTORE = join(DEPLOY, 'backup', 'restore.sh');
const programs = debianPostgresPrograms();

/** A program that tells how it was started, in place of PostgreSQL's own. */
const TELLTALE = '#!/bin/sh\nprintf "%s|" "$PGPASSWORD" "$@" >&2\nexit 1\n';

describe('the password of the database', () => {
  it.each([
    [
      'plain',
      'postgres://axbridge:secret@db:5432/axbridge',
      'secret',
      'postgres://axbridge@db:5432/axbridge',
    ],
    [
      'encoded',
      'postgresql://axbridge:a%40b%5Cn%25c:d@db/axbridge',
      'a@b\\n%c:d',
      'postgresql://axbridge@db/axbridge',
    ],
    [
      'with a bare backslash',
      'postgres://axbridge:a\\nb@db/axbridge',
      'a\\nb',
      'postgres://axbridge@db/axbridge',
    ],
    [
      'none',
      'postgres://axbridge@db/axbridge?sslmode=require',
      '',
      'postgres://axbridge@db/axbridge?sslmode=require',
    ],
  ])('that is %s stands in no command line', (_how, url, password, shown) => {
    const folder = mkdtempSync(join(tmpdir(), 'axbridge-backup-'));
    try {
      for (const name of ['pg_dump', 'psql']) writeFileSync(join(folder, name), TELLTALE, { mode: 0o755 });
      writeFileSync(join(folder, 'SHA256SUMS'), `${createHash('sha256').digest('hex')}  empty\n`);
      writeFileSync(join(folder, 'empty'), '');
      const env = { PATH: `${folder}:${process.env.PATH}`, DATABASE_URL: url, AXBRIDGE_DATA_DIR: folder };
      for (const { file, argument } of [
        { file: BACKUP, argument: join(folder, 'new') },
        { file: RESTORE, argument: folder },
      ]) {
        const [told, ...line] = run(file, [argument], { env }).said.split('|');
        expect(told).toBe(password);
        expect(line).toContain(shown);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(programs === undefined)('a backup', () => {
  let postgres: InstalledPostgres;
  let folder: string;
  let database: string;
  let scenario: Scenario;
  let pair: Pair;
  let record: Readonly<Record<string, unknown>>;

  function script(file: string, argument: string, url: string, dataDir: string) {
    const { status, said } = run(file, [argument], {
      env: {
        PATH: `${postgres.programs}:${process.env.PATH}`,
        DATABASE_URL: url,
        AXBRIDGE_DATA_DIR: dataDir,
      },
    });
    return { status, said };
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'axbridge-backup-'));
    const dataDir = join(folder, 'server');
    postgres = await InstalledPostgres.start({ programs: programs ?? '', dataDir, port: 0 });
    mkdirSync(join(folder, 'before'), { mode: 0o755 });
    database = await postgres.createDatabase('before');
    scenario = await Scenario.start({ database, dataDir: join(folder, 'before'), app: { recording: true } });
    await scenario.admin.addAnnouncement('hint.wav', aLawWav(toneSecond(1000)));
    const talking = await scenario.talk({ recordFlag: 'true', recordHintTone: 'hint.wav' });
    ({ pair } = talking);
    await talking.atAnna.media?.hears(BEN_HZ);
    await talking.atAnna.media?.hearsPackets(200);
    await talking.atBen.hangUp();
    await talking.atAnna.end();
    const [told] = await scenario.told(pair.x);
    record = told?.records[0]?.fields ?? {};
    await fetchRecording(scenario.partner, record);
  });

  afterAll(async () => {
    await scenario?.close();
    await postgres?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it('is made while axbridge runs and calls go on, for nobody else to read', async () => {
    const { atAnna, atBen } = await scenario.talkOn(pair);
    const startedAt = performance.now();
    const { status, said } = script(BACKUP, join(folder, 'backup'), database, join(folder, 'before'));
    expect(status, said).toBe(0);
    console.log(`backup: ${said}, ${Math.round(performance.now() - startedAt)} ms`);
    expect(statSync(join(folder, 'backup')).mode & 0o077).toBe(0);
    // Sealed in the database, so in the dump.
    expect(readFileSync(join(folder, 'backup', 'database.dump')).includes(pair.a.slice(1))).toBe(false);
    expect(await atBen.hangUp()).toBe(200);
    await atAnna.end();
  });

  it('brings back bindings, secrets, announcements, recordings and calls, on another machine', async () => {
    const restored = await postgres.createDatabase('after');
    const dataDir = join(folder, 'after');
    const startedAt = performance.now();
    const { status, said } = script(RESTORE, join(folder, 'backup'), restored, dataDir);
    expect(status, said).toBe(0);
    const restoredAt = performance.now();
    const application = await Application.start({ database: restored, dataDir });
    try {
      console.log(
        `restore: ${Math.round(restoredAt - startedAt)} ms, then ready in ${Math.round(performance.now() - restoredAt)} ms`,
      );
      const { appKey, appSecret } = scenario.app;
      const partner = new PartnerClient(application.http, appKey, appSecret);
      const { body } = await partner.query({ subscriptionId: pair.subscriptionId });
      expect(JSON.stringify(body)).toContain(pair.a);
      const wav = await fetchRecording(partner, record);
      expect(holdsTogether(fromALaw(wav.data), [ANNA_HZ, BEN_HZ])).toBe(true);
      const { status: differs, said: difference } = run('diff', [
        '-r',
        join(folder, 'before', 'announcements'),
        join(dataDir, 'announcements'),
      ]);
      expect(differs, difference).toBe(0);
    } finally {
      await application.stop();
    }
  });

  it('is of the database alone where everything else is elsewhere, and is put back', async () => {
    const bare = await postgres.createDatabase('bare');
    const again = await postgres.createDatabase('again');
    mkdirSync(join(folder, 'bare'));
    const made = script(BACKUP, join(folder, 'backup-of-bare'), bare, join(folder, 'bare'));
    expect(made.status, made.said).toBe(0);
    const restored = script(RESTORE, join(folder, 'backup-of-bare'), again, join(folder, 'bare'));
    expect(restored.status, restored.said).toBe(0);
  });

  it('is not put over what is there', async () => {
    const { status, said } = script(RESTORE, join(folder, 'backup'), database, join(folder, 'elsewhere'));
    expect(status).toBe(1);
    expect(said).toContain('the database is not empty');
    const empty = await postgres.createDatabase('empty');
    const again = script(RESTORE, join(folder, 'backup'), empty, join(folder, 'before'));
    expect(again.status).toBe(1);
    expect(again.said).toContain('is the data folder of an axbridge');
  });
});
