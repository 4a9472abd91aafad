/**
 * `npm start`: builds the parts, starts them, and stops them in reverse. The only place where they meet.
 *
 * The doors that a second process would find taken (SIP, HTTP) are opened before anything is written, and calls that
 * the last life left open are closed before the first new one is taken.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MediaPool } from '../media/index.ts';
import { route } from '../routing/route.ts';
import { adminApi } from './admin/adminApi.ts';
import { loadTokenCheck } from './admin/operatorToken.ts';
import { loadTlsIdentity, type TlsIdentity } from './api/certificate.ts';
import { addressOf, HttpServer, type ListeningPorts } from './api/httpServer.ts';
import { partnerApi } from './api/partnerApi.ts';
import { recordingDownload } from './api/recordingDownload.ts';
import { Bindings } from './bindings/Bindings.ts';
import { ExpiredBindingSweeper } from './bindings/ExpiredBindingSweeper.ts';
import { announcementFiles } from './calls/announcementFiles.ts';
import { CallServer } from './calls/CallServer.ts';
import { createPlatform } from './calls/platform.ts';
import { RecordingSweeper } from './calls/RecordingSweeper.ts';
import { Recordings } from './calls/recordings.ts';
import { Recovery } from './calls/recovery.ts';
import { StopRequests } from './calls/StopRequests.ts';
import { createSessionIds } from './calls/sessionIds.ts';
import { type Config, describeSettings, readConfig } from './config.ts';
import { CustomerControl } from './push/CustomerControl.ts';
import { Pusher } from './push/Pusher.ts';
import { type Context, type Servers, SOUNDS_DIR, startServers } from './servers.ts';
import { HandsetDesk } from './sip/handsets/HandsetDesk.ts';
import { SipFrontEnd } from './sip/SipFrontEnd.ts';
import { TrunkGroup, trunkUri } from './sip/TrunkGroup.ts';
import { TrunkHealth } from './sip/TrunkHealth.ts';
import { Admission } from './store/Admission.ts';
import { AppDirectory } from './store/AppDirectory.ts';
import { BlackList } from './store/BlackList.ts';
import { askToStop, callsAskedToStop } from './store/callStops.ts';
import { Changes } from './store/changes.ts';
import { closeDatabase, openDatabase } from './store/database.ts';
import { HandsetDirectory } from './store/HandsetDirectory.ts';
import { Journal } from './store/journal.ts';
import { Lines } from './store/lines.ts';
import { loadNodeId } from './store/nodeId.ts';
import { NodeLife, openCallsOfDeadLives } from './store/nodes.ts';
import { RoutingCache } from './store/RoutingCache.ts';
import { DatabaseRoutingTable } from './store/routingTable.ts';
import { loadSealKey, Sealer } from './store/sealing.ts';
import { claimSealKey } from './store/sealKey.ts';
import { TrunkDirectory } from './store/TrunkDirectory.ts';
import type { Trunk } from './store/trunks.ts';
import { takeLibraryOutput } from './telemetry/libraryOutput.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';
import { Metrics } from './telemetry/metrics.ts';
import { OpsServer } from './telemetry/opsServer.ts';

const RETRY_AFTER_DRAIN_SECONDS = 10;
/** With the database away, what it has not taken is left to the recovery of the next start. */
const FLUSH_PATIENCE_MS = 10_000;
const clock = Date.now;

/** What stands on the database and is shared by all that follow. */
async function openStores({ config, logger, dataDir, parts }: Context, url: string) {
  const sql = await openDatabase({ url, max: config.AXBRIDGE_DATABASE_POOL });
  parts.defer(() => closeDatabase(sql));
  const sealer = new Sealer(loadSealKey(dataDir, config.AXBRIDGE_SEAL_KEY));
  await claimSealKey(sql, sealer);
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
    blackList,
  });
  const admission = new Admission({
    sql,
    sealer,
    maxCalls: config.AXBRIDGE_MAX_CALLS,
    callFrequency: config.AXBRIDGE_CALL_FREQUENCY,
    log: logger,
  });
  admission.start();
  parts.defer(() => admission.stop());
  const handsets = new HandsetDirectory({ sql, sealer, changes, clock, log: logger });
  const hasHandsets = config.AXBRIDGE_HANDSETS === 'on';
  if (hasHandsets) await handsets.start();
  parts.defer(() => handsets.stop());
  const switchedOn = hasHandsets ? handsets : undefined;
  return { sql, sealer, changes, apps, trunks, table, blackList, platform, admission, handsets: switchedOn };
}
type Stores = Awaited<ReturnType<typeof openStores>>;

