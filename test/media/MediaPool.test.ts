import { once } from 'node:events';
import Srf from 'drachtio-srf';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { MediaPool, type MediaServerState } from '../../media/index.ts';
import { RtpParty } from './RtpParty.ts';
import { channelCount, type MediaServers, startMediaServers } from './servers.ts';
import { TcpRelay } from './TcpRelay.ts';

const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

let servers: MediaServers;
let srf: Srf;
let caller: RtpParty;
const states: (MediaServerState | undefined)[] = [];
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  servers = await startMediaServers();
  srf = new Srf();
  srf.on('error', () => undefined);
  srf.connect(servers.drachtio);
  await once(srf, 'connect');
  caller = await RtpParty.open();
});

afterAll(async () => {
  caller.close();
  srf.disconnect();
  await servers.stop();
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await expect.poll(() => channelCount(servers.freeswitch), { timeout: 5000 }).toBe(0);
});

async function relay(): Promise<TcpRelay> {
  const wire = await TcpRelay.to(servers.freeswitch);
  closing.push(() => wire.close());
  return wire;
}

interface Choice {
  ports?: number[];
  secret?: string;
  profile?: string;
  listenAddress?: string;
}

async function startPool({
  ports = [servers.freeswitch.port],
  secret = servers.freeswitch.secret,
  profile = 'drachtio_mrf',
  listenAddress = '127.0.0.1',
}: Choice = {}): Promise<MediaPool> {
  const pool = new MediaPool({
    servers: ports.map((port) => ({ host: servers.freeswitch.host, port, secret })),
    srf,
    listenAddress,
    profile,
    log,
    onHealth: ([server]) => states.push(server?.state),
  });
  states.length = 0;
  closing.push(() => pool.stop());
  await pool.start();
  return pool;
}

describe('a media server that cannot be used', () => {
  it.each<[string, Choice, RegExp]>([
    ['is not there', { ports: [1] }, /ECONNREFUSED/],
    ['has another password', { secret: 'wrong' }, /password refused/],
    ['lacks the profile', { profile: 'another_profile' }, /another_profile: expected it to be up/],
  ])('because it %s is not healthy, says why, and gets no calls', async (_, choice, problem) => {
    const pool = await startPool(choice);
    expect(pool.healthy).toBe(false);
    expect(pool.servers).toMatchObject([{ state: 'connecting', problem: expect.stringMatching(problem) }]);
    await expect(pool.create({ callerOffer: caller.sdp() })).rejects.toMatchObject({ code: 'no-server' });
  });

  it('is told of at the start where the own address is the fault', async () => {
    await expect(startPool({ listenAddress: '192.0.2.1' })).rejects.toMatchObject({ code: 'listen-address' });
  });
});

describe('the connection to a media server', () => {
  it('is made as soon as the server is there', async () => {
    const wire = await relay();
    wire.refuse();
    const pool = await startPool({ ports: [wire.port] });
    expect(pool.healthy).toBe(false);
    wire.mend();
    await expect.poll(() => pool.healthy, { timeout: 5000 }).toBe(true);
    const media = await pool.create({ callerOffer: caller.sdp() });
    await media.release();
  });

  it('is made again when it was cut, and calls in progress go on', async () => {
    const wire = await relay();
    const pool = await startPool({ ports: [wire.port] });
    const lost = vi.fn();
    const media = await pool.create({ callerOffer: caller.sdp() });
    media.on('lost', lost);
    wire.cut();
    await expect.poll(() => pool.servers[0]?.state, { interval: 10 }).toBe('down');
    await expect.poll(() => pool.healthy, { timeout: 5000 }).toBe(true);
    expect(states).toEqual(['up', 'down', 'up']);
    await media.hangUpAfter(3600);
    expect(lost).not.toHaveBeenCalled();
    expect(await channelCount(servers.freeswitch)).toBe(2);
    await media.release();
  });

  it('gets no new calls while the server is silent, and gets them again after', async () => {
    const wire = await relay();
    const pool = await startPool({ ports: [wire.port] });
    wire.block();
    await expect.poll(() => pool.servers[0]?.state, { timeout: 6000 }).toBe('silent');
    await expect(pool.create({ callerOffer: caller.sdp() })).rejects.toMatchObject({ code: 'no-server' });
    wire.mend();
    await expect.poll(() => pool.healthy, { timeout: 6000 }).toBe(true);
  });

  it('ends the media of a server that stays away, which is then released in time', async () => {
    const wire = await relay();
    const pool = await startPool({ ports: [wire.port] });
    const media = await pool.create({ callerOffer: caller.sdp() });
    wire.refuse();
    expect(await once(media, 'lost')).toEqual(['server']);
    const startedAt = performance.now();
    await media.release();
    expect(performance.now() - startedAt).toBeLessThan(3500);
    expect(pool.sessions).toBe(0);
  });

  it('carries commands without waiting for delayed acknowledgements', async () => {
    const pool = await startPool();
    const media = await pool.create({ callerOffer: caller.sdp() });
    const startedAt = performance.now();
    for (let command = 0; command < 25; command++) await media.sendDigit('caller', '1', 40);
    // With Nagle's algorithm on, each would take 40 ms or more.
    expect(performance.now() - startedAt).toBeLessThan(25 * 20);
    await media.release();
  });
});

describe('a media server that is killed', () => {
  it('ends its calls at once, and takes new ones when it is back', async ({ skip }) => {
    const killed = servers.mediaProcess?.();
    if (killed === undefined) return skip('a server that was given is not ours to kill');
    const pool = await startPool();
    const calls = await Promise.all(
      Array.from({ length: 3 }, () => pool.create({ callerOffer: caller.sdp() })),
    );
    const lost = Promise.all(calls.map((call) => once(call, 'lost')));
    process.kill(killed, 'SIGKILL');
    expect(await lost).toEqual([['channel'], ['channel'], ['channel']]);
    await Promise.all(calls.map((call) => call.release()));
    expect(pool.sessions).toBe(0);
    await expect.poll(() => pool.healthy, { timeout: 10_000 }).toBe(true);
    const media = await pool.create({ callerOffer: caller.sdp() });
    await media.release();
  });
});

describe('several media servers', () => {
  it('share the calls', async () => {
    const [first, second] = [await relay(), await relay()];
    const pool = await startPool({ ports: [first.port, second.port] });
    const calls = [];
    for (let call = 0; call < 6; call++) calls.push(await pool.create({ callerOffer: caller.sdp() }));
    const [one, other] = pool.servers;
    expect(one?.channels).toBe(other?.channels);
    await Promise.all(calls.map((call) => call.release()));
    expect(pool.servers.map((server) => server.channels)).toEqual([0, 0]);
  });

  it('take each other’s calls when one is away', async () => {
    const [first, second] = [await relay(), await relay()];
    const pool = await startPool({ ports: [first.port, second.port] });
    first.refuse();
    await expect.poll(() => pool.servers[0]?.state).toBe('down');
    expect(pool.healthy).toBe(true);
    const media = await pool.create({ callerOffer: caller.sdp() });
    expect(pool.servers.map((server) => server.channels)).toEqual([0, 2]);
    await media.release();
  });
});

describe('stopping', () => {
  it('ends every call first', async () => {
    const pool = await startPool();
    await Promise.all(Array.from({ length: 5 }, () => pool.create({ callerOffer: caller.sdp() })));
    await pool.stop();
    expect(pool.sessions).toBe(0);
    await expect(pool.create({ callerOffer: caller.sdp() })).rejects.toMatchObject({ code: 'no-server' });
  });
});
