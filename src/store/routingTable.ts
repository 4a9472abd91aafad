import type {
  AppRoute,
  AxbRelation,
  CallDirection,
  Found,
  Mode,
  RoutingTable,
  XNumberState,
} from '../../routing/types.ts';
import { type Sql, storeErrorOf } from './database.ts';
import { readGuards, type StoredGuards } from './guards.ts';
import { StoreError } from './StoreError.ts';
import { SealError, type Sealer } from './sealing.ts';

/** One row brings X, its application and, where the caller is a party on X, the binding. */
interface FoundRow {
  number: string;
  area_code: string;
  number_state: XNumberState;
  app_key: string;
  mode: Mode;
  app_state: AppRoute['state'];
  recording: boolean;
  announcements: Record<string, string>;
  call_back_memory: boolean;
  extension_digits: number;
  collect_repeats: number;
  call_back_number_sealed: Buffer | null;
  guards: StoredGuards;
  subscription_id: string | null;
  a_sealed: Buffer;
  b_sealed: Buffer | null;
  call_direction: CallDirection;
  /** Milliseconds; null for never. */
  expires_at_ms: number | null;
  record_flag: boolean;
  record_hint_tone: string | null;
  max_duration_minutes: number;
  last_min_voice: string | null;
  caller_hint_tone: string | null;
  callee_hint_tone: string | null;
  user_data: string | null;
}

/** The routing table as it stands in PostgreSQL: one round trip a question. */
export class DatabaseRoutingTable implements RoutingTable {
  readonly #sql: Sql;
  readonly #sealer: Sealer;

  constructor(sql: Sql, sealer: Sealer) {
    this.#sql = sql;
    this.#sealer = sealer;
  }

  /** @throws StoreError DATABASE_UNAVAILABLE, DATABASE_FAILED, ROW_INVALID (as a rejection) */
  async find(x: string, caller: string): Promise<Found | undefined> {
    const [row] = await this.#select(x, this.#sealer.digest(caller)).catch((error: unknown) => {
      throw storeErrorOf(error);
    });
    return row && foundOf(row, this.#sealer);
  }

  #select(x: string, callerDigest: Buffer): Promise<FoundRow[]> {
    return this.#sql<FoundRow[]>`
      SELECT n.number, n.area_code, n.state AS number_state,
             a.app_key, a.mode, a.state AS app_state, a.recording, a.announcements,
             a.call_back_memory, a.extension_digits, a.collect_repeats, a.call_back_number_sealed, a.guards,
             b.subscription_id, b.a_sealed, b.b_sealed, b.call_direction,
             CASE WHEN isfinite(b.expires_at) THEN (extract(epoch FROM b.expires_at) * 1000)::float8 END AS expires_at_ms,
             b.record_flag, b.record_hint_tone, b.max_duration_minutes, b.last_min_voice,
             b.caller_hint_tone, b.callee_hint_tone, b.user_data
      FROM numbers n
      JOIN apps a ON a.app_key = n.app_key
      LEFT JOIN binding_parties p ON p.app_key = n.app_key AND p.x = n.number AND p.party_digest = ${callerDigest}
      LEFT JOIN bindings b ON b.app_key = p.app_key AND b.subscription_id = p.subscription_id
      WHERE n.number = ${x}`;
  }
}

function foundOf(row: FoundRow, sealer: Sealer): Found {
  return {
    number: { number: row.number, areaCode: row.area_code, state: row.number_state },
    app: {
      appKey: row.app_key,
      mode: row.mode,
      state: row.app_state,
      recording: row.recording,
      announcements: row.announcements,
      callBackMemory: row.call_back_memory,
      extensionDigits: row.extension_digits,
      collectRepeats: row.collect_repeats,
      callBackNumber:
        row.call_back_number_sealed === null ? undefined : sealer.open(row.call_back_number_sealed),
      guards: readGuards(row.guards),
    },
    relation: row.subscription_id === null ? undefined : relationOf(row, row.subscription_id, sealer),
  };
}

function relationOf(row: FoundRow, subscriptionId: string, sealer: Sealer): AxbRelation {
  try {
    return {
      mode: 'AXB',
      subscriptionId,
      a: sealer.open(row.a_sealed),
      b: row.b_sealed === null ? '' : sealer.open(row.b_sealed),
      callDirection: row.call_direction,
      expiresAt: row.expires_at_ms ?? Number.POSITIVE_INFINITY,
      recordFlag: row.record_flag,
      recordHintTone: row.record_hint_tone ?? undefined,
      maxDurationMinutes: row.max_duration_minutes,
      lastMinVoice: row.last_min_voice ?? undefined,
      callerHintTone: row.caller_hint_tone ?? undefined,
      calleeHintTone: row.callee_hint_tone ?? undefined,
      userData: row.user_data ?? undefined,
    };
  } catch (cause) {
    const why = cause instanceof SealError ? cause.message : 'unreadable';
    throw new StoreError('ROW_INVALID', `binding ${subscriptionId}: ${why}`, { cause });
  }
}
