import { beforeEach, describe, expect, it } from 'vitest';
import { Circuit } from '../../src/push/Circuit.ts';

let now = 0;
let circuit: Circuit;

beforeEach(() => {
  now = 1000;
  circuit = new Circuit({ mostFailures: 3, probeSeconds: [1, 5], clock: () => now });
});

function fail(times: number): boolean[] {
  return Array.from({ length: times }, () => circuit.failed());
}

describe('a circuit', () => {
  it('opens after so many failures in a row', () => {
    expect(fail(3)).toEqual([false, false, true]);
    expect(circuit.state).toBe('open');
    expect(circuit.waitMs).toBe(1000);
  });

  it('does not count failures with a success between them', () => {
    fail(2);
    expect(circuit.succeeded()).toBe(false);
    expect(fail(2)).toEqual([false, false]);
    expect(circuit.state).toBe('closed');
    expect(circuit.waitMs).toBe(0);
  });

  it('lets a probe go when the wait is over, and closes with its success', () => {
    fail(3);
    now += 999;
    expect(circuit.state).toBe('open');
    now += 1;
    expect(circuit.state).toBe('half-open');
    expect(circuit.succeeded()).toBe(true);
    expect(circuit.state).toBe('closed');
    expect(fail(2)).toEqual([false, false]);
  });

  it('waits longer with each probe that fails, and in the end as long again', () => {
    fail(3);
    const waits = [0, 1, 2].map(() => {
      now += circuit.waitMs;
      expect(circuit.failed()).toBe(true);
      return circuit.waitMs;
    });
    expect(waits).toEqual([5000, 5000, 5000]);
  });

  it('takes failures of requests that were under way when it opened for no news', () => {
    fail(3);
    expect(fail(20)).toEqual(Array(20).fill(false));
    expect(circuit.waitMs).toBe(1000);
  });

  it('closes with the success of a request that was under way when it opened', () => {
    fail(3);
    expect(circuit.succeeded()).toBe(true);
    expect(circuit.state).toBe('closed');
  });

  it('lets a probe go at once when it is told to, and begins with the shortest wait again', () => {
    fail(3);
    now += 1000;
    fail(1);
    circuit.probeNow();
    expect(circuit.state).toBe('half-open');
    fail(1);
    expect(circuit.waitMs).toBe(1000);
  });

  it('has nothing to probe while it is closed', () => {
    circuit.probeNow();
    expect(circuit.state).toBe('closed');
  });

  it('never opens where that is switched off', () => {
    circuit = new Circuit({ mostFailures: 0, probeSeconds: [1], clock: () => now });
    fail(1000);
    expect(circuit.state).toBe('closed');
  });
});
