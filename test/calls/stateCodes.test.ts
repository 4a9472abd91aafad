import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stateCodesPage } from '../../docs/stateCodesPage.ts';
import {
  type CalleeFailure,
  calleeFailure,
  FAILURE_AFTER_RINGING,
  FAILURE_BY_CAUSE,
  FAILURE_BY_STATUS,
} from '../../src/calls/calleeFailure.ts';
import { STATE_CODES, stateCodeOf } from '../../src/calls/stateCodes.ts';

/** Which causes may stand beside a status: RFC 3398 7.2.4.1 (ISUP to SIP) and 8.2.6.1 (SIP to ISUP) together. */
const AGREEING: Readonly<Record<number, readonly number[]>> = {
  403: [21, 55, 57, 87],
  404: [1, 2, 3, 26],
  408: [102, 18],
  410: [22, 23],
  480: [16, 18, 19, 20, 31],
  484: [28],
  486: [17],
  487: [16],
  488: [65, 70],
  500: [41, 111, 127],
  501: [29, 79],
  502: [27, 38],
  503: [34, 38, 41, 42, 47, 58, 88],
  504: [102],
  603: [21],
};

const root = join(import.meta.dirname, '../..');

/** The stateCodes that these files name, in order. */
function codesNamedIn(...patterns: string[]): number[] {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }));
  const text = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  return STATE_CODES.map(({ stateCode }) => stateCode)
    .filter((code) => code !== 0 && new RegExp(`\\b${code}\\b`).test(text))
    .sort();
}

describe('the table of state codes', () => {
  it.each(STATE_CODES.map((row) => [row.stateCode, row] as const))('%i agrees with itself', (_code, row) => {
    expect(AGREEING[row.sipStatus]).toContain(row.q850);
    expect(row.outcome).toMatch(/^[a-z-]+$/);
    expect(row.description.length).toBeLessThanOrEqual(128);
  });

  it('has each code once', () => {
    expect(new Set(STATE_CODES.map(({ stateCode }) => stateCode)).size).toBe(STATE_CODES.length);
  });

  it('marks those that the engine gives, and no other', () => {
    const named = codesNamedIn('src/calls/!(stateCodes).ts', 'routing/stateCodes.ts');
    const given = STATE_CODES.filter(({ isGiven }) => isGiven).map(({ stateCode }) => stateCode);
    expect(given.filter((code) => code !== 0).sort()).toEqual(named);
  });

  it('is the page docs/state-codes.md (npm run docs makes it)', () => {
    expect(readFileSync(join(root, 'docs/state-codes.md'), 'utf8')).toBe(stateCodesPage());
  });

  it('gives a code that it lacks as a refusal', () => {
    expect(stateCodeOf(9999)).toMatchObject({
      stateCode: 9999,
      sipStatus: 403,
      q850: 21,
      outcome: 'refused',
    });
  });
});

describe('a failure of the callee', () => {
  const all: readonly (readonly [string, CalleeFailure])[] = [
    ...[...FAILURE_BY_STATUS].map(([status, failure]) => [`status ${status}`, failure] as const),
    ...[...FAILURE_AFTER_RINGING].map(([status, failure]) => [`${status} after ringing`, failure] as const),
    ...[...FAILURE_BY_CAUSE].map(([cause, failure]) => [`cause ${cause}`, failure] as const),
  ];

  it.each(all)('by %s gives the caller a status and a cause that agree', (_what, failure) => {
    expect(AGREEING[failure.sipStatus]).toContain(failure.q850);
    expect(STATE_CODES.map(({ stateCode }) => stateCode)).toContain(failure.stateCode);
  });

  it('believes the Q.850 cause before the status', () => {
    expect(calleeFailure(480, 17, false).stateCode).toBe(8102);
    expect(calleeFailure(480, 16, false).stateCode).toBe(8103);
  });

  it.each([
    [undefined, 7506],
    [302, 7508],
    [499, 8103],
    [599, 7506],
    [699, 7503],
    [200, 7506],
  ])('with the unlisted status %s is %i', (status, stateCode) => {
    expect(calleeFailure(status, undefined, false).stateCode).toBe(stateCode);
  });
});
