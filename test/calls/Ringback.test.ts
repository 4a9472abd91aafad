import { beforeEach, describe, expect, it } from 'vitest';
import { Ringback, type RingbackOptions } from '../../src/calls/Ringback.ts';

/** What was done, in order. */
let done: string[];
/** Ends the file that plays: `played`, `stopped`, or a fault. */
let endFile: PromiseWithResolvers<'played' | 'stopped'>;
/** Holds the media server back while it takes early media. */
let taking: Promise<void>;
let bridging: Promise<void>;

beforeEach(() => {
  done = [];
  endFile = Promise.withResolvers();
  taking = Promise.resolve();
  bridging = Promise.resolve();
});

const media: RingbackOptions['media'] = {
  playToCaller: (file) => {
    done.push(`play ${file}`);
    return endFile.promise;
  },
  ringbackToCaller: () => void done.push('tone'),
  calleeAnswered: (sdp) => {
    done.push(`take ${sdp}`);
    return taking;
  },
  bridge: () => {
    done.push('bridge');
    return bridging;
  },
};

const byProgress: NonNullable<RingbackOptions['progress']> = {
  ringing: () => void done.push('180'),
  earlyMedia: (status) => void done.push(`${status} with SDP`),
};
const withoutOffer = { ringing: byProgress.ringing };

function ringback(options: Partial<RingbackOptions>): Ringback {
  return new Ringback({
    media,
    file: undefined,
    joinsAtAnswer: false,
    beforeBridge: async () => {},
    warn: (_, message) => done.push(message),
    ...options,
  });
}

