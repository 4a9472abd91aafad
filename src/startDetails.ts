import { CallDetails } from './calls/CallDetails.ts';
import type { Stores } from './openStores.ts';
import type { Context } from './servers.ts';
import { HepSender } from './sip/hep/HepSender.ts';
import { SipTap } from './sip/SipTap.ts';
import { callDetailSweeper } from './store/retention.ts';

const clock = Date.now;

/** What sees calls: nothing where that is switched off. What earlier lives have kept goes in its time in any case. */
export function startDetails(context: Context, { sql, duties }: Stores) {
  const { config, logger, parts } = context;
  const keptDays = config.AXBRIDGE_CALL_DETAIL_DAYS;
  const sweeper = callDetailSweeper({ sql, clock, logger, duties, keptDays });
  sweeper?.start();
  parts.defer(() => sweeper?.stop());
  const hep = startHep(context);
  const kept = config.AXBRIDGE_CALL_DETAILS;
  if (kept === 'off' && hep === undefined) return undefined;
  const tap = new SipTap(clock);
  const details = new CallDetails({
    ...{ sql, tap, kept, logger },
    ...(hep && { onMessage: (sessionId, message) => hep.send(sessionId, message) }),
  });
  parts.defer(() => details.stop());
  return { tap, details, hep };
}

export type Seeing = ReturnType<typeof startDetails>;

function startHep({ config, logger, parts }: Context): HepSender | undefined {
  const { AXBRIDGE_HEP: server, AXBRIDGE_HEP_NUMBERS: numbers, AXBRIDGE_HEP_ID: captureId } = config;
  if (server === undefined) return undefined;
  const hep = new HepSender({ ...server, numbers, captureId, logger });
  parts.defer(() => hep.close());
  return hep;
}
