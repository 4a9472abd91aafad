import { CallDetails } from './calls/CallDetails.ts';
import type { Stores } from './openStores.ts';
import type { Context } from './servers.ts';
import { SipTap } from './sip/SipTap.ts';
import { callDetailSweeper } from './store/retention.ts';

const clock = Date.now;

/** What sees calls: nothing where that is switched off. What earlier lives have kept goes in its time in any case. */
export function startDetails({ config, logger, parts }: Context, { sql, duties }: Stores) {
  const sweeper = callDetailSweeper({
    sql,
    clock,
    logger,
    duties,
    keptDays: config.AXBRIDGE_CALL_DETAIL_DAYS,
  });
  sweeper?.start();
  parts.defer(() => sweeper?.stop());
  if (config.AXBRIDGE_CALL_DETAILS === 'off') return undefined;
  const tap = new SipTap(clock);
  const keepsMessages = config.AXBRIDGE_CALL_DETAILS === 'messages';
  const details = new CallDetails({ sql, tap, keepsMessages, logger });
  parts.defer(() => details.stop());
  return { tap, details };
}

export type Seeing = ReturnType<typeof startDetails>;
