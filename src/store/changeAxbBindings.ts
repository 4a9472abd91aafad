import type { NewAxbRow } from './axbBindings.ts';
import { type Sql, storeErrorOf } from './database.ts';
import { appKeysOf, inOrder, rowsAsJson } from './sharedRows.ts';

/** Columns of a binding that a modify may set; what is undefined stays. */
export type AxbColumns = {
  readonly [Column in Exclude<
    keyof NewAxbRow,
    'appKey' | 'subscriptionId' | 'wanted' | 'expiresAt' | 'subscribedAt'
  >]?: NewAxbRow[Column] | undefined;
};

export type ChangeOutcome =
  | { readonly outcome: 'changed'; readonly x: string }
  | { readonly outcome: 'no-such-binding' }
  /** `taken`: digest of the number that is on the X already. */
  | { readonly outcome: 'number-already-bound'; readonly taken: Buffer };

export interface AxbChange {
  readonly appKey: string;
  readonly subscriptionId: string;
  readonly columns: AxbColumns;
  /** The new end, when the change gives a new term; null: never. */
  readonly expiresAt: Date | null | undefined;
}

/**
 * Changes live bindings, and moves their parties where A or B become someone else, in one statement.
 * @param at now
 * @returns an outcome for each, in their order
 * @throws StoreError
 */
export async function changeAxbBindings(
  sql: Sql,
  changes: readonly AxbChange[],
  at: Date,
): Promise<ChangeOutcome[]> {
  const requests = changes.map((change) => requestOf(change, at));
  try {
    const rows = await sql<Row[]>`
      SELECT * FROM change_axb(${appKeysOf(requests)}, ${rowsAsJson(requests)}::text::json, ${at})`;
    return inOrder(changes, rows, outcomeOf, { outcome: 'no-such-binding' });
  } catch (error) {
    throw storeErrorOf(error);
  }
}

interface Row {
  ord: string;
  outcome: ChangeOutcome['outcome'];
  on_x: string;
  taken: Buffer;
}

function outcomeOf({ outcome, on_x, taken }: Row): ChangeOutcome {
  switch (outcome) {
    case 'changed':
      return { outcome, x: on_x };
    case 'number-already-bound':
      return { outcome, taken };
    case 'no-such-binding':
      return { outcome };
  }
}

function requestOf({ appKey, subscriptionId, columns, expiresAt }: AxbChange, at: Date) {
  return {
    app_key: appKey,
    subscription_id: subscriptionId,
    a_digest: columns.aDigest,
    a_sealed: columns.aSealed,
    b_digest: columns.bDigest,
    b_sealed: columns.bSealed,
    call_direction: columns.callDirection,
    duration_seconds: columns.durationSeconds,
    expires_at: expiresAt === null ? 'infinity' : expiresAt,
    max_duration_minutes: columns.maxDurationMinutes,
    record_flag: columns.recordFlag,
    record_hint_tone: columns.recordHintTone,
    last_min_voice: columns.lastMinVoice,
    private_sms: columns.privateSms,
    caller_hint_tone: columns.callerHintTone,
    callee_hint_tone: columns.calleeHintTone,
    user_data: columns.userData,
    subscribed_at: at,
  };
}
