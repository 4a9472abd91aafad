import { setTimeout as delay } from 'node:timers/promises';
import Srf from 'drachtio-srf';
import { startEmbeddedMedia, startEmbeddedSip } from '../../embedded/index.ts';
import { type AnchoredMedia, MediaPool } from '../../media/index.ts';
import { quiet } from '../BenchDatabase.ts';

const MADE_AT_A_TIME = 10;
/** Time for the last calls to end. */
const LAST_BYE_MS = 10_000;

/** Ports of caller and callee: of their phones, or of the server that faces them. */
export type PortPair = readonly [caller: number, callee: number];

/** Bridged calls on an embedded media server, made as the application makes them. */
export class AnchoredCalls implements AsyncDisposable {
  readonly #pool: MediaPool;
  readonly #mediaPid: () => number;
  readonly #owned: AsyncDisposableStack;
  readonly #facing: PortPair[] = [];

  private constructor(pool: MediaPool, mediaPid: () => number, owned: AsyncDisposableStack) {
    this.#pool = pool;
    this.#mediaPid = mediaPid;
    this.#owned = owned;
  }

  static async start(): Promise<AnchoredCalls> {
    await using started = new AsyncDisposableStack();
    const sip = await startEmbeddedSip({ sipPort: 0, adminPort: 0 });
    started.defer(() => sip.stop());
    const media = await startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0 });
    started.defer(() => media.stop());
    const srf = new Srf();
    srf.on('error', () => undefined);
    const connected = new Promise<void>((resolve) => srf.on('connect', () => resolve()));
    srf.connect({ host: sip.adminHost, port: sip.adminPort, secret: sip.secret });
    await connected;
    started.defer(async () => {
      // drachtio-srf throws when something still comes on a connection that it is closing.
      const patience = performance.now() + LAST_BYE_MS;
      while ((await sip.stats()).dialogs > 0 && performance.now() < patience) await delay(50);
      srf.disconnect();
    });
    const pool = new MediaPool({
      servers: [{ host: media.eslHost, port: media.eslPort, secret: media.password }],
      srf,
      listenAddress: '127.0.0.1',
      profile: 'drachtio_mrf',
      log: quiet,
    });
    await pool.start();
    started.defer(() => pool.stop());
    return new AnchoredCalls(pool, () => media.pid ?? 0, started.move());
  }

  /** The media server's process. */
  get pid(): number {
    return this.#mediaPid();
  }

  /** Bridges the calls of these phones that are not bridged yet. @returns where each phone has to send to */
  async bridge(phones: readonly PortPair[]): Promise<readonly PortPair[]> {
    for (let from = this.#facing.length; from < phones.length; from += MADE_AT_A_TIME) {
      const some = phones.slice(from, from + MADE_AT_A_TIME);
      this.#facing.push(...(await Promise.all(some.map((pair) => this.#bridgeOne(pair)))));
    }
    return this.#facing;
  }

  async #bridgeOne([caller, callee]: PortPair): Promise<PortPair> {
    const media: AnchoredMedia = await this.#pool.create({ callerOffer: sdp(caller) });
    await media.calleeAnswered(sdp(callee));
    await media.bridge();
    return [portIn(media.callerAnswer), portIn(media.calleeOffer)];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

function portIn(description: string): number {
  return Number(/m=audio (\d+)/.exec(description)?.[1]);
}

function sdp(port: number): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 8`,
    'a=rtpmap:8 PCMA/8000',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n');
}
