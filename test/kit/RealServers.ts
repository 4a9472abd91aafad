import { RealDrachtio } from '../deploy/RealDrachtio.ts';
import { RealFreeSwitch } from '../deploy/RealFreeSwitch.ts';
import type { Left } from './EmbeddedServers.ts';
import type { SipAddress } from './Phone.ts';

const { AXBRIDGE_TEST_DRACHTIO: DRACHTIO, AXBRIDGE_TEST_FREESWITCH: FREESWITCH } = process.env;

/** Whether tests that start and break servers of their own take drachtio-server and FreeSWITCH, whose programs these settings name. */
export const areRealServersNamed = DRACHTIO !== undefined && FREESWITCH !== undefined;

/** Milliseconds after which a server that ended is started again: RestartSec of deploy/systemd. */
const RESTART_AFTER_MS = { drachtio: 100, freeswitch: 1000 };

/**
 * drachtio-server and FreeSWITCH with the configuration that axbridge ships, on free ports. One that is killed comes back as
 * deploy/systemd has it.
 */
export class RealServers {
  readonly #drachtio: RealDrachtio;
  readonly #freeswitches: readonly RealFreeSwitch[];

  private constructor(drachtio: RealDrachtio, freeswitches: readonly RealFreeSwitch[]) {
    this.#drachtio = drachtio;
    this.#freeswitches = freeswitches;
  }

  static async start(mediaServers = 1): Promise<RealServers> {
    const drachtio = await RealDrachtio.start(DRACHTIO ?? '', { restartAfterMs: RESTART_AFTER_MS.drachtio });
    const freeswitches: RealFreeSwitch[] = [];
    const servers = new RealServers(drachtio, freeswitches);
    try {
      for (let nth = 0; nth < mediaServers; nth += 1) {
        freeswitches.push(await RealFreeSwitch.start(FREESWITCH ?? '', {}, RESTART_AFTER_MS.freeswitch));
      }
      return servers;
    } catch (error) {
      await servers.stop();
      throw error;
    }
  }

  /** Where calls go. */
  get sip(): SipAddress {
    return this.#drachtio.sip;
  }

  get sipPid(): number {
    return this.#drachtio.pid;
  }

  /** How often the SIP server has been started. */
  get sipLives(): number {
    return this.#drachtio.lives;
  }

  /** Where the SIP server tells Prometheus what it holds. */
  get sipMetricsUrl(): string {
    return this.#drachtio.metricsUrl;
  }

  get mediaPids(): readonly number[] {
    return this.#freeswitches.map(({ pid }) => pid);
  }

  /** Settings of an application that is to use them. */
  get settings(): Readonly<Record<string, string>> {
    const media = this.#freeswitches.map(({ esl }) => `${esl.host}:${esl.port},${esl.secret}`);
    return { AXBRIDGE_DRACHTIO: this.#drachtio.setting, AXBRIDGE_FREESWITCH: media.join(';') };
  }

  /** Dialogs and channels; none of them when every call is over. */
  async left(): Promise<Left> {
    const counts = await Promise.all(this.#freeswitches.map((each) => each.channels()));
    const channels = counts.reduce((sum, count) => sum + count, 0);
    const dialogs = await this.#drachtio.dialogs();
    return { ...(channels > 0 && { channels }), ...(dialogs > 0 && { dialogs }) };
  }

  /** Ends the SIP server for good. */
  stopSip(): Promise<void> {
    return this.#drachtio.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#drachtio.stop(), ...this.#freeswitches.map((each) => each.stop())]);
  }
}
