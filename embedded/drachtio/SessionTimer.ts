import type { SipHeaders, TransactionContext } from '../sip/index.ts';

/** The smallest session interval that is accepted (RFC 4028 5). */
export const minSessionSeconds = 90;

export interface SessionExpires {
  readonly intervalSeconds: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** Reads a Session-Expires header. @returns undefined where there is none or it is no number */
export function sessionExpiresOf(headers: SipHeaders): SessionExpires | undefined {
  const value = headers.get('session-expires');
  const match = value === undefined ? null : /^(\d{1,9})\s*(?:;(.*))?$/.exec(value);
  if (match === null) return undefined;
  const refresher = /refresher\s*=\s*(uac|uas)/i.exec(match[2] ?? '')?.[1]?.toLowerCase();
  return {
    intervalSeconds: Number(match[1]),
    refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined,
  };
}

/**
 * The session timer of one dialog (RFC 4028 10). The side that refreshes does so after half of the interval; the other
 * side gives the session up a third of it, at most 32 s, before it ends.
 */
export class SessionTimer {
  readonly #timer: NodeJS.Timeout;

  constructor(
    context: Pick<TransactionContext, 'schedule'>,
    intervalSeconds: number,
    weRefresh: boolean,
    events: { onRefresh(): void; onExpired(): void },
  ) {
    const seconds = weRefresh ? intervalSeconds / 2 : intervalSeconds - Math.min(32, intervalSeconds / 3);
    this.#timer = context.schedule(seconds * 1000, () =>
      weRefresh ? events.onRefresh() : events.onExpired(),
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
