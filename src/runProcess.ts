import type { Config } from './config.ts';
import { ProcessLink } from './processes/ProcessLink.ts';
import type { Servers } from './servers.ts';
import { startNode } from './startNode.ts';
import { createContext, loadIdentity } from './surroundings.ts';
import { createLogger } from './telemetry/logger.ts';
import { Metrics } from './telemetry/metrics.ts';

/** What the parent has found and made for a process of the group. */
export interface Assignment {
  /** The same for the process that comes after this one. */
  readonly nodeId: string;
  readonly servers: Servers;
  readonly httpPort: number;
  readonly tlsPort: number;
}

/**
 * One of several processes that carry calls, under a parent that started the servers and answers on the ops port.
 * @throws whatever keeps a part from starting
 */
export async function runProcess(settings: Config): Promise<void> {
  const link = new ProcessLink<Assignment>();
  try {
    const { nodeId, servers, httpPort, tlsPort } = await link.assignment;
    const config: Config = {
      ...settings,
      AXBRIDGE_NODE_ID: nodeId,
      AXBRIDGE_HTTP_PORT: httpPort,
      AXBRIDGE_TLS_PORT: tlsPort,
    };
    const logger = createLogger(config.AXBRIDGE_LOG_LEVEL, { node: nodeId });
    await using parts = new AsyncDisposableStack();
    const context = { ...createContext(config, logger, parts), shared: link.shared };
    const metrics = new Metrics();
    parts.defer(() => metrics.close());
    const node = await startNode(context, servers, await loadIdentity(context), metrics);
    link.ready(node, {
      answers: { metrics: () => metrics.figures(), obstacles: () => node.obstacles() },
      takeOver: (life) => node.takeOver(life),
    });
    logger.info({ pid: process.pid }, 'a process takes calls');
    await node.drain(await link.stopping);
  } finally {
    link.close();
  }
}
