import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Srf from 'drachtio-srf';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { type AnchoredMedia, type CallerMedia, MediaPool } from '../../media/index.ts';
import { linearOf, loudness, shareOfTone } from './hearing.ts';
import { RtpParty } from './RtpParty.ts';
import { channelCount, type MediaServers, startMediaServers } from './servers.ts';

export const CALLER_VOICE = 700;
export const CALLEE_VOICE = 1100;

/** The media of one call, and the telephones of its two parties. */
export class MediaUnderTest {
  readonly log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  readonly servers: MediaServers;
  readonly pool: MediaPool;
  readonly #folder: string;
  readonly caller: RtpParty;
  readonly callee: RtpParty;
  readonly #made: CallerMedia[] = [];

  constructor(servers: MediaServers, pool: MediaPool, folder: string, caller: RtpParty, callee: RtpParty) {
    this.servers = servers;
    this.pool = pool;
    this.#folder = folder;
    this.caller = caller;
    this.callee = callee;
    caller.say(CALLER_VOICE);
    callee.say(CALLEE_VOICE);
  }

  /** A file that FreeSWITCH can read and write. */
  readonly pathOf = (name: string): string => join(this.#folder, name);

  /** Media to be released when the test is over. */
  readonly keep = <Media extends CallerMedia>(media: Media): Media => {
    this.#made.push(media);
    return media;
  };

  /** The caller's channel alone; he talks and hears. */
  async answerCaller(): Promise<CallerMedia> {
    const media = this.keep(await this.pool.create({ callerOffer: this.caller.sdp(), playOnly: true }));
    this.caller.talkTo(media.callerAnswer);
    return media;
  }

  /** Both channels, the callee's answer taken, both parties talking. */
  async setUp(): Promise<AnchoredMedia> {
    const media = this.keep(await this.pool.create({ callerOffer: this.caller.sdp() }));
    this.caller.talkTo(media.callerAnswer);
    await this.answerCallee(media);
    return media;
  }

  async answerCallee(media: AnchoredMedia): Promise<void> {
    await media.calleeAnswered(this.callee.sdp());
    this.callee.talkTo(media.calleeOffer);
  }

  /** As `setUp`, and the parties hear each other. */
  async connect(): Promise<AnchoredMedia> {
    const media = await this.setUp();
    await media.bridge();
    await this.hearEachOther();
    return media;
  }

  async hearEachOther(): Promise<void> {
    await hears(this.caller, CALLEE_VOICE);
    await hears(this.callee, CALLER_VOICE);
  }

  async release(): Promise<void> {
    await Promise.all(this.#made.map((media) => media.release()));
    this.caller.close();
    this.callee.close();
    await expect.poll(() => channelCount(this.servers.freeswitch), { timeout: 5000 }).toBe(0);
    expect(this.pool.sessions).toBe(0);
  }
}

/** Whether a tone is what a party has been hearing lately. */
export function hearsNow(party: RtpParty, hertz: number): boolean {
  const heard = linearOf(party.takeHeard().subarray(-1600));
  return heard.length >= 800 && loudness(heard) > 1000 && shareOfTone(heard, hertz) > 0.9;
}

/** Waits until a party hears a tone and nothing else. */
export async function hears(party: RtpParty, hertz: number): Promise<void> {
  await expect.poll(() => hearsNow(party, hertz), { interval: 200 }).toBe(true);
}

/**
 * Starts servers and a pool for the tests of a file, and two telephones for each of them. After each test nothing is
 * left of its media.
 * @returns gives what belongs to the test that runs
 */
export function mediaUnderTest(): () => MediaUnderTest {
  let servers: MediaServers;
  let srf: Srf;
  let pool: MediaPool;
  let folder: string;
  let current: MediaUnderTest;
  let log: MediaUnderTest['log'] | undefined;

  beforeAll(async () => {
    servers = await startMediaServers();
    folder = await mkdtemp(join(tmpdir(), 'axbridge-media-'));
    srf = new Srf();
    srf.on('error', () => undefined);
    srf.connect(servers.drachtio);
    await once(srf, 'connect');
    pool = new MediaPool({
      servers: [servers.freeswitch],
      srf,
      listenAddress: '127.0.0.1',
      profile: 'drachtio_mrf',
      log: {
        debug: (...written) => log?.debug(...written),
        info: (...written) => log?.info(...written),
        warn: (...written) => log?.warn(...written),
        error: (...written) => log?.error(...written),
      },
    });
    await pool.start();
  });

  afterAll(async () => {
    await pool.stop();
    srf.disconnect();
    await servers.stop();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    current = new MediaUnderTest(servers, pool, folder, await RtpParty.open(), await RtpParty.open());
    log = current.log;
  });

  afterEach(() => current.release());

  return () => current;
}
