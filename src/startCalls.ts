import { join } from 'node:path';
import { MediaPool } from '../media/index.ts';
import { route } from '../routing/route.ts';
import { announcementFiles } from './calls/announcementFiles.ts';
import { CallServer } from './calls/CallServer.ts';
import { Recovery } from './calls/recovery.ts';
import { StopRequests } from './calls/StopRequests.ts';
import { createSessionIds } from './calls/sessionIds.ts';
import type { Stores } from './openStores.ts';
import type { Recordings } from './recordings/Recordings.ts';
import { type Context, type Servers, SOUNDS_DIR } from './servers.ts';
import { HandsetDesk } from './sip/handsets/HandsetDesk.ts';
import { SipFrontEnd } from './sip/SipFrontEnd.ts';
import { TrunkGroup, trunkUri } from './sip/TrunkGroup.ts';
import { TrunkHealth } from './sip/TrunkHealth.ts';
import type { Seeing } from './startDetails.ts';
import type { Journaling } from './startJournal.ts';
import { callsAskedToStop } from './store/callStops.ts';
import { LineSweeper } from './store/LineSweeper.ts';
import { Lines } from './store/lines.ts';
import type { Trunk } from './store/trunks.ts';
import type { Metrics } from './telemetry/metrics.ts';

const clock = Date.now;

/** Everything that carries calls. They come as soon as the SIP server is connected, which is the last step but one. */
export async function startCalls(
  context: Context,
  servers: Servers,
  stores: Stores,
  { journal, control, life, claim, spans }: Journaling,
  seeing: Seeing,
  recordings: Recordings,
  metrics: Metrics,
) {
  const { config, logger, dataDir, parts, shared } = context;
  const trunks = new TrunkGroup({ isHealthy: (name) => health.isHealthy(name), shared });
  const { handsets, sealer } = stores;
  const frontEnd = new SipFrontEnd<Trunk>({
    server: servers.drachtio,
    trunkOf: (address, port) => trunks.trunkOf(address, port),
    ...(handsets && {
      handsets: new HandsetDesk({
        handsets,
        realm: config.AXBRIDGE_HOST_NAME,
        sign: (text) => sealer.sign(text),
        clock,
        logger,
      }),
    }),
    ...(seeing && { tap: seeing.tap }),
    onRejectedSource: () => metrics.rejectedSource(),
    logger,
  });
  const health: TrunkHealth<Trunk> = new TrunkHealth<Trunk>({
    trunks: () => trunks.trunks,
    ask: (trunk) => frontEnd.options(trunkUri(trunk)),
    intervalSeconds: config.AXBRIDGE_TRUNK_OPTIONS_SECONDS,
    onChange: (trunk, healthy) => logger.warn({ trunk, healthy }, 'health of a trunk changed'),
  });
  stores.trunks.onReload((list) => trunks.replace(list));
  trunks.replace(stores.trunks.trunks);

  const media = new MediaPool({
    servers: servers.freeswitch,
    srf: frontEnd.srf,
    listenAddress: config.AXBRIDGE_ESL_LISTEN,
    profile: config.AXBRIDGE_MEDIA_PROFILE,
    log: logger,
    wantsFigures: config.AXBRIDGE_CALL_DETAILS !== 'off',
  });
  const origin = { spId: config.AXBRIDGE_SP_ID, hostName: config.AXBRIDGE_HOST_NAME };
  const recovery = new Recovery({
    claim,
    journal,
    origin,
    recordings,
    clock,
    logger,
    intervalSeconds: config.AXBRIDGE_NODE_DEAD_SECONDS,
  });
  await recovery.closeLost();
  recovery.start();
  parts.defer(() => recovery.stop());
  const lineSweeper = new LineSweeper({ sql: stores.sql, clock, log: logger, duties: stores.duties });
  lineSweeper.start();
  parts.defer(() => lineSweeper.stop());

  const calls = new CallServer({
    frontEnd,
    trunks,
    ...(handsets && { handsetOf: (number: string) => handsets.contactOf(number) }),
    media,
    announcements: announcementFiles({
      uploadedDir: join(dataDir, 'announcements'),
      defaultDir: join(SOUNDS_DIR, config.AXBRIDGE_LANGUAGE),
      clock: () => performance.now(),
    }),
    recordings,
    ...(seeing && { details: seeing.details }),
    ...(spans && { spans }),
    metrics,
    logger,
    clock,
    settings: {
      ringSeconds: config.AXBRIDGE_RING_SECONDS,
      anchor: config.AXBRIDGE_MEDIA,
      collect: config.AXBRIDGE_COLLECT,
    },
    journal,
    route: (call) => route(call, stores.table, stores.platform),
    platform: stores.platform,
    admission: stores.admission,
    lines: new Lines({ sql: stores.sql, sealer, life }),
    askCustomer: (appKey, question) => control.ask(appKey, question),
    sessionIds: createSessionIds(config.AXBRIDGE_HOST_NAME),
    origin,
  });
  const stopRequests = new StopRequests({
    changes: stores.changes,
    missed: () => callsAskedToStop(stores.sql, life),
    stop: (sessionId) => calls.stop(sessionId),
    logger,
  });
  stopRequests.start();
  parts.defer(() => stopRequests.stop());
  frontEnd.on('invite', (invite) => calls.take(invite));
  frontEnd.on('down', () => calls.endUnanswered());
  frontEnd.on('up', () => void calls.checkAll());
  frontEnd.on('up', () => seeing?.hep?.listensOn(frontEnd.listeningOn));
  parts.defer(() => frontEnd.stop());
  await media.start();
  parts.defer(() => media.stop());
  await frontEnd.start();
  health.start();
  parts.defer(() => health.stop());
  return { calls, frontEnd, media, health, recovery };
}
