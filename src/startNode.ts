import type { TlsIdentity } from './api/certificate.ts';
import { openStores } from './openStores.ts';
import type { OpenPorts } from './processes/processMessages.ts';
import type { Context, Servers } from './servers.ts';
import { startApi } from './startApi.ts';
import { startCalls } from './startCalls.ts';
import { startDetails } from './startDetails.ts';
import { startJournal } from './startJournal.ts';
import { startRecordings } from './startRecordings.ts';
import { buryLife } from './store/nodes.ts';
import { faultFields } from './telemetry/fault.ts';
import type { Metrics } from './telemetry/metrics.ts';

const RETRY_AFTER_DRAIN_SECONDS = 10;

/** All that carries calls and answers requests in one process. */
export interface RunningNode {
  readonly ports: OpenPorts;
  /** By this the database knows what this process holds. */
  readonly life: string;
  /** What keeps it from taking calls; empty when it is ready. */
  obstacles(): readonly string[];
  /** Takes over what another process held that is known to be dead. */
  takeOver(life: string): void;
  /** Takes nothing new, and lets calls in progress finish. @param reason why, for the log */
  drain(reason: string): Promise<void>;
}

/**
 * Builds the parts that stand on the three servers, in the order in which they need each other; the stack of the context
 * stops them in reverse. What a second node of the same name would find taken (HTTP) is opened before calls are taken,
 * and calls that the last life left open are closed before the first new one.
 */
export async function startNode(
  context: Context,
  servers: Servers,
  tls: TlsIdentity | undefined,
  metrics: Metrics,
): Promise<RunningNode> {
  const { config, logger } = context;
  const stores = await openStores(context, servers.databaseUrl);
  const { recordings, uploads } = await startRecordings(context, stores);
  const journaling = await startJournal(context, stores, metrics);
  const seeing = startDetails(context, stores);
  const ports = await startApi(context, stores, journaling, seeing, recordings, tls, metrics);
  const { calls, frontEnd, media, health, recovery } = await startCalls(
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
    notKept: () => ({ call: seeing?.details.lost ?? 0, delivery: journaling.history.lost }),
  });
  let isDraining = false;
  const obstacles = () => [
    ...(isDraining ? ['stopping'] : []),
    ...(frontEnd.isConnected ? [] : ['no connection to the SIP server']),
    ...(media.healthy ? [] : ['no media server answers']),
    ...(journaling.journal.available ? [] : ['the database takes no entries']),
  ];
  metrics.watchReadiness(() => obstacles().length === 0);
  return {
    ports,
    life: journaling.life,
    obstacles,
    takeOver: (life) => {
      buryLife(stores.sql, life).then(
        () => recovery.lookNow(),
        (error: unknown) => logger.warn(faultFields(error), 'a dead process counts as dead later'),
      );
    },
    drain: async (reason) => {
      isDraining = true;
      logger.info({ signal: reason, calls: calls.activeCalls }, 'stopping; calls in progress may finish');
      await frontEnd.drain(RETRY_AFTER_DRAIN_SECONDS);
      await calls.drain(config.AXBRIDGE_DRAIN_SECONDS);
    },
  };
}
