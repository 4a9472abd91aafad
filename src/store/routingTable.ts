import { announcementOf } from '../../routing/announcements.ts';
import type {
  AppRoute,
  AxbRelation,
  CallDirection,
  Found,
  Frequency,
  Mode,
  RoutingTable,
  XNumberState,
} from '../../routing/types.ts';
import { type Sql, storeErrorOf } from './database.ts';
import { ExtensionOwners } from './ExtensionOwners.ts';
import { readGuards, type StoredGuards } from './guards.ts';
import { type RelationJson, readRelation } from './relationJson.ts';
import { StoreError } from './StoreError.ts';
import { SealError, type Sealer } from './sealing.ts';

/** An answer of the table, and what memory must know to give it to others. */
export interface Answer extends Found {
  /** AXE, for a stranger: everyone who dials this X gets the same answer, except who may be one of these. */
  readonly owners?: ExtensionOwners;
}

/** X, its application and the account of that. */
interface NumberColumns {
  number: string;
  area_code: string;
  number_state: XNumberState;
  app_key: string;
  mode: Mode;
  app_state: AppRoute['state'];
  recording: boolean;
  quality_check: boolean;
  quality_hint_tone: string | null;
  announcements: Record<string, string>;
  call_back_memory: boolean;
  extension_digits: number;
  collect_repeats: number;
  call_back_number_sealed: Buffer | null;
  guards: StoredGuards;
  account_id: string;
  account_state: AppRoute['state'];
  call_frequency: Frequency | null;
}

/** AXB: the binding in which the caller is a party on X. */
interface AxbColumns {
  subscription_id: string;
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

/** AXE: the caller has no extension on X. */
interface AxeStrangerJson {
  readonly mode: 'AXE-stranger';
  /** First bytes of the digests of those who have one, in base64; null when there are too many. */
  readonly owners: string | null;
}

type FoundRow = NumberColumns &
  (AxbColumns | { subscription_id: null }) & { relation: RelationJson | AxeStrangerJson | null };

/**
 * The routing table as it stands in PostgreSQL: one round trip a question. What an AXB call needs is joined; what the
 * others need is left to functions of migration 014, of which each call runs at most one.
 */
export class DatabaseRoutingTable implements RoutingTable {
  readonly #sql: Sql;
  readonly #sealer: Sealer;

  constructor(sql: Sql, sealer: Sealer) {
    this.#sql = sql;
    this.#sealer = sealer;
  }

  /** @throws StoreError DATABASE_UNAVAILABLE, DATABASE_FAILED, ROW_INVALID (as a rejection) */
  async find(x: string, caller: string, digits?: string): Promise<Answer | undefined> {
    const rows = digits === undefined ? this.#selectByCaller(x, caller) : this.#selectByExtension(x, digits);
    const [row] = await rows.catch((error: unknown) => {
      throw storeErrorOf(error);
    });
    return row && answerOf(row, this.#sealer);
  }

  #selectByCaller(x: string, caller: string): Promise<FoundRow[]> {
    return this.#sql<FoundRow[]>`
      SELECT n.number, n.area_code, n.state AS number_state,
             a.app_key, a.mode, a.state AS app_state, a.recording, a.quality_check, a.quality_hint_tone, a.announcements,
             a.call_back_memory, a.extension_digits, a.collect_repeats, a.call_back_number_sealed, a.guards,
             c.account_id, c.state AS account_state, c.call_frequency,
             b.subscription_id, b.a_sealed, b.b_sealed, b.call_direction, epoch_ms(b.expires_at) AS expires_at_ms,
             b.record_flag, b.record_hint_tone, b.max_duration_minutes, b.last_min_voice,
             b.caller_hint_tone, b.callee_hint_tone, b.user_data,
             CASE a.mode WHEN 'AX' THEN ax_relation(a.app_key, n.number, caller.digest)
                         WHEN 'AXE' THEN axe_relation(a.app_key, n.number, caller.digest)
                         WHEN 'AXYB' THEN axyb_relation(a.app_key, n.number, caller.digest) END AS relation
      FROM (SELECT ${this.#sealer.digest(caller)}::bytea AS digest) caller
      JOIN numbers n ON n.number = ${x}
      JOIN apps a ON a.app_key = n.app_key
      JOIN accounts c ON c.account_id = a.account_id
      LEFT JOIN binding_parties p ON p.app_key = n.app_key AND p.x = n.number AND p.party_digest = caller.digest
      LEFT JOIN bindings b ON b.app_key = p.app_key AND b.subscription_id = p.subscription_id`;
  }

  #selectByExtension(x: string, digits: string): Promise<FoundRow[]> {
    return this.#sql<FoundRow[]>`
      SELECT n.number, n.area_code, n.state AS number_state,
             a.app_key, a.mode, a.state AS app_state, a.recording, a.quality_check, a.quality_hint_tone, a.announcements,
             a.call_back_memory, a.extension_digits, a.collect_repeats, a.call_back_number_sealed, a.guards,
             c.account_id, c.state AS account_state, c.call_frequency,
             NULL AS subscription_id,
             CASE a.mode WHEN 'AXE' THEN axe_relation_of_extension(a.app_key, n.number, ${digits}) END AS relation
      FROM numbers n
      JOIN apps a ON a.app_key = n.app_key
      JOIN accounts c ON c.account_id = a.account_id
      WHERE n.number = ${x}`;
  }
}

function answerOf(row: FoundRow, sealer: Sealer): Answer {
  const found = {
    number: { number: row.number, areaCode: row.area_code, state: row.number_state },
    app: appOf(row, sealer),
    relation: undefined,
  };
  if (row.subscription_id !== null) {
    const binding = row;
    return { ...found, relation: opened(`binding ${row.subscription_id}`, () => axbOf(binding, sealer)) };
  }
  const { relation } = row;
  if (relation === null) return found;
  if (relation.mode !== 'AXE-stranger') {
    return {
      ...found,
      relation: opened(`binding ${relation.subscriptionId}`, () => readRelation(relation, sealer)),
    };
  }
  if (relation.owners === null) return found;
  return { ...found, owners: new ExtensionOwners(Buffer.from(relation.owners, 'base64'), sealer) };
}

function appOf(row: NumberColumns, sealer: Sealer): AppRoute {
  const { call_back_number_sealed: callBackNumber } = row;
  return {
    appKey: row.app_key,
    mode: row.mode,
    state: row.app_state,
    account: {
      accountId: row.account_id,
      state: row.account_state,
      callFrequency: row.call_frequency ?? undefined,
    },
    recording: row.recording,
    qualityHintTone:
      row.quality_check && row.quality_hint_tone !== null
        ? announcementOf(row.quality_hint_tone, 'record-hint')
        : undefined,
    announcements: row.announcements,
    callBackMemory: row.call_back_memory,
    extensionDigits: row.extension_digits,
    collectRepeats: row.collect_repeats,
    callBackNumber:
      callBackNumber === null
        ? undefined
        : opened(`application ${row.app_key}`, () => sealer.open(callBackNumber)),
    guards: readGuards(row.guards),
  };
}

function axbOf(row: AxbColumns, sealer: Sealer): AxbRelation {
  return {
    mode: 'AXB',
    subscriptionId: row.subscription_id,
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
}

/** @throws StoreError ROW_INVALID, with the name of the row, when it holds what cannot be opened */
function opened<Value>(row: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof SealError ? cause.message : 'unreadable';
    throw new StoreError('ROW_INVALID', `${row}: ${why}`, { cause });
  }
}
