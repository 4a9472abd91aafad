import type { Logger } from '../telemetry/logger.ts';
import type { CallSnapshot } from './CallSnapshot.ts';
import type { Sql, SqlRunner, Transaction } from './database.ts';

/** One start of one node's process. What it holds in the database (open calls, messages) is marked with `life`. */
export interface NodeIdentity {
  readonly nodeId: string;
  /** A UUID, new at each start. */
  readonly life: string;
}

export interface NodeLifeOptions extends NodeIdentity {
  readonly sql: Sql;
  /** Seconds without a heartbeat after which other nodes take this life for dead; a heartbeat comes every third of it. */
  readonly deadSeconds: number;
  readonly logger: Logger;
}

/** Rows of lives that have been dead this many times the dead limit are removed: a life without a row is dead as well. */
const KEEP_DEAD_LIVES = 20;

/** Advisory lock: one node at a time takes over, so that all that is left of a call goes to one node. */
export const TAKE_OVER_LOCK = 0x61786f62;

/**
 * This process among the nodes: a row with a heartbeat.
 *
 * A life is alive while its heartbeat (by PostgreSQL's clock) is younger than the dead limit, and dead at once when its
 * row is gone, or when the same node has begun a new life: a node id belongs to one process at a time.
 */
export class NodeLife {
  readonly #options: NodeLifeOptions;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();

  constructor(options: NodeLifeOptions) {
    this.#options = options;
  }

  /** Writes the row and keeps it alive until `stop`. @throws the database's error when it is away */
  async start(): Promise<void> {
    await this.#beat();
    this.#timer = setInterval(
      () => {
        this.#beating = this.#beating.then(() => this.#beatOrWarn());
      },
      (this.#options.deadSeconds * 1000) / 3,
    );
  }

  /** Ends the heartbeat and removes the row: what this life still holds may be taken over at once. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    const { sql, nodeId, life } = this.#options;
    await sql`DELETE FROM nodes WHERE node_id = ${nodeId} AND life = ${life}`;
  }

  async #beat(): Promise<void> {
    const { sql, nodeId, life, deadSeconds } = this.#options;
    // Not an UPDATE: a node that was away for so long that its row was removed comes back to life.
    await sql`
      WITH gone AS (
        DELETE FROM nodes WHERE heartbeat_at < now() - make_interval(secs => ${deadSeconds * KEEP_DEAD_LIVES}::float8)
      )
      INSERT INTO nodes AS n (node_id, life) VALUES (${nodeId}, ${life})
      ON CONFLICT (node_id, life) DO UPDATE SET heartbeat_at = now()`;
  }

  async #beatOrWarn(): Promise<void> {
    try {
      await this.#beat();
    } catch (error) {
      this.#options.logger.warn(
        { reason: error instanceof Error ? error.message : String(error) },
        'heartbeat not written',
      );
    }
  }
}

/** Removes the row of a life that is known to be dead: what it holds may be taken over at once. */
export async function buryLife(sql: Sql, life: string): Promise<void> {
  await sql`DELETE FROM nodes WHERE life = ${life}`;
}

/**
 * SQL condition: `column` (a life) is neither this life nor a living one of another node.
 * @param column with its table: alone, `life` would be the one of `nodes`
 */
export function isDead(sql: SqlRunner, column: string, node: NodeIdentity, deadSeconds: number) {
  return sql`${sql(column)} <> ${node.life} AND NOT EXISTS (
    SELECT FROM nodes n
    WHERE n.life = ${sql(column)} AND n.node_id <> ${node.nodeId}
      AND n.heartbeat_at >= now() - make_interval(secs => ${deadSeconds}::float8))`;
}

export interface CallsOfTheDead extends NodeIdentity {
  readonly sql: Sql;
  readonly sealer: { open(sealed: Uint8Array): string };
  readonly deadSeconds: number;
  readonly logger: Logger;
  /** Most calls to claim at once. Default 500. */
  readonly limit?: number;
}

/**
 * Claims open calls of dead lives (earlier ones of this node, and of nodes whose heartbeat stopped) for this life,
 * together with what the outbox still holds of them. Each call is given to one claimer only. The lines of dead lives
 * are free from now on, also those of calls that the journal never had.
 * @returns their last snapshots, at most `limit`; ask again until there are none. A snapshot that cannot be opened
 * (sealed with another key) is logged and left out.
 */
export async function openCallsOfDeadLives(options: CallsOfTheDead): Promise<CallSnapshot[]> {
  const { sql, sealer, logger, deadSeconds, limit = 500 } = options;
  const rows = await sql.begin(async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(${TAKE_OVER_LOCK})`;
    await tx`DELETE FROM lines WHERE ${isDead(tx, 'lines.life', options, deadSeconds)}`;
    return claimCalls(tx, options, deadSeconds, limit);
  });
  const calls: CallSnapshot[] = [];
  for (const row of rows) {
    try {
      calls.push(JSON.parse(sealer.open(row.snapshot)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error(
        { sessionId: row.session_id, reason },
        'a call of a dead life cannot be read and stays open',
      );
    }
  }
  return calls;
}

function claimCalls(tx: Transaction, node: NodeIdentity, deadSeconds: number, limit: number) {
  return tx<{ session_id: string; snapshot: Buffer }[]>`
    WITH RECURSIVE lives AS (
      (SELECT life FROM calls WHERE closed_at IS NULL ORDER BY life LIMIT 1)
      UNION ALL
      SELECT (SELECT c.life FROM calls c WHERE c.closed_at IS NULL AND c.life > lives.life ORDER BY c.life LIMIT 1)
      FROM lives WHERE lives.life IS NOT NULL
    ), dead AS (
      SELECT life FROM lives WHERE life IS NOT NULL AND ${isDead(tx, 'lives.life', node, deadSeconds)}
    ), claimed AS (
      SELECT app_key, session_id FROM calls
      WHERE closed_at IS NULL AND life IN (SELECT life FROM dead)
      LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ), messages AS (
      UPDATE outbox o SET owner = ${node.life}
      FROM claimed c WHERE o.app_key = c.app_key AND o.session_id = c.session_id AND o.owner IN (SELECT life FROM dead)
    )
    UPDATE calls c SET node_id = ${node.nodeId}, life = ${node.life}
    FROM claimed WHERE c.app_key = claimed.app_key AND c.session_id = claimed.session_id
    RETURNING c.session_id, c.snapshot`;
}
