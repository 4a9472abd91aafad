import { once } from 'node:events';
import Srf from 'drachtio-srf';
import { type AnchoredMedia, MediaPool } from '../../media/index.ts';
import type { Address } from './servers.ts';

/** What the test tells the application that it will kill. */
export interface Doom {
  readonly drachtio: Address;
  readonly freeswitch: Address;
  readonly callerSdp: string;
  readonly calleeSdp: string;
  /** Given: the call is connected, with this limit. */
  readonly limitSeconds: number | undefined;
}

/** What it tells the test: where the parties send to. */
export interface Ready {
  readonly callerAnswer: string;
  readonly calleeOffer: string;
}

const quiet = () => undefined;

async function live(doom: Doom): Promise<AnchoredMedia> {
  const srf = new Srf();
  srf.on('error', quiet);
  srf.connect(doom.drachtio);
  await once(srf, 'connect');
  const pool = new MediaPool({
    servers: [doom.freeswitch],
    srf,
    listenAddress: '127.0.0.1',
    profile: 'drachtio_mrf',
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  await pool.start();
  const media = await pool.create({ callerOffer: doom.callerSdp });
  await media.calleeAnswered(doom.calleeSdp);
  if (doom.limitSeconds !== undefined) {
    await media.hangUpAfter(doom.limitSeconds);
    await media.bridge();
  }
  return media;
}

process.once('message', async (doom: Doom) => {
  const { callerAnswer, calleeOffer } = await live(doom);
  process.send?.({ callerAnswer, calleeOffer } satisfies Ready);
});
