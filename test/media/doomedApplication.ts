import { once } from 'node:events';
import Srf from 'drachtio-srf';
import { MediaPool } from '../../media/index.ts';
import type { Address } from './servers.ts';

/**
 * How far its call is when the application is killed:
 * - `made`: both channels are made; nobody hears anything yet
 * - `prompted`: the caller alone hears a file, as when an extension is asked for
 * - `bridged`: the parties talk, or the caller hears early media
 * - `parted`: they were bridged for early media, and now hear the record hint
 */
export type Stage = 'made' | 'prompted' | 'bridged' | 'parted';

/** What the test tells the application that it will kill. */
export interface Doom {
  readonly drachtio: Address;
  readonly freeswitch: Address;
  readonly callerSdp: string;
  readonly calleeSdp: string;
  readonly stage: Stage;
  /** The caller's channel is made first and the callee's is added, as in AXE. */
  readonly callerFirst: boolean;
  /** What is played to the caller, or to both. */
  readonly file: string;
  /** From when the parties are bridged. */
  readonly limitSeconds: number;
}

/** What it tells the test: where the parties send to. */
export interface Ready {
  readonly callerAnswer: string;
  readonly calleeOffer: string | undefined;
}

const quiet = () => undefined;

async function startPool({ drachtio, freeswitch }: Doom): Promise<MediaPool> {
  const srf = new Srf();
  srf.on('error', quiet);
  srf.connect(drachtio);
  await once(srf, 'connect');
  const pool = new MediaPool({
    servers: [freeswitch],
    srf,
    listenAddress: '127.0.0.1',
    profile: 'drachtio_mrf',
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  await pool.start();
  return pool;
}

async function live(doom: Doom): Promise<Ready> {
  const { callerSdp: callerOffer, calleeSdp, stage, callerFirst, file, limitSeconds } = doom;
  const pool = await startPool(doom);
  if (stage === 'prompted') {
    const caller = await pool.create({ callerOffer, playOnly: true });
    caller.playToCaller(file).catch(quiet);
    return { callerAnswer: caller.callerAnswer, calleeOffer: undefined };
  }
  const media = callerFirst
    ? await pool.addCallee(await pool.create({ callerOffer, playOnly: true }))
    : await pool.create({ callerOffer });
  const ready = { callerAnswer: media.callerAnswer, calleeOffer: media.calleeOffer };
  await media.calleeAnswered(calleeSdp);
  if (stage === 'made') return ready;
  await media.hangUpAfter(limitSeconds);
  await media.bridge();
  if (stage !== 'parted') return ready;
  await media.unbridge();
  media.playToBoth(file).catch(quiet);
  return ready;
}

process.once('message', async (doom: Doom) => {
  process.send?.(await live(doom));
});
