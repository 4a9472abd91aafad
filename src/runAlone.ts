import type { Config } from './config.ts';
import { startServers } from './servers.ts';
import { startNode } from './startNode.ts';
import { announce, createContext, loadIdentity } from './surroundings.ts';
import type { Logger } from './telemetry/logger.ts';
import { Metrics } from './telemetry/metrics.ts';
import { OpsServer } from './telemetry/opsServer.ts';

/**
 * One process that does everything: runs until `stopping`, then lets calls in progress finish.
 * @throws whatever keeps a part from starting
 */
export async function runAlone(config: Config, logger: Logger, stopping: Promise<string>): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const context = createContext(config, logger, parts);
  const metrics = new Metrics();
  parts.defer(() => metrics.close());
  metrics.countProcesses(() => ({ running: 1, restarts: 0 }));
  const tls = await loadIdentity(context);
  const { servers, droppedMessages } = await startServers(context, tls);
  if (droppedMessages) metrics.countDropped(droppedMessages);
  const node = await startNode(context, servers, tls, metrics);
  const ops = new OpsServer({
    host: config.AXBRIDGE_OPS_HOST,
    port: config.AXBRIDGE_OPS_PORT,
    expose: () => metrics.expose(),
    obstacles: () => node.obstacles(),
  });
  const opsPort = await ops.start();
  parts.defer(() => ops.stop());
  announce(context, node.ports, opsPort, servers);
  await node.drain(await stopping);
}