/** The journal, the pusher that tells customers what it made durable, and what asks them (mode X). */
async function startJournal(
  { config, logger, dataDir, parts }: Context,
  { sql, sealer, apps }: Stores,
  metrics: Metrics,
) {
  const deadSeconds = config.AXBRIDGE_NODE_DEAD_SECONDS;
  const node = { nodeId: loadNodeId(dataDir, config.AXBRIDGE_NODE_ID), life: randomUUID() };
  const life = new NodeLife({ ...node, sql, deadSeconds, logger });
  await life.start();
  parts.defer(() => life.stop());
  const journal = new Journal({ ...node, sql, sealer, apps, logger });
  const pusher = new Pusher({
    ...node,
    sql,
    sealer,
    apps,
    journal,
    deadSeconds,
    allow: config.AXBRIDGE_PUSH_ALLOW,
    timeoutSeconds: config.AXBRIDGE_PUSH_TIMEOUT_SECONDS,
    retrySeconds: config.AXBRIDGE_PUSH_RETRY_SECONDS,
    mergeMs: config.AXBRIDGE_RECORD_MERGE_MS,
    logger,
  });
  await pusher.start();
  parts.defer(() => pusher.stop());
  parts.defer(async () => {
    const patience = delay(FLUSH_PATIENCE_MS, undefined, { ref: false });
    await Promise.race([journal.flush(), patience]);
    await journal.stop();
  });
  const control = new CustomerControl({
    apps,
    allow: config.AXBRIDGE_PUSH_ALLOW,
    timeoutSeconds: config.AXBRIDGE_CONTROL_TIMEOUT_SECONDS,
    clock,
    onAsked: (outcome, seconds) => metrics.customerAsked(outcome, seconds),
  });
  parts.defer(() => control.stop());
  const claim = () => openCallsOfDeadLives({ ...node, sql, sealer, deadSeconds, logger });
  return { journal, pusher, control, claim, life: node.life };
}

