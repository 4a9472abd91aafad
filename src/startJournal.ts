import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stores } from './openStores.ts';
import { CustomerControl } from './push/CustomerControl.ts';
import { DeliveryHistory } from './push/DeliveryHistory.ts';
import { Pusher } from './push/Pusher.ts';
import type { Context } from './servers.ts';
import { startSpans } from './startSpans.ts';
import { Journal } from './store/journal.ts';
import { loadNodeId } from './store/nodeId.ts';
import { NodeLife, openCallsOfDeadLives } from './store/nodes.ts';
import { closedCallSweeper, deadLetterSweeper } from './store/retention.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** With the database away, what it has not taken is left to the recovery of the next start. */
const FLUSH_PATIENCE_MS = 10_000;
const clock = Date.now;

/** The journal, the pusher that tells customers what it made durable, and what asks them (mode X). */
export async function startJournal(
  { config, logger, dataDir, parts }: Context,
  { sql, sealer, apps, duties }: Stores,
  metrics: Metrics,
) {
  const deadSeconds = config.AXBRIDGE_NODE_DEAD_SECONDS;
  const node = { nodeId: loadNodeId(dataDir, config.AXBRIDGE_NODE_ID), life: randomUUID() };
  const life = new NodeLife({ ...node, sql, deadSeconds, logger });
  await life.start();
  parts.defer(() => life.stop());
  const spans = await startSpans({ config, logger, parts }, node.nodeId);
  const journal = new Journal({ ...node, sql, sealer, apps, logger });
  const history = new DeliveryHistory({
    ...{ sql, clock, logger, duties },
    keptDays: config.AXBRIDGE_DELIVERY_HISTORY_DAYS,
    ...(spans && { spans }),
  });
  history.start();
  parts.defer(() => history.stop());
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
    mostFailures: config.AXBRIDGE_PUSH_CIRCUIT_FAILURES,
    probeSeconds: config.AXBRIDGE_PUSH_PROBE_SECONDS,
    history,
    mergeMs: config.AXBRIDGE_RECORD_MERGE_MS,
    logger,
  });
  const kept = { sql, clock, logger, duties };
  for (const sweeper of [
    deadLetterSweeper({ ...kept, keptDays: config.AXBRIDGE_DEAD_LETTER_DAYS }),
    closedCallSweeper({ ...kept, keptDays: config.AXBRIDGE_CALL_DAYS }),
  ]) {
    sweeper?.start();
    parts.defer(() => sweeper?.stop());
  }
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
    onAsked: (asked) => {
      metrics.customerAsked(asked.outcome, asked.seconds);
      history.addQuestion(asked);
    },
  });
  parts.defer(() => control.stop());
  const claim = () => openCallsOfDeadLives({ ...node, sql, sealer, deadSeconds, logger });
  return { journal, pusher, history, control, claim, spans, ...node };
}

export type Journaling = Awaited<ReturnType<typeof startJournal>>;