/** Lets everything happen that waits for nothing outside. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a caller who can be told of early media, without a file', () => {
  it.each([
    ['ringing', { status: 180, sdp: undefined }, ['180']],
    ['progress without sound', { status: 183, sdp: undefined }, []],
    ['early media', { status: 183, sdp: 'early' }, ['183 with SDP', 'take early', 'bridge']],
    ['ringing with sound', { status: 180, sdp: 'early' }, ['180 with SDP', 'take early', 'bridge']],
    ['queueing with sound', { status: 182, sdp: 'early' }, ['183 with SDP', 'take early', 'bridge']],
  ])('is told of %s as it is', async (_, progress, expected) => {
    ringback({ progress: byProgress }).progressed(progress);
    await settle();
    expect(done).toEqual(expected);
  });

  it('hears of another phone that early media comes from now, over the same bridge', async () => {
    const ring = ringback({ progress: byProgress });
    ring.progressed({ status: 183, sdp: 'one' });
    await settle();
    ring.progressed({ status: 183, sdp: 'other' });
    await settle();
    expect(done.filter((each) => !each.startsWith('183'))).toEqual(['take one', 'bridge', 'take other']);
    expect(await ring.end()).toBe(true);
  });

  it('gets no tone of ours where early media fails: it is still for the network to ring', async () => {
    taking = Promise.reject(new Error('no codec in common'));
    const ring = ringback({ progress: byProgress });
    ring.progressed({ status: 183, sdp: 'early' });
    await settle();
    expect(done).toEqual(['183 with SDP', 'take early', 'early media not passed']);
    expect(await ring.end()).toBe(false);
  });
});

describe('a caller who made no offer', () => {
  it('is told that it rings, whatever there would be to hear', async () => {
    const ring = ringback({ progress: withoutOffer, file: 'file' });
    ring.forwarded();
    ring.progressed({ status: 183, sdp: 'early' });
    ring.progressed({ status: 180, sdp: undefined });
    await settle();
    expect(done).toEqual(['180', '180']);
    expect(await ring.end()).toBe(false);
  });
});

describe('a caller with a file', () => {
  it('is told once and hears it from the first sign of life; then the tone', async () => {
    const ring = ringback({ progress: byProgress, file: 'file' });
    ring.forwarded();
    expect(done).toEqual([]);
    ring.progressed({ status: 183, sdp: undefined });
    ring.progressed({ status: 180, sdp: undefined });
    expect(done).toEqual(['183 with SDP', 'play file']);
    endFile.resolve('played');
    await settle();
    ring.progressed({ status: 180, sdp: undefined });
    expect(done.slice(2)).toEqual(['tone']);
  });

  it('hears the callee’s network after it, or as soon as that sends', async () => {
    const ring = ringback({ progress: byProgress, file: 'file' });
    ring.progressed({ status: 183, sdp: 'one' });
    endFile.resolve('played');
    await settle();
    expect(done).toEqual(['183 with SDP', 'play file', 'take one', 'bridge']);
  });

  it('goes on as after it where it cannot be played', async () => {
    const ring = ringback({ progress: byProgress, file: 'file' });
    ring.progressed({ status: 180, sdp: undefined });
    endFile.reject(new Error('no audio in it'));
    await settle();
    expect(done.slice(2)).toEqual(['ringback file not played', 'tone']);
  });

  it('hears the tone where early media fails after it', async () => {
    taking = Promise.reject(new Error('no codec in common'));
    const ring = ringback({ progress: byProgress, file: 'file' });
    ring.progressed({ status: 183, sdp: 'early' });
    endFile.resolve('played');
    await settle();
    expect(done.slice(2)).toEqual(['take early', 'early media not passed', 'tone']);
  });
});

describe('a caller who hears us already', () => {
  it('hears the file as soon as the call goes out, and nothing more until there is something', async () => {
    const ring = ringback({ file: 'file' });
    ring.forwarded();
    endFile.resolve('played');
    await settle();
    expect(done).toEqual(['play file']);
    ring.progressed({ status: 180, sdp: undefined });
    ring.progressed({ status: 183, sdp: 'early' });
    await settle();
    expect(done.slice(1)).toEqual(['tone', 'take early', 'bridge']);
  });
});

describe('parties who are to hear each other as soon as the callee answers', () => {
  const limited = { joinsAtAnswer: true, beforeBridge: async () => void done.push('limit') };

  it('are bridged when the call goes out, and early media finds the bridge', async () => {
    const ring = ringback({ ...limited, progress: byProgress });
    ring.forwarded();
    await settle();
    ring.progressed({ status: 183, sdp: 'early' });
    await settle();
    expect(done).toEqual(['limit', 'bridge', '183 with SDP', 'take early']);
    expect(await ring.end()).toBe(true);
  });

  it.each([
    ['a file comes first', { progress: byProgress, file: 'file' }],
    ['the caller made no offer', { progress: withoutOffer }],
    ['the caller hears us already', {}],
  ])('are not where %s', async (_, options) => {
    const ring = ringback({ ...limited, ...options });
    ring.forwarded();
    await settle();
    expect(done.filter((each) => each === 'bridge')).toEqual([]);
    expect(await ring.end()).toBe(false);
  });

  it('are bridged after the answer where that failed', async () => {
    bridging = Promise.reject(new Error('no such channel'));
    const ring = ringback({ ...limited, progress: byProgress });
    ring.forwarded();
    await settle();
    expect(done.at(-1)).toBe('not bridged ahead of the answer');
    expect(await ring.end()).toBe(false);
  });
});

describe('the answer', () => {
  it('comes while the file plays: nothing is begun after it', async () => {
    const ring = ringback({ progress: byProgress, file: 'file' });
    ring.progressed({ status: 183, sdp: 'early' });
    expect(await ring.end()).toBe(false);
    endFile.resolve('stopped');
    ring.progressed({ status: 180, sdp: undefined });
    await settle();
    expect(done).toEqual(['183 with SDP', 'play file']);
  });

  it('comes while early media is being taken: there is no bridge before the hint', async () => {
    const held = Promise.withResolvers<void>();
    taking = held.promise;
    const ring = ringback({ progress: byProgress });
    ring.progressed({ status: 183, sdp: 'early' });
    await settle();
    const ended = ring.end();
    held.resolve();
    expect(await ended).toBe(false);
    expect(done).toEqual(['183 with SDP', 'take early']);
  });

  it('comes while the bridge is made: it waits for it', async () => {
    const held = Promise.withResolvers<void>();
    bridging = held.promise;
    const ring = ringback({ progress: byProgress });
    ring.progressed({ status: 183, sdp: 'early' });
    await settle();
    const ended = ring.end();
    held.resolve();
    expect(await ended).toBe(true);
  });
});
