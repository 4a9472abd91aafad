import type { AxbRow, NewAxbRow } from './axbBindings.ts';
import { getAxbBinding } from './axbBindings.ts';
import { type Sql, storeErrorOf, type Transaction } from './database.ts';

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
  | { readonly outcome: 'number-already-bound'; readonly taken: Buffer };

export interface AxbChange {
  readonly appKey: string;
  readonly subscriptionId: string;
  readonly columns: AxbColumns;
  /** The new end, when the change gives a new term; null: never. */
  readonly expiresAt: Date | null | undefined;
  readonly at: Date;
}

/**
 * Changes one live binding, and moves its parties when A or B become someone else, in one transaction.
 * @throws StoreError
 */
export async function changeAxbBinding(sql: Sql, change: AxbChange): Promise<ChangeOutcome> {
  try {
    return await sql.begin(async (transaction) => {
      await transaction`SELECT lock_bindings(${[change.appKey]})`;
      const row = await getAxbBinding(transaction, change.appKey, change.subscriptionId, change.at);
      if (row === undefined) return { outcome: 'no-such-binding' } as const;
      const taken = await moveParties(transaction, row, change);
      if (taken !== undefined) return { outcome: 'number-already-bound', taken } as const;
      await updateColumns(transaction, change);
      await transaction`SELECT pg_notify('axbridge_changes', ${`number:${row.x}`})`;
      return { outcome: 'changed', x: row.x } as const;
    });
  } catch (error) {
    throw storeErrorOf(error);
  }
}

/** @returns the digest of a number that is on this X already, in which case nothing was moved */
async function moveParties(
  transaction: Transaction,
  row: AxbRow,
  { appKey, subscriptionId, columns, at }: AxbChange,
): Promise<Buffer | undefined> {
  const a = columns.aDigest ?? row.a_digest;
  const b = columns.bDigest ?? row.b_digest;
  if (a.equals(row.a_digest) && b.equals(row.b_digest)) return undefined;
  if (a.equals(b)) return a;
  const findTaken = async (): Promise<Buffer | undefined> => {
    const [other] = await transaction<{ party_digest: Buffer }[]>`
      SELECT party_digest FROM binding_parties
      WHERE app_key = ${appKey} AND x = ${row.x} AND party_digest IN (${a}, ${b})
        AND subscription_id <> ${subscriptionId} LIMIT 1`;
    return other?.party_digest;
  };
  if ((await findTaken()) !== undefined) {
    await transaction`SELECT end_expired_on(${appKey}, ${row.x}, ${at})`;
    const taken = await findTaken();
    if (taken !== undefined) return taken;
  }
  await transaction`
    DELETE FROM binding_parties
    WHERE app_key = ${appKey} AND x = ${row.x} AND party_digest IN (${row.a_digest}, ${row.b_digest})`;
  await transaction`
    INSERT INTO binding_parties (app_key, x, party_digest, subscription_id)
    VALUES (${appKey}, ${row.x}, ${a}, ${subscriptionId}), (${appKey}, ${row.x}, ${b}, ${subscriptionId})`;
  return undefined;
}

async function updateColumns(
  transaction: Transaction,
  { appKey, subscriptionId, columns, expiresAt, at }: AxbChange,
): Promise<void> {
  const values = {
    a_digest: columns.aDigest,
    a_sealed: columns.aSealed,
    b_digest: columns.bDigest,
    b_sealed: columns.bSealed,
    call_direction: columns.callDirection,
    duration_seconds: columns.durationSeconds,
    expires_at: expiresAt ?? undefined,
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
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  await transaction`
    UPDATE bindings SET ${transaction(given)} ${expiresAt === null ? transaction`, expires_at = 'infinity'` : transaction``}
    WHERE app_key = ${appKey} AND subscription_id = ${subscriptionId}`;
}
