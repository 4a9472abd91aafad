import {
  type EmbeddedMedia,
  type EmbeddedSip,
  type MediaStats,
  startEmbeddedMedia,
  startEmbeddedSip,
} from '../../embedded/index.ts';
import type { TimerValues } from '../../embedded/sip/index.ts';
import type { SipAddress } from './Phone.ts';

/** What the servers still hold of calls. */
export type Left = Readonly<Record<string, number>>;

/** SIP server and media server that the tests start themselves, and can ask what is left in them. */
export class EmbeddedServers {
  readonly #sip: EmbeddedSip;
  readonly #media: readonly EmbeddedMedia[];

  private constructor(sip: EmbeddedSip, media: readonly EmbeddedMedia[]) {
    this.#sip = sip;
    this.#media = media;
  }

  /** @param timers of SIP transactions, where the standard ones are too long */
  static async start(timers: Partial<TimerValues> = {}, mediaServers = 1): Promise<EmbeddedServers> {
    const anyPort = { eslPort: 0, sipPort: 0, rtpFirstPort: 0 };
    const [sip, media] = await Promise.all([
      startEmbeddedSip({ sipPort: 0, adminPort: 0, timers }),
      Promise.all(Array.from({ length: mediaServers }, () => startEmbeddedMedia(anyPort))),
    ]);
    return new EmbeddedServers(sip, media);
  }

  /** Where calls go. */
  get sip(): SipAddress {
    return { host: this.#sip.sipHost, port: this.#sip.sipPort };
  }

  get sipPid(): number {
    return this.#sip.pid ?? 0;
  }

  get mediaPids(): readonly number[] {
    return this.#media.map(({ pid }) => pid ?? 0);
  }

  /** Settings of an application that is to use them. */
  get settings(): Readonly<Record<string, string>> {
    const { adminHost, adminPort, secret } = this.#sip;
    const media = this.#media.map(({ eslHost, eslPort, password }) => `${eslHost}:${eslPort},${password}`);
    return {
      AXBRIDGE_DRACHTIO: `${adminHost}:${adminPort},${secret}`,
      AXBRIDGE_FREESWITCH: media.join(';'),
    };
  }

  /** Dialogs, transactions, channels and ports; none of them when every call is over and forgotten. */
  async left(): Promise<Left> {
    const [sip, ...media] = await Promise.all([
      this.#sip.stats(),
      ...this.#media.map((each) => each.stats()),
    ]);
    const { dialogs, inviteServerTransactions, otherTransactions, unansweredRequests, pendingInvites } = sip;
    const sum = (of: (stats: MediaStats) => number) => media.reduce((total, each) => total + of(each), 0);
    const all = {
      dialogs,
      inviteServerTransactions,
      otherTransactions,
      unansweredRequests,
      pendingInvites,
      channels: sum(({ channels }) => channels),
      bridges: sum(({ bridges }) => bridges),
      recordings: sum(({ recordings }) => recordings),
      rtpPorts: sum(({ rtpPorts }) => rtpPorts),
      sipDialogs: sum(({ sipDialogs }) => sipDialogs),
    };
    return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0));
  }

  /** Ends the SIP server for good. */
  stopSip(): Promise<void> {
    return this.#sip.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#sip.stop(), ...this.#media.map((each) => each.stop())]);
  }
}
