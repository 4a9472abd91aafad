import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toldCalls } from '../kit/customer.ts';
import { eventually } from '../kit/eventually.ts';
import { FaultWorld, START_PATIENCE_MS } from './FaultWorld.ts';

/** Of Debian's package faketime: stands between a process and the clock. */
const LIBRARY = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((path) => existsSync(path));
const why = LIBRARY === undefined ? ' (skipped: the Debian package faketime is not installed)' : '';

const HOUR_SECONDS = 3600;
const SOME = 8;
/** No call here lasts longer; one that a step was counted into would. */
const LONGEST_CALL_SECONDS = 60;

/** The wall clock of processes that a test starts with `env`; timers do not see it. */
class SteppedClock {
  readonly #folder = mkdtempSync(join(tmpdir(), 'axbridge-clock-'));
  readonly #file = join(this.#folder, 'offset');

  constructor() {
    this.stepTo(0);
  }

  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: LIBRARY ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** @param seconds from the true time */
  stepTo(seconds: number): void {
    // In one piece: whoever reads meanwhile reads the old or the new one.
    writeFileSync(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${seconds}s\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

describe.skipIf(LIBRARY === undefined)(`the wall clock of an application${why}`, () => {
  let clock: SteppedClock;
  let world: FaultWorld;

  beforeAll(async () => {
    clock = new SteppedClock();
    world = await FaultWorld.start({ env: clock.env });
  }, START_PATIENCE_MS);

  afterAll(async () => {
    await world?.close();
    clock?.remove();
  });

  it.each([
    ['an hour forward', HOUR_SECONDS],
    ['two hours back', -HOUR_SECONDS],
    ['to the true time', 0],
  ])(
    'is stepped %s under calls: none ends, and none is told to have lasted for that long',
    async (words, seconds) => {
      const stream = await world.calls();
      const fault = world.fault(`clock stepped ${words}`, stream);
      clock.stepTo(seconds);
      await eventually('calls are answered', () => fault.answered().length >= SOME, 30_000);
      expect(await fault.count()).toMatchObject({ lost: 0, missing: 0, doubled: 0 });
      const records = toldCalls(world.sink).flatMap((call) => call.records);
      expect(records.length).toBeGreaterThan(SOME);
      for (const { fields } of records) {
        expect(Number(fields.callDuration)).toBeGreaterThanOrEqual(1);
        expect(Number(fields.callDuration)).toBeLessThan(LONGEST_CALL_SECONDS);
      }
    },
    240_000,
  );

  it('is right again: binds are taken', async () => {
    await world.tenant.bind();
  });
});
