/**
 * `npm start`: reads the settings and runs what they ask for: one process that does everything (`runAlone`), or a parent
 * (`runGroup`) of several that carry calls (`runProcess`). The parts meet in these files and in those that build one group
 * of parts each (`startNode`, `startServers`, `openStores`, `startRecordings`, `startJournal`, `startCalls`, `startApi`).
 */
import { enableCompileCache } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeSettings, readConfig } from './config.ts';
import { PROCESS_ARGUMENT } from './processes/processMessages.ts';
import { createLogger } from './telemetry/logger.ts';

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

/** SIGUSR2 (systemctl reload): the program may lie anew on the disk. Not SIGHUP, which a closed terminal sends. */
function onReplace(replace: () => void): () => void {
  process.on('SIGUSR2', replace);
  return () => process.off('SIGUSR2', replace);
}

/** Loads only what is run: the parent of a group needs a small part of it. */
async function run(argument: string | undefined): Promise<void> {
  // Unheard it would end a process that still starts, and one of a group.
  process.on('SIGUSR2', () => undefined);
  const config = readConfig(process.env);
  // drachtio-srf asks the environment for each header that it reads or writes, some hundred times a call. The real one
  // is asked of the operating system each time; a copy is an object like any other.
  process.env = { ...process.env };
  // Halves what loading costs from the second start on. Without it, nothing is lost.
  enableCompileCache(join(resolve(config.AXBRIDGE_DATA_DIR), 'compiled'));
  if (argument === PROCESS_ARGUMENT) {
    const { runProcess } = await import('./runProcess.ts');
    await runProcess(config);
    return;
  }
  const logger = createLogger(config.AXBRIDGE_LOG_LEVEL);
  const stopping = stopSignal();
  if (config.AXBRIDGE_PROCESSES === 1) {
    const { runAlone } = await import('./runAlone.ts');
    const endIgnoring = onReplace(() => {
      logger.warn(
        {},
        'one process has no other to take its calls meanwhile: restart it, or set AXBRIDGE_PROCESSES',
      );
    });
    await runAlone(config, logger, stopping);
    endIgnoring();
  } else {
    const { runGroup } = await import('./runGroup.ts');
    await runGroup(fileURLToPath(import.meta.url), config, logger, { stopping, onReplace });
  }
  logger.info({}, 'stopped');
}

const [argument] = process.argv.slice(2);
const isProcess = argument === PROCESS_ARGUMENT && process.send !== undefined;
if (argument === '--help' || argument === '-h') {
  console.log(`Usage: npm start

Settings come from the environment; NAME_FILE names a file with the value of NAME.

${describeSettings()}`);
} else if (argument !== undefined && !isProcess) {
  console.error(
    `axbridge cannot run: ${argument} is no argument; settings come from the environment (--help)`,
  );
  process.exitCode = 2;
} else {
  try {
    await run(argument);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    console.error(`axbridge cannot run${code}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
