import { describe, expect, it } from 'vitest';
import { Recovery } from '../../src/calls/recovery.ts';
import type { CallSnapshot } from '../../src/store/CallSnapshot.ts';
import { A, B, HeardJournal, X } from './callsUnderTest.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const origin = { spId: 'sp1', hostName: 'ax.test' };

const lost = (index: number, more: Partial<CallSnapshot> = {}): CallSnapshot => ({
  sessionId: `1_2_${index}_20260105040001@ax.test`,
  appKey: 'app1',
  mode: 'AXB',
  x: X,
  areaCode: '0571',
  caller: A,
  callee: B,
  callInAt: 1000,
  answeredAt: 5000,
  nextSeq: 4,
  because: [],
  ...more,
});

/** Recovery of these calls, some at a time; `lengths` are the seconds of their recordings. */
function recoveryOf(batches: CallSnapshot[][], lengths: Readonly<Record<string, number>> = {}) {
  const journal = new HeardJournal();
  const recovery = new Recovery({
    claim: async () => batches.shift() ?? [],
    journal,
    origin,
    recordings: { convert: async (name) => lengths[name] ?? 0 },
    clock: () => 65_000,
    logger,
    intervalSeconds: 60,
  });
  return { journal, recovery };
}

describe('calls that a dead process left open', () => {
  it('each get one disconnect with 8020 and one record, in the place where they stopped', async () => {
    const { journal, recovery } = recoveryOf([[lost(1), lost(2)], [lost(3)]]);
    expect(await recovery.closeLost()).toBe(3);
    expect(journal.messages.items.map(({ id, seq }) => [id, seq])).toEqual(
      [1, 2, 3].flatMap((index) => [
        [`event_1_2_${index}_20260105040001_4`, 4],
        [`record_1_2_${index}_20260105040001`, 5],
      ]),
    );
    expect(await journal.call()).toMatchObject({
      stateCode: 8020,
      record: { ulFailReason: 8020, callEndTime: '1970-01-01 00:01:05', callDuration: 60 },
    });
  });

  it('keep their recording when it is long enough', async () => {
    const recording = (objectName: string) => ({
      recording: { objectName, domain: 'ax.test', startedAt: 6000 },
    });
    const { journal, recovery } = recoveryOf([[lost(1, recording('a')), lost(2, recording('b'))]], { a: 30 });
    await recovery.closeLost();
    expect(journal.records.map(({ body }) => body.recordFlag).sort()).toEqual([0, 1]);
  });

  it('are looked for at once and stay quiet when there are none', async () => {
    const { journal, recovery } = recoveryOf([]);
    expect(await recovery.closeLost()).toBe(0);
    expect(journal.messages.items).toEqual([]);
    recovery.start();
    await recovery.stop();
  });
});
