import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../kit/eventually.ts';
import { freePort } from '../kit/freePort.ts';
import { KeptProcess } from '../kit/KeptProcess.ts';
import { askFreeSwitch, channelCount } from '../media/servers.ts';

/** The folder whose configuration is tried. */
export const CONFIGURATION = join(import.meta.dirname, '..', '..', 'freeswitch-conf');
const FOLDERS = ['log', 'db', 'run', 'certs', 'storage', 'recordings', 'temp', 'cache', 'grammar', 'htdocs'];
const FIRST_RTP_PORT = 16_384;
const RTP_PORTS = 400;
const RTP_RANGES = 40;
/** Begins anywhere: others on this machine may run such tests, too. Those of one process follow each other. */
let rtpRange = randomInt(RTP_RANGES);
const START_PATIENCE_MS = 50_000;

/** A FreeSWITCH of this machine, started with the configuration that axbridge ships, on free ports and with throw-away data. */
export class RealFreeSwitch {
  readonly esl: { readonly host: string; readonly port: number; readonly secret: string };
  readonly sipPort: number;
  readonly #folder: string;
  readonly #process: KeptProcess;

  private constructor(folder: string, child: KeptProcess, eslPort: number, sipPort: number, secret: string) {
    this.#folder = folder;
    this.#process = child;
    this.esl = { host: '127.0.0.1', port: eslPort, secret };
    this.sipPort = sipPort;
  }

  /**
   * Resolves when its SIP profile is up.
   * @param binary path of `freeswitch`; its modules are where it was built to look for them
   * @param environment variables of freeswitch-conf/README.md beyond ports and password
   * @param restartAfterMs after which it is started again, on the same ports, when it ends by itself; absent: it stays away
   * @param configuration folder of another configuration with the same profile and event socket
   * @throws Error with its log when it ends, or does not come up
   */
  static async start(
    binary: string,
    environment: Readonly<Record<string, string>> = {},
    restartAfterMs?: number,
    configuration = CONFIGURATION,
  ): Promise<RealFreeSwitch> {
    const folder = mkdtempSync(join(tmpdir(), 'axbridge-freeswitch-'));
    chmodSync(folder, 0o755);
    const [eslPort, sipPort] = [await freePort(), await freePort()];
    rtpRange = (rtpRange + 1) % RTP_RANGES;
    const firstRtpPort = FIRST_RTP_PORT + RTP_PORTS * rtpRange;
    const secret = `secret-${eslPort}`;
    const folders = FOLDERS.flatMap((name) => [`-${name}`, join(folder, name)]);
    // -nosql, as deploy/ starts it: its tables of channels cost CPU, and axbridge does not ask for them.
    const options = ['-nf', '-nc', '-np', '-nonat', '-nosql', '-conf', configuration, ...folders];
    const env = {
      PATH: process.env.PATH,
      MRF_ESL_PORT: String(eslPort),
      MRF_ESL_PASSWORD: secret,
      MRF_SIP_PORT: String(sipPort),
      MRF_RTP_FIRST_PORT: String(firstRtpPort),
      MRF_RTP_LAST_PORT: String(firstRtpPort + RTP_PORTS - 1),
      ...environment,
    };
    const begin = () => spawn(binary, options, { cwd: folder, stdio: 'ignore', env });
    const child = new KeptProcess({ begin, restartAfterMs });
    const server = new RealFreeSwitch(folder, child, eslPort, sipPort, secret);
    try {
      await eventually('FreeSWITCH to be up', () => server.#isUp(), START_PATIENCE_MS);
      return server;
    } catch (error) {
      const log = server.log();
      await server.stop();
      throw new Error(`FreeSWITCH did not come up: ${log.slice(-4000)}`, { cause: error });
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** What an `api` command answers. */
  api(command: string): Promise<string> {
    return askFreeSwitch(this.esl, command);
  }

  /** Channels that it has now. */
  channels(): Promise<number> {
    return channelCount(this.esl);
  }

  /** What it has logged; nothing as long as it has not come so far. */
  log(): string {
    const file = join(this.#folder, 'log', 'freeswitch.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** The modules that are in its memory; without its tables it does not tell. */
  modules(): string[] {
    const maps = readFileSync(`/proc/${this.#process.pid}/maps`, 'utf8');
    return [...new Set([...maps.matchAll(/\/(mod_\w+)\.so$/gm)].map(([, name = '']) => name))].sort();
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #isUp(): Promise<boolean> {
    const { ending } = this.#process;
    if (ending !== undefined) throw new Error(`FreeSWITCH ended with ${ending}`);
    const status = await this.api('sofia status').catch(() => '');
    return /drachtio_mrf\s.*RUNNING/.test(status);
  }
}
