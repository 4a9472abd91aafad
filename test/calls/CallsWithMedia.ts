import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type EmbeddedMedia, startEmbeddedMedia } from '../../embedded/index.ts';
import { type CallerMedia, MediaPool } from '../../media/index.ts';
import type { CallServices } from '../../src/calls/CallServices.ts';
import { readConfig } from '../../src/config.ts';
import { aLawWav, toneSecond } from '../kit/audio.ts';
import { type CallsOptions, CallsUnderTest } from './callsUnderTest.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** What a test may do about the media that calls ask for. */
export class MediaHooks {
  /** Comes before a channel is made, and may fail in its place. */
  beforeCreate: () => Promise<void> | void = () => {};
  /** Comes before a callee's channel is added to an answered caller's. */
  beforeCallee: () => Promise<void> | void = () => {};
  onMade: (media: CallerMedia) => void = () => {};

  wrap(pool: MediaPool): CallServices['media'] {
    const create = async (options: { callerOffer: string; playOnly?: boolean }): Promise<CallerMedia> => {
      await this.beforeCreate();
      const { callerOffer, playOnly } = options;
      const made = await (playOnly
        ? pool.create({ callerOffer, playOnly: true })
        : pool.create({ callerOffer }));
      this.onMade(made);
      return made;
    };
    return {
      get healthy() {
        return pool.healthy;
      },
      create: create as MediaPool['create'],
      addCallee: async (caller) => {
        await this.beforeCallee();
        return pool.addCallee(caller);
      },
    };
  }

  reset(): void {
    Object.assign(this, new MediaHooks());
  }
}

/**
 * The call side of the application with a media server: the one that AXBRIDGE_FREESWITCH names, else an embedded one on
 * free ports.
 */
export class CallsWithMedia {
  readonly calls: CallsUnderTest;
  readonly pool: MediaPool;
  readonly hooks: MediaHooks;
  readonly #media: EmbeddedMedia | undefined;

  static async start(options: CallsOptions = {}): Promise<CallsWithMedia> {
    const given = readConfig({ AXBRIDGE_FREESWITCH: process.env.AXBRIDGE_FREESWITCH }).AXBRIDGE_FREESWITCH;
    const media =
      given.length > 0 ? undefined : await startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0 });
    const servers = media ? [{ host: media.eslHost, port: media.eslPort, secret: media.password }] : given;
    const hooks = new MediaHooks();
    let pool: MediaPool | undefined;
    const calls = await CallsUnderTest.start({
      ...options,
      media: async ({ srf }) => {
        pool = new MediaPool({ servers, srf, listenAddress: '127.0.0.1', profile: 'drachtio_mrf', log });
        await pool.start();
        return hooks.wrap(pool);
      },
    });
    if (!pool) throw new Error('no media pool was made');
    return new CallsWithMedia(calls, pool, hooks, media);
  }

  private constructor(
    calls: CallsUnderTest,
    pool: MediaPool,
    hooks: MediaHooks,
    media: EmbeddedMedia | undefined,
  ) {
    this.calls = calls;
    this.pool = pool;
    this.hooks = hooks;
    this.#media = media;
  }

  /** Uploads an announcement: a tone. */
  async uploadTone(name: string, hertz: number, seconds: number): Promise<void> {
    const folder = join(this.calls.folder, 'announcements');
    await mkdir(folder, { recursive: true });
    const samples = Buffer.concat(Array.from({ length: seconds }, () => toneSecond(hertz)));
    await writeFile(join(folder, name), aLawWav(samples));
  }

  /** Waits until every call has given back all that it held. */
  async expectNothingLeft(): Promise<void> {
    const { calls } = this;
    await expect.poll(() => calls.calls.activeCalls).toBe(0);
    await calls.calls.settled();
    expect(calls.trunks.callsOn('carrier')).toBe(0);
    expect([...calls.lines.taken.keys()]).toEqual([]);
    await expect.poll(() => this.pool.sessions).toBe(0);
    const { stats } = this.#media ?? {};
    if (stats)
      await expect.poll(stats).toMatchObject({ channels: 0, bridges: 0, recordings: 0, rtpPorts: 0 });
    const { sip } = calls;
    if (sip) await expect.poll(() => sip.stats(), { timeout: 20_000 }).toMatchObject({ dialogs: 0 });
  }

  async stop(): Promise<void> {
    await this.calls.calls.drain(0);
    await this.pool.stop();
    await this.calls.stop();
    await this.#media?.stop();
  }
}
