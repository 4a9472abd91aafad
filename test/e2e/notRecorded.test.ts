import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BEN_HZ, Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

/** Room for four seconds of 16-bit sound. */
const SMALL_DISK = 'size=64k';

function mount(options: string, folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
}

/** Why no small disk can be had here; undefined when it can. */
function whyNoDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'axbridge-mount-'));
  try {
    mount(SMALL_DISK, folder);
    execFileSync('umount', [folder]);
    return undefined;
  } catch (error) {
    return `no tmpfs can be mounted here: ${error instanceof Error ? error.message.trim() : error}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const reason = whyNoDisk();

describe.skipIf(reason !== undefined)(`a disk that takes no recording${reason ? ` (${reason})` : ''}`, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'axbridge-disk-'));
  const disk = join(dataDir, 'recordings');
  let scenario: Scenario;

  beforeAll(async () => {
    mkdirSync(disk);
    mount(SMALL_DISK, disk);
    const database = await createTestDatabase({ max: 1 });
    await database.close();
    scenario = await Scenario.start({
      ...{ database: database.url, dataDir, app: { recording: true } },
      env: { AXBRIDGE_RECORDING_FREE_MB: '0' },
    });
  });

  afterAll(async () => {
    await scenario?.close();
    execFileSync('umount', [disk]);
    await rm(dataDir, { recursive: true });
  });

  /** A call with a recording that is wanted. @returns what the customer's record says of it */
  async function talk(seconds: number) {
    const { pair, atAnna, atBen } = await scenario.talk({ recordFlag: 'true' });
    await atAnna.media?.hears(BEN_HZ);
    await atAnna.media?.hearsPackets(seconds * 50);
    await atBen.hangUp();
    await atAnna.end();
    const [told] = await scenario.told(pair.x);
    expect(told?.records).toHaveLength(1);
    return told?.records[0]?.fields ?? {};
  }

  function notRecorded(): Promise<number> {
    return scenario.application.metric('axbridge_calls_not_recorded_total');
  }

  async function files(): Promise<string[]> {
    return (await readdir(disk, { recursive: true })).filter((name) => name.endsWith('.wav'));
  }

  const CALL_WITHOUT = { recordFlag: 0, ulFailReason: 0 };

  it('gets full in the midst of a call: the call goes on, and its record names no recording', async () => {
    const before = await notRecorded();
    const fields = await talk(8);
    expect(fields).toMatchObject(CALL_WITHOUT);
    expect(fields).not.toHaveProperty('recordObjectName');
    expect(Number(fields.callDuration)).toBeGreaterThanOrEqual(7);
    expect(await notRecorded()).toBe(before + 1);
    expect(await files()).toEqual([]);
  });

  it('has room again for the next call', async () => {
    expect((await talk(3.2)).recordFlag).toBe(1);
  });

  it('is read-only: the call goes on without', async () => {
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const before = await notRecorded();
    expect(await talk(1)).toMatchObject(CALL_WITHOUT);
    expect(await notRecorded()).toBe(before + 1);
    execFileSync('mount', ['-o', 'remount,rw', disk]);
  });

  it('has less room than is asked for: no recording begins', async () => {
    await scenario.application.kill();
    await scenario.application.restart({ AXBRIDGE_RECORDING_FREE_MB: '1' });
    expect(await talk(1)).toMatchObject(CALL_WITHOUT);
    expect(await notRecorded()).toBe(1);
  });
});
