import type { Config } from './config.ts';
import { ProcessGroup } from './processes/ProcessGroup.ts';
import { claimSharedPort } from './processes/sharedPort.ts';
import type { Assignment } from './runProcess.ts';
import { type Context, startServers } from './servers.ts';
import { loadNodeId } from './store/nodeId.ts';
import { announce, createContext, loadIdentity } from './surroundings.ts';
import type { Logger } from './telemetry/logger.ts';
import { OpsServer } from './telemetry/opsServer.ts';
import { exposeTogether } from './telemetry/processSeries.ts';

export interface GroupSignals {
  /** Resolves when all is to end. */
  readonly stopping: Promise<string>;
  /** Calls back whenever every process is to be replaced. @returns ends that */
  readonly onReplace: (replace: () => void) => () => void;
}

/**
 * The parent of AXBRIDGE_PROCESSES processes that carry calls. It carries none itself: it starts the servers that the
 * settings do not name, keeps the processes running, and speaks for all of them on the ops port.
 * @param program what each process runs
 * @throws whatever keeps it or its processes from starting
 */
export async function runGroup(
  program: string,
  config: Config,
  logger: Logger,
  { stopping, onReplace }: GroupSignals,
): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const context = createContext(config, logger, parts);
  const { dataDir } = context;
  const tls = await loadIdentity(context);
  const doors = await claimDoors(context, tls !== undefined);
  const { servers, droppedMessages } = await startServers(context, tls);
  const nodeId = loadNodeId(dataDir, config.AXBRIDGE_NODE_ID);
  const group = new ProcessGroup<Assignment>({
    program,
    count: config.AXBRIDGE_PROCESSES,
    assign: (slot) => ({
      nodeId: `${nodeId}-${slot}`,
      servers,
      httpPort: doors.http.port,
      tlsPort: doors.https?.port ?? config.AXBRIDGE_TLS_PORT,
    }),
    logger,
  });
  let isStopping = false;
  const ops = new OpsServer({
    host: config.AXBRIDGE_OPS_HOST,
    port: config.AXBRIDGE_OPS_PORT,
    expose: async () => exposeTogether(await group.ask('metrics'), group, droppedMessages),
    // Those that are left take the calls of one that is away.
    obstacles: async () => {
      if (isStopping) return ['stopping'];
      const answers = await group.ask('obstacles');
      if (answers.some((obstacles) => obstacles.length === 0)) return [];
      return answers.length === 0 ? ['no process runs'] : [...new Set(answers.flat())];
    },
  });
  const opsPort = await ops.start();
  parts.defer(() => ops.stop());
  const ports = await group.start();
  await doors.release();
  parts.defer(
    onReplace(() => {
      logger.info({ processes: group.running }, 'replacing every process, one after the other');
      void group.replaceAll();
    }),
  );
  announce(context, ports, opsPort, servers);

  const signal = await stopping;
  isStopping = true;
  logger.info({ signal, processes: group.running }, 'stopping every process; calls in progress may finish');
  await group.stop();
}

/** The ports at which every process will listen; a second axbridge finds them taken. */
async function claimDoors({ config, parts }: Context, isSecure: boolean) {
  const host = config.AXBRIDGE_HTTP_HOST;
  const http = await claimSharedPort(host, config.AXBRIDGE_HTTP_PORT);
  parts.defer(() => http.release());
  const https = isSecure ? await claimSharedPort(host, config.AXBRIDGE_TLS_PORT) : undefined;
  parts.defer(() => https?.release());
  return { http, https, release: () => Promise.all([http.release(), https?.release()]) };
}
