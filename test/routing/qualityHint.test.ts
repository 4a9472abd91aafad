import { describe, expect, it } from 'vitest';
import { decide } from '../../routing/route.ts';
import type { Announcement, Found } from '../../routing/types.ts';
import { decideReply } from '../../routing/xMode.ts';
import { OPEN_PLATFORM } from '../kit/openPlatform.ts';
import { A, app, ax, axb, axe, axyb, found, NOW, number, STRANGER, X } from './facts.ts';

const RECORDED = { recordFlag: true, recordHintTone: undefined };
const OWN = { recordFlag: true, recordHintTone: 'own.wav' };

/** A call in each mode that is put through, with what its binding or its customer says of the recording. */
const MODES: Readonly<Record<string, (terms: object) => Omit<Found, 'app' | 'number'>>> = {
  AXB: (terms) => ({ relation: axb({ ...terms, b: STRANGER }) }),
  AX: (terms) => ({ relation: ax(terms) }),
  AXE: (terms) => ({ relation: axe(terms) }),
  AXYB: (terms) => ({ relation: axyb({ ...terms, b: STRANGER }) }),
};

function hintOf(mode: string, terms: object, qualityHintTone: Announcement | undefined, recording = true) {
  const facts = found({
    number: number(),
    app: app({ mode: mode as 'AXB', recording, qualityHintTone }),
    ...MODES[mode]?.(terms),
  });
  const call = { caller: STRANGER, x: X, now: NOW, ...(mode === 'AXE' && { digits: '1207' }) };
  const decision = decide(call, facts, OPEN_PLATFORM);
  return decision.kind === 'connect' ? decision.recordHintTone : decision.kind;
}

describe('the hint of the quality check', () => {
  describe.each(Object.keys(MODES))('in mode %s', (mode) => {
    it('is heard before a recording whose binding has no hint', () => {
      expect(hintOf(mode, RECORDED, 'checked.wav')).toBe('checked.wav');
      expect(hintOf(mode, RECORDED, { scene: 'record-hint' })).toEqual({ scene: 'record-hint' });
    });

    it('gives way to the hint of the binding', () => {
      expect(hintOf(mode, OWN, 'checked.wav')).toBe('own.wav');
    });

    it('is not heard where nothing is recorded, or there is none', () => {
      expect(hintOf(mode, { ...RECORDED, recordFlag: false }, 'checked.wav')).toBeUndefined();
      expect(hintOf(mode, RECORDED, 'checked.wav', false)).toBeUndefined();
      expect(hintOf(mode, RECORDED, undefined)).toBeUndefined();
    });
  });

  it.each([
    ['checked.wav', { recordFlag: 'true' }],
    ['own.wav', { recordFlag: 'true', recordHintTone: 'own.wav' }],
    [undefined, { recordFlag: 'false' }],
  ])('in mode X is %s when the customer says %j', (hint, says) => {
    const facts = found({ app: app({ mode: 'X', qualityHintTone: 'checked.wav' }), relation: undefined });
    const call = { caller: STRANGER, x: X, now: NOW };
    const ask = decide(call, facts, OPEN_PLATFORM);
    if (ask.kind !== 'ask') throw new Error(`expected ask, got ${ask.kind}`);
    const body = { operation: 'connect', connectInfo: [{ calleeNum: A, ...says }] };
    const decision = decideReply(call, ask, { kind: 'answer', body }, OPEN_PLATFORM);
    expect(decision).toMatchObject({ kind: 'connect', recordHintTone: hint });
  });
});
