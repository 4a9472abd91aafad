import type { buildConnector } from 'undici';
import { type FailureReason, failureReasonOf } from './failureReason.ts';
import type { PostOutcome } from './PostExchange.ts';
import { PostTarget } from './PostTarget.ts';

/** How an attempt ended; `status` is that of the reply, if one began. */
export type Delivery =
  | { readonly ok: true; readonly status: number }
  | {
      readonly ok: false;
      readonly status: number | undefined;
      readonly reason: FailureReason;
      /** For the dead letter: without addresses and numbers. */
      readonly detail: string;
    };

export interface CourierOptions {
  readonly connect: buildConnector.connector;
  /** Limit of one attempt as a whole, milliseconds. */
  readonly timeoutMs: number;
  /** Most connections to the target. */
  readonly connections: number;
}

const STATUS_OK = 200;

/** The status decides; what a receiver says beyond it is of no use. */
function deliveryOf({ status, error }: PostOutcome): Delivery {
  if (status === STATUS_OK) return { ok: true, status };
  if (status !== undefined) return { ok: false, status, reason: 'status', detail: `status ${status}` };
  const { reason, code } = failureReasonOf(error ?? new Error('no status'));
  return { ok: false, status, reason, detail: code };
}

/** Carries messages of one application and kind to their target. Never throws. Only status 200 is success (facts 8.1). */
export class Courier {
  readonly #timeoutMs: number;
  readonly #target: PostTarget;

  constructor({ connect, connections, timeoutMs }: CourierOptions) {
    this.#timeoutMs = timeoutMs;
    this.#target = new PostTarget({ connect, connections, keepsReply: false });
  }

  /**
   * Makes one attempt. A connection that breaks before any reply is tried once more at once: a server may close an
   * idle connection in the very moment in which it is used again, and the webhook-id makes a second copy harmless.
   */
  async deliver(url: string, headers: string[], body: string): Promise<Delivery> {
    const post = { url, headers, body, timeoutMs: this.#timeoutMs };
    const first = deliveryOf(await this.#target.post(post));
    if (first.ok || first.reason !== 'connection-lost') return first;
    return deliveryOf(await this.#target.post(post));
  }

  /** Breaks off what is under way and closes all connections. */
  destroy(): Promise<void> {
    return this.#target.destroy();
  }
}