/** Everything that carries calls. Takes none before `accept`. */
async function startCalls(
  context: Context,
  servers: Servers,
  stores: Stores,
  { journal, control, life, claim }: Awaited<ReturnType<typeof startJournal>>,
  recordings: Recordings,
  metrics: Metrics,
) {
  const { config, logger, dataDir, parts } = context;
  const trunks = new TrunkGroup({ isHealthy: (name) => health.isHealthy(name) });
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
  parts.defer(() => recordings.stop());
  const sweeper = new RecordingSweeper({ sql: stores.sql, recordings, clock, logger });
  sweeper.start();
  parts.defer(() => sweeper.stop());

  const calls = new CallServer({
    frontEnd,
    trunks,
    ...(handsets && { handsetOf: (number: string) => handsets.contactOf(number) }),
    media,
    announcements: announcementFiles({
      uploadedDir: join(dataDir, 'announcements'),
      defaultDir: join(SOUNDS_DIR, config.AXBRIDGE_LANGUAGE),
      clock,
    }),
    recordings,
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
  parts.defer(() => frontEnd.stop());
  await media.start();
  parts.defer(() => media.stop());
  await frontEnd.start();
  health.start();
  parts.defer(() => health.stop());
  return { calls, frontEnd, media, health };
}

/** The partner and admin API over HTTP, and over HTTPS when there is a certificate. */
async function startApi(
  context: Context,
  stores: Stores,
  pusher: Pusher,
  recordings: Recordings,
  tls: TlsIdentity | undefined,
): Promise<ListeningPorts> {
  const { config, logger, dataDir, parts } = context;
  const { sql, sealer, changes, apps, table, platform, blackList } = stores;
  const announcementsDir = join(dataDir, 'announcements');
  mkdirSync(announcementsDir, { recursive: true });
  const isOperator = await loadTokenCheck({
    sql,
    setting: config.AXBRIDGE_ADMIN_TOKEN,
    show: (token) => process.stderr.write(`\nOperator token, shown this once: ${token}\n\n`),
  });
  const bindings = new Bindings({ sql, sealer, changes, clock });
  parts.defer(() => bindings.idle());
  const sweeper = new ExpiredBindingSweeper({ sql, log: logger, clock });
  sweeper.start();
  parts.defer(() => sweeper.stop());
  const findFile = (objectName: string) => recordings.find(objectName);
  const sign = (text: string) => sealer.sign(text);
  const resend = (appKey: string, ids: readonly string[] | undefined) => pusher.resend(appKey, ids);
  const server = new HttpServer({
    log: logger,
    host: config.AXBRIDGE_HTTP_HOST,
    port: config.AXBRIDGE_HTTP_PORT,
    tls: tls === undefined ? undefined : { port: config.AXBRIDGE_TLS_PORT, identity: tls },
    routes: async (fastify) => {
      await partnerApi(fastify, {
        apps,
        bindings,
        stopCall: (appKey, sessionId) => askToStop(sql, changes, appKey, sessionId),
        recordings: { sql, findFile, sign, publicUrl: config.AXBRIDGE_PUBLIC_URL, clock },
        log: logger,
        clock,
      });
      await recordingDownload(fastify, { findFile, sign, log: logger, clock });
      await adminApi(fastify, {
        sql,
        sealer,
        changes,
        table,
        platform,
        blackList,
        handsets: stores.handsets,
        announcementsDir,
        isOperator,
        resend,
        log: logger,
        clock,
      });
    },
  });
  const ports = await server.listen();
  parts.defer(() => server.close());
  return ports;
}

/** Resolves at the first SIGINT or SIGTERM; a second one leaves at once. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        stop(signal);
        process.on(signal, () => process.exit(1));
      });
    }
  });
}

/** Runs until a signal, then lets calls in progress finish. @throws whatever keeps a part from starting */
async function run(config: Config, logger: Logger, stopping: Promise<NodeJS.Signals>): Promise<void> {
  await using parts = new AsyncDisposableStack();
  parts.defer(takeLibraryOutput(logger));
  const dataDir = resolve(config.AXBRIDGE_DATA_DIR);
  mkdirSync(dataDir, { recursive: true });
  const context: Context = { config, logger, dataDir, parts };
  const metrics = new Metrics();
  parts.defer(() => metrics.close());
  const tls = await loadTlsIdentity(
    {
      mode: config.AXBRIDGE_TLS,
      certificateFile: config.AXBRIDGE_TLS_CERT,
      privateKeyFile: config.AXBRIDGE_TLS_KEY,
      dataDir,
      host: config.AXBRIDGE_HTTP_HOST,
    },
    clock(),
  );

  const servers = await startServers(context, tls);
  const stores = await openStores(context, servers.databaseUrl);
  const journaling = await startJournal(context, stores, metrics);
  const recordings = new Recordings({ folder: join(dataDir, 'recordings'), clock, logger });
  const http = await startApi(context, stores, journaling.pusher, recordings, tls);
  const { calls, frontEnd, media, health } = await startCalls(
    context,
    servers,
    stores,
    journaling,
    recordings,
    metrics,
  );
  metrics.watch({
    routingCache: () => ({
      entries: stores.table.size,
      hits: stores.table.hits,
      misses: stores.table.misses,
    }),
    push: () => journaling.pusher.stats(),
    media: () => ({
      sessions: media.sessions,
      servers: new Map(media.servers.map(({ host, port, state }) => [`${host}:${port}`, state === 'up'])),
    }),
    trunks: () => health.states(),
    activeCalls: () => calls.activeByMode(),
    journalDepth: () => journaling.journal.depth,
  });
  let draining = false;
  const ops = new OpsServer({
    host: config.AXBRIDGE_OPS_HOST,
    port: config.AXBRIDGE_OPS_PORT,
    metrics,
    obstacles: () => [
      ...(draining ? ['stopping'] : []),
      ...(frontEnd.isConnected ? [] : ['no connection to the SIP server']),
      ...(media.healthy ? [] : ['no media server answers']),
      ...(journaling.journal.available ? [] : ['the database takes no entries']),
    ],
  });
  const opsPort = await ops.start();
  parts.defer(() => ops.stop());

  const { AXBRIDGE_HTTP_HOST: host, AXBRIDGE_OPS_HOST: opsHost } = config;
  logger.info(
    {
      http: addressOf('http', host, http.http),
      ...(http.https === undefined ? {} : { https: addressOf('https', host, http.https) }),
      ops: addressOf('http', opsHost, opsPort),
      ...(servers.sip === undefined ? {} : { sip: servers.sip }),
    },
    'axbridge is ready',
  );

  const signal = await stopping;
  draining = true;
  logger.info({ signal, calls: calls.activeCalls }, 'stopping; calls in progress may finish');
  frontEnd.drain(RETRY_AFTER_DRAIN_SECONDS);
  await calls.drain(config.AXBRIDGE_DRAIN_SECONDS);
}

const [argument] = process.argv.slice(2);
if (argument === '--help' || argument === '-h') {
  console.log(`Usage: npm start

Settings come from the environment; NAME_FILE names a file with the value of NAME.

${describeSettings()}`);
} else if (argument !== undefined) {
  console.error(
    `axbridge cannot run: ${argument} is no argument; settings come from the environment (--help)`,
  );
  process.exitCode = 2;
} else {
  try {
    const config = readConfig(process.env);
    const logger = createLogger(config.AXBRIDGE_LOG_LEVEL);
    await run(config, logger, stopSignal());
    logger.info({}, 'stopped');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    console.error(`axbridge cannot run${code}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
