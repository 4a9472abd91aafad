/**
 * `npm start`: builds the parts, starts them, and stops them in reverse. They meet here and in the files beside this one
 * that build one group of parts each (`startServers`, `openStores`, `startRecordings`, `startJournal`, `startCalls`, `startApi`).
 *
 * The doors that a second process would find taken (SIP, HTTP) are opened before anything is written, and calls that
 * the last life left open are closed before the first new one is taken.
 */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadTlsIdentity } from './api/certificate.ts';
import { addressOf } from './api/httpServer.ts';
import { type Config, describeSettings, readConfig } from './config.ts';
import { openStores } from './openStores.ts';
import { type Context, startServers } from './servers.ts';
import { startApi } from './startApi.ts';
import { startCalls } from './startCalls.ts';
import { startDetails } from './startDetails.ts';
import { startJournal } from './startJournal.ts';
import { startRecordings } from './startRecordings.ts';
import { takeLibraryOutput } from './telemetry/libraryOutput.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';
import { Metrics } from './telemetry/metrics.ts';
import { OpsServer } from './telemetry/opsServer.ts';

const RETRY_AFTER_DRAIN_SECONDS = 10;
const clock = Date.now;

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
  const { recordings, uploads } = await startRecordings(context, stores);
  const journaling = await startJournal(context, stores, metrics);
  const seeing = startDetails(context, stores);
  const http = await startApi(context, stores, journaling, seeing, recordings, tls, metrics);
  const { calls, frontEnd, media, health } = await startCalls(
    context,
    servers,
    stores,
    journaling,
    seeing,
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
    uploads: () => ({ waiting: uploads?.waiting ?? 0, failures: uploads?.failures ?? 0 }),
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
  await frontEnd.drain(RETRY_AFTER_DRAIN_SECONDS);
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
