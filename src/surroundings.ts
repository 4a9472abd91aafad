import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { addressOf } from './api/addressOf.ts';
import { loadTlsIdentity, type TlsIdentity } from './api/certificate.ts';
import type { Config } from './config.ts';
import type { OpenPorts } from './processes/processMessages.ts';
import type { Context, Servers } from './servers.ts';
import { takeLibraryOutput } from './telemetry/libraryOutput.ts';
import type { Logger } from './telemetry/logger.ts';

const clock = Date.now;

/** What every process begins with: its log, its folder, and the stack that stops what it starts. */
export function createContext(config: Config, logger: Logger, parts: AsyncDisposableStack): Context {
  parts.defer(takeLibraryOutput(logger));
  const dataDir = resolve(config.AXBRIDGE_DATA_DIR);
  mkdirSync(dataDir, { recursive: true });
  return { config, logger, dataDir, parts };
}

/** The certificate that the settings name, or one of our own making. @throws TlsError */
export function loadIdentity({ config, dataDir }: Context): Promise<TlsIdentity | undefined> {
  return loadTlsIdentity(
    {
      mode: config.AXBRIDGE_TLS,
      certificateFile: config.AXBRIDGE_TLS_CERT,
      privateKeyFile: config.AXBRIDGE_TLS_KEY,
      dataDir,
      host: config.AXBRIDGE_HTTP_HOST,
    },
    clock(),
  );
}

/** Says where everything is found, once all of it is there. */
export function announce(
  { config, logger }: Context,
  { http, https }: OpenPorts,
  opsPort: number,
  { sip }: Pick<Servers, 'sip'>,
): void {
  const { AXBRIDGE_HTTP_HOST: host, AXBRIDGE_OPS_HOST: opsHost, AXBRIDGE_PROCESSES: processes } = config;
  logger.info(
    {
      http: addressOf('http', host, http),
      ...(https === undefined ? {} : { https: addressOf('https', host, https) }),
      ops: addressOf('http', opsHost, opsPort),
      ...(sip === undefined ? {} : { sip }),
      ...(processes === 1 ? {} : { processes }),
    },
    'axbridge is ready',
  );
}
