import { Type } from 'typebox';
import type { Mode } from '../../routing/types.ts';
import { NamedAnnouncement } from './appScenes.ts';
import { Problem } from './problem.ts';

const YesOrNo = Type.Boolean({ description: 'true or false' });

/** The switches of an application for short messages and the quality check, without the addresses (settings, table 3-1). */
export const switches = {
  sms: Type.Optional(YesOrNo),
  qualityCheck: Type.Optional(YesOrNo),
  qualityHintTone: Type.Optional(NamedAnnouncement),
};

/** What an application says of itself, or what a request wants it to say; null takes away. */
interface Switches {
  readonly recording?: boolean;
  readonly sms?: boolean;
  readonly smsControlUrl?: string | null;
  readonly qualityCheck?: boolean;
  readonly qualityHintTone?: string | null;
}

/**
 * Switches that mean nothing without another one. Only what a request names is looked at: recording may be switched off,
 * and what depends on it waits until it is on again.
 * @param before the application as it is; undefined for a new one
 * @throws Problem
 */
export function checkSwitches(mode: Mode, given: Switches, before: Switches = {}): void {
  const after = { ...before, ...given };
  if (given.qualityCheck && !after.recording) {
    throw new Problem(
      'invalid-body',
      'qualityCheck: only in applications that record; switch recording on, too.',
    );
  }
  if (typeof given.qualityHintTone === 'string' && !after.qualityCheck) {
    throw new Problem('invalid-body', 'qualityHintTone: only with qualityCheck; switch it on, too.');
  }
  const asksCustomer = mode === 'AX' || mode === 'X';
  const concernsSms = given.sms !== undefined || given.smsControlUrl !== undefined;
  if (asksCustomer && concernsSms && after.sms && !after.smsControlUrl) {
    throw new Problem(
      'invalid-body',
      `smsControlUrl: short messages in mode ${mode} need it; the customer's server says there what becomes of each.`,
    );
  }
}
