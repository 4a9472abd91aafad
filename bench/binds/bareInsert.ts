import { randomUUID } from 'node:crypto';
import type { Sql } from '../../src/store/database.ts';
import { type BenchDatabase, partyNumber } from '../BenchDatabase.ts';

/** As wide as `bindings` (migration 007), with the primary key and nothing else. */
export async function makeBareTable(sql: Sql): Promise<void> {
  await sql`CREATE TABLE bare_bindings (LIKE bindings INCLUDING DEFAULTS)`;
  await sql`ALTER TABLE bare_bindings ADD PRIMARY KEY (app_key, subscription_id)`;
}

/** Work that writes one row by one statement and one commit, of the lengths that a binding has. */
export function bareInsert(
  { sql, sealer }: BenchDatabase,
  appKey: string,
  nextX: () => string,
): () => Promise<unknown> {
  const digest = sealer.digest(partyNumber(0));
  const sealed = sealer.seal(partyNumber(0));
  return () => sql`
    INSERT INTO bare_bindings (
      app_key, subscription_id, mode, x, a_digest, a_sealed, b_digest, b_sealed, call_direction, duration_seconds,
      expires_at, max_duration_minutes, record_flag, record_hint_tone, last_min_voice, private_sms, caller_hint_tone,
      callee_hint_tone, user_data, subscribed_at)
    VALUES (
      ${appKey}, ${randomUUID()}, 'AXB', ${nextX()}, ${digest}, ${sealed}, ${digest}, ${sealed}, 0, 0, 'infinity', 0,
      false, null, null, true, null, null, null, ${new Date()})`;
}
