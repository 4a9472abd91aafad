import {
  type EmbeddedMedia,
  type EmbeddedSip,
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
  readonly #media: EmbeddedMedia;

  private constructor(sip: EmbeddedSip, media: EmbeddedMedia) {
    this.#sip = sip;
    this.#media = media;
  }

  /** @param timers of SIP transactions, where the standard ones are too long */
  static async start(timers: Partial<TimerValues> = {}): Promise<EmbeddedServers> {
    const [sip, media] = await Promise.all([
      startEmbeddedSip({ sipPort: 0, adminPort: 0, timers }),
      startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0 }),
    ]);
    return new EmbeddedServers(sip, media);
  }

  /** Where calls go. */
  get sip(): SipAddress {
    return { host: this.#sip.sipHost, port: this.#sip.sipPort };
  }

  /** Settings of an application that is to use them. */
  get settings(): Readonly<Record<string, string>> {
    const { adminHost, adminPort, secret } = this.#sip;
    const { eslHost, eslPort, password } = this.#media;
    return {
      AXBRIDGE_DRACHTIO: `${adminHost}:${adminPort},${secret}`,
      AXBRIDGE_FREESWITCH: `${eslHost}:${eslPort},${password}`,
    };
  }

  /** Dialogs, transactions, channels and ports; none of them when every call is over and forgotten. */
  async left(): Promise<Left> {
    const [sip, media] = await Promise.all([this.#sip.stats(), this.#media.stats()]);
    const { dialogs, inviteServerTransactions, otherTransactions, unansweredRequests, pendingInvites } = sip;
    const { channels, bridges, recordings, rtpPorts, sipDialogs } = media;
    const all = {
      dialogs,
      inviteServerTransactions,
      otherTransactions,
      unansweredRequests,
      pendingInvites,
      channels,
      bridges,
      recordings,
      rtpPorts,
      sipDialogs,
    };
    return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0));
  }

  async stop(): Promise<void> {
    await Promise.all([this.#sip.stop(), this.#media.stop()]);
  }
}
