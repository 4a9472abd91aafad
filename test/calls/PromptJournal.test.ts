import { describe, expect, it } from 'vitest';
import { callEvent } from '../../src/calls/callEvents.ts';
import { PromptJournal } from '../../src/calls/PromptJournal.ts';
import type { CallSnapshot } from '../../src/store/CallSnapshot.ts';
import { A, HeardJournal, X } from './callsUnderTest.ts';

const call: CallSnapshot = {
  sessionId: '1_2_3_20260105040001@h',
  appKey: 'app1',
  mode: 'AXB',
  x: X,
  areaCode: '',
  caller: A,
  callInAt: 0,
  nextSeq: 0,
  because: [],
};

describe('a journal', () => {
  it('that hangs is tried with one call now and then, until one becomes durable', async () => {
    const heard = new HeardJournal();
    let now = 0;
    const journal = new PromptJournal(heard, () => now);
    const open = () => journal.open(call, callEvent('callin', call, 0));
    heard.away = new Promise(() => {});
    void open();
    now = 1000;
    void open();
    expect(journal.available).toBe(true);
    now = 2000;
    expect(journal.available).toBe(true);
    now = 2250;
    expect(journal.available).toBe(false);
    now = 3000;
    expect(journal.available).toBe(true);
    void open();
    expect(journal.available).toBe(false);
    heard.away = undefined;
    now = 5000;
    await open();
    expect(journal.available).toBe(true);
  });

  it('does not count as one that hangs when it is this process that was held up', async () => {
    const heard = new HeardJournal();
    let now = 0;
    const journal = new PromptJournal(heard, () => now);
    const open = () => journal.open(call, callEvent('callin', call, 0));
    const { promise, resolve: answers } = Promise.withResolvers<void>();
    heard.away = promise;
    const first = open();
    now = 500;
    const second = open();
    // Three seconds later calls are waiting, and behind them the answer of the database.
    now = 2400;
    expect(journal.available).toBe(true);
    now = 2410;
    expect(journal.available).toBe(true);
    answers();
    await Promise.all([first, second]);
    now = 2700;
    expect(journal.available).toBe(true);
  });

  it('that is away is away', () => {
    const heard = new HeardJournal();
    heard.available = false;
    expect(new PromptJournal(heard, () => 0).available).toBe(false);
  });
});
