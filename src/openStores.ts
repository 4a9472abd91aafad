import { createPlatform } from './calls/platform.ts';
import type { Context } from './servers.ts';
import { Admission } from './store/Admission.ts';
import { AppDirectory } from './store/AppDirectory.ts';
import { claimDefaultAccount } from './store/accounts.ts';
import { BlackList } from './store/BlackList.ts';
import { Changes } from './store/changes.ts';
import { Duties } from './store/Duties.ts';
import { closeDatabase, openDatabase } from './store/database.ts';
import { HandsetDirectory } from './store/HandsetDirectory.ts';
import { RoutingCache } from './store/RoutingCache.ts';
import { DatabaseRoutingTable } from './store/routingTable.ts';
import { loadSealKey, Sealer } from './store/sealing.ts';
import { claimSealKey } from './store/sealKey.ts';
import { TrunkDirectory } from './store/TrunkDirectory.ts';

const clock = Date.now;

/** What stands on the database and is shared by all that follow. */
export async function openStores({ config, logger, dataDir, parts, shared }: Context, url: string) {
  const sql = await openDatabase({ url, max: config.AXBRIDGE_DATABASE_POOL });
  parts.defer(() => closeDatabase(sql));
  const duties = new Duties({ sql, log: logger });
  parts.defer(() => duties.stop());
  const sealer = new Sealer(loadSealKey(dataDir, config.AXBRIDGE_SEAL_KEY));
  await claimSealKey(sql, sealer);
  await claimDefaultAccount(sql, config.AXBRIDGE_SP_ID);
  const changes = new Changes({ url, log: logger });
  const apps = new AppDirectory({ sql, sealer, changes });
  const trunks = new TrunkDirectory({ sql, sealer, changes, log: logger });
  const table = new RoutingCache({
    table: new DatabaseRoutingTable(sql, sealer),
    changes,
    maxNumbers: config.AXBRIDGE_CACHE_NUMBERS,
  });
  await changes.start();
  parts.defer(() => changes.stop());
  parts.defer(() => table.close());
  await trunks.start();
  parts.defer(() => trunks.stop());
  const blackList = new BlackList({ sql, sealer, changes, log: logger });
  await blackList.start();
  parts.defer(() => blackList.stop());
  const platform = createPlatform({
    showsRealCallers: config.AXBRIDGE_REAL_CALLERS === 'on',
    timeZone: config.AXBRIDGE_TIME_ZONE,
    barred: config.AXBRIDGE_BARRED,
    blackList,
  });
  const admission = new Admission({
    sql,
    sealer,
    maxCalls: config.AXBRIDGE_MAX_CALLS,
    callFrequency: config.AXBRIDGE_CALL_FREQUENCY,
    log: logger,
    shared,
    duties,
  });
  admission.start();
  parts.defer(() => admission.stop());
  const handsets = new HandsetDirectory({ sql, sealer, changes, clock, log: logger });
  const hasHandsets = config.AXBRIDGE_HANDSETS === 'on';
  if (hasHandsets) await handsets.start();
  parts.defer(() => handsets.stop());
  const switchedOn = hasHandsets ? handsets : undefined;
  return {
    sql,
    sealer,
    changes,
    apps,
    trunks,
    table,
    blackList,
    platform,
    admission,
    handsets: switchedOn,
    duties,
  };
}
export type Stores = Awaited<ReturnType<typeof openStores>>;
