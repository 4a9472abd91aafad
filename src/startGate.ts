import { CREATED_WINDOW_MS } from './api/createdTime.ts';
import { PartnerGate } from './api/PartnerGate.ts';
import { RequestLimits } from './api/RequestLimits.ts';
import { WrongCredentials } from './api/WrongCredentials.ts';
import type { Rate } from './config.ts';
import type { Stores } from './openStores.ts';
import type { Context } from './servers.ts';
import { AddressBlocks } from './store/AddressBlocks.ts';
import type { RequestLimit } from './store/apps.ts';
import { Neighbours } from './store/Neighbours.ts';
import { NonceLedger } from './store/NonceLedger.ts';

const clock = Date.now;
/** A Created may be as far ahead of now as behind it. */
const FRESH_SPAN_MS = 2 * CREATED_WINDOW_MS;

type Surroundings = Pick<Context, 'config' | 'logger' | 'parts' | 'shared'>;

/** What decides whom the partner API lets in, and what of it the operator may change. */
export async function startGate(
  context: Surroundings,
  { sql, changes, apps, duties }: Pick<Stores, 'sql' | 'changes' | 'apps'> & Partial<Pick<Stores, 'duties'>>,
  nodeId: string,
): Promise<{ readonly gate: PartnerGate; readonly blocks: AddressBlocks }> {
  const { config, logger: log, parts } = context;
  const blocks = new AddressBlocks({ sql, changes, log, clock, duties });
  await blocks.start();
  parts.defer(() => blocks.stop());
  const failures = config.AXBRIDGE_AUTH_FAILURES;
  const limits = new RequestLimits({
    application: requestsOf(config.AXBRIDGE_APP_REQUESTS),
    platform: requestsOf(config.AXBRIDGE_PLATFORM_REQUESTS),
    monotonicClock: () => performance.now(),
    shared: context.shared,
  });
  const gate = new PartnerGate({
    apps,
    blocks,
    wrongCredentials: failures && new WrongCredentials(failures),
    blockSeconds: config.AXBRIDGE_AUTH_BLOCK_SECONDS,
    limits,
    nonces:
      config.AXBRIDGE_REPLAY === 'allow'
        ? undefined
        : await startNonces(context, { sql, changes, duties }, nodeId),
    clock,
  });
  return { gate, blocks };
}

async function startNonces(
  { config, logger: log, parts }: Surroundings,
  {
    sql,
    changes,
    duties,
  }: Pick<Stores, 'sql' | 'changes'> & { readonly duties: Stores['duties'] | undefined },
  nodeId: string,
): Promise<NonceLedger> {
  const deadSeconds = config.AXBRIDGE_NODE_DEAD_SECONDS;
  const neighbours = new Neighbours({ sql, changes, nodeId, deadSeconds, log, clock });
  await neighbours.start();
  parts.defer(() => neighbours.stop());
  const nonces = new NonceLedger({ sql, neighbours, spanMs: FRESH_SPAN_MS, log, clock, duties });
  await nonces.start();
  parts.defer(() => nonces.stop());
  return nonces;
}

function requestsOf(rate: Rate | undefined): RequestLimit | undefined {
  return rate && { requests: rate.most, seconds: rate.seconds };
}
