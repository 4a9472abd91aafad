import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Changes } from './changes.ts';
import { type Sql, storeErrorOf } from './database.ts';
import { Rereading } from './Rereading.ts';

export interface NeighboursOptions {
  readonly sql: Sql;
  readonly changes: Changes;
  /** This node: its own lives are no neighbours. */
  readonly nodeId: string;
  /** Seconds without a heartbeat after which a node counts as dead. */
  readonly deadSeconds: number;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** Whether other nodes work on the same database. What cannot be known for certain counts as yes. */
export class Neighbours {
  readonly #options: NeighboursOptions;
  readonly #rereading: Rereading;
  #aloneSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: NeighboursOptions) {
    this.#options = options;
    this.#rereading = new Rereading({
      read: () => this.#read(),
      onFailure: (error) =>
        options.log.warn(faultFields(error), 'it cannot be told whether other nodes live'),
    });
  }

  /**
   * Since when this node has worked on the database alone, milliseconds since the epoch; undefined while another one does,
   * or while this one would not hear of it.
   */
  get aloneSince(): number | undefined {
    return this.#options.changes.trusted ? this.#aloneSince : undefined;
  }

  /** Looks for other nodes and follows their coming and going until `stop`. */
  async start(): Promise<void> {
    const { changes, deadSeconds } = this.#options;
    this.#unsubscribe = changes.onChange(({ nodes, everything }) => {
      // While news are missed a node may have come and gone.
      if (nodes || (everything && !changes.trusted)) void this.#lookAgain();
    });
    // Of a node that has died nobody tells.
    this.#timer = setInterval(() => void this.#rereading.request(), deadSeconds * 1000);
    await this.#lookAgain();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#unsubscribe?.();
    await this.#rereading.stop();
  }

  #lookAgain(): Promise<void> {
    this.#aloneSince = undefined;
    return this.#rereading.request();
  }

  async #read(): Promise<void> {
    const { sql, nodeId, deadSeconds, clock } = this.#options;
    try {
      const living = await sql`
        SELECT FROM nodes
        WHERE node_id <> ${nodeId} AND heartbeat_at >= now() - make_interval(secs => ${deadSeconds}::float8)
        LIMIT 1`;
      this.#aloneSince = living.count > 0 ? undefined : (this.#aloneSince ?? clock());
    } catch (error) {
      this.#aloneSince = undefined;
      throw storeErrorOf(error);
    }
  }
}
