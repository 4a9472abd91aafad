import { describe, expect, it } from 'vitest';
import { aimOfHighest, aimsAt } from '../../bench/paths/aims.ts';
import type { Turn } from '../../bench/paths/turns.ts';

function turn(cpuMs: number, ringingMs: number, connectedMs: number, lost = 0): Turn {
  return {
    begun: 60,
    completed: 60 - lost,
    ringing: { p50: ringingMs, p99: ringingMs },
    connected: { p50: connectedMs, p99: connectedMs },
    cpu: { application: cpuMs, sipServer: 0, mediaServer: 0, postgres: 5 },
  };
}

const verdicts = (rows: readonly (readonly string[])[]): (string | undefined)[] =>
  rows.map((row) => row.at(-1));

describe('the aims of the bench "paths"', () => {
  it('are met at their very limits', () => {
    const rows = aimsAt(10, {
      direct: [turn(0, 2, 2)],
      bare: [turn(4, 3, 3)],
      plain: [turn(5, 12, 4)],
      naive: [turn(50, 40, 200)],
      anchored: [turn(40, 20, 50)],
    });
    expect(verdicts(rows)).toEqual(['met', 'met', 'met', 'met', 'met']);
  });

  it('are missed beyond them, and say by how much', () => {
    const rows = aimsAt(10, { direct: [turn(0, 2, 2)], bare: [turn(4, 3, 3)], plain: [turn(6, 13, 4)] });
    expect(rows.map((row) => row.slice(1))).toEqual([
      ['1.50 ×', 'at most 1.25 ×', 'missed'],
      ['11.0 ms', 'at most 10.0 ms', 'missed'],
    ]);
  });

  it('take the middle one of several turns', () => {
    const plain = [turn(4, 3, 4), turn(40, 3, 4), turn(5, 3, 4)];
    const [cpu] = aimsAt(10, { direct: [turn(0, 2, 2)], bare: [turn(4, 3, 3)], plain });
    expect(cpu?.[1]).toBe('1.25 ×');
  });

  it('are missed where a call is lost that the peer does not lose', () => {
    const rows = aimsAt(100, { bare: [turn(4, 3, 3)], plain: [turn(4, 3, 3, 1)] });
    expect(verdicts(rows)).toEqual(['missed']);
  });

  it('are not measured by a peer that loses calls itself', () => {
    expect(aimsAt(100, { naive: [turn(50, 40, 200, 1)], anchored: [turn(40, 20, 50)] })).toEqual([]);
  });

  it('want nine tenths of the highest rate', () => {
    expect(verdicts(aimOfHighest({ bare: 500, plain: 450 }))).toEqual(['met']);
    expect(verdicts(aimOfHighest({ bare: 500, plain: 400 }))).toEqual(['missed']);
  });
});
