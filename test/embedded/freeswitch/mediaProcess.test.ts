import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type EmbeddedMedia,
  MediaProcessError,
  startEmbeddedMedia,
} from '../../../embedded/freeswitch/index.ts';
import { eventually, nothingLeft } from './rig.ts';
import { SipCaller } from './SipCaller.ts';
import { TestPhone } from './TestPhone.ts';

/** A controller that accepts every channel and says `connect`. */
async function startController(): Promise<{ server: Server; sockets: Socket[]; address: string }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write('connect\n\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, sockets, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('the process of the embedded media server', () => {
  let media: EmbeddedMedia;
  let caller: SipCaller;
  let controller: Awaited<ReturnType<typeof startController>>;
  let phone: TestPhone;

  beforeAll(async () => {
    media = await startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0, maxSessions: 3 });
    caller = await SipCaller.start();
    controller = await startController();
    phone = await TestPhone.open(440);
  });
  afterEach(() => nothingLeft(media));
  afterAll(async () => {
    phone.close();
    await caller.close();
    controller.server.close();
    await media.stop();
  });

  const control = () => ({ 'X-esl-outbound': controller.address, 'User-Agent': 'drachtio-fsmrf:x' });

  it('answers an INVITE and takes the BYE', async () => {
    const call = await caller.invite(media.sipPort, phone.sdp(), control());
    expect(call.status).toBe(200);
    expect(call.sdp).toMatch(/^o=- \d+ \d+ IN IP4 127\.0\.0\.1\r$/m);
    expect(Number(/m=audio (\d+)/.exec(call.sdp)?.[1]) % 2).toBe(0);
    expect(await call.bye()).toBe(200);
    expect(await call.bye()).toBe(481);
  });

  it('does so over TCP', async () => {
    const tcp = await SipCaller.start('tcp');
    const call = await tcp.invite(media.sipPort, phone.sdp(), control());
    expect(call.status).toBe(200);
    expect(await call.bye()).toBe(200);
    await tcp.close();
  });

  it('takes sound on an address of its own', async () => {
    const outward = await startEmbeddedMedia({
      eslPort: 0,
      sipPort: 0,
      rtpFirstPort: 0,
      rtpHost: '127.0.0.2',
    });
    const call = await caller.invite(outward.sipPort, phone.sdp(), control());
    expect(call.sdp).toContain('c=IN IP4 127.0.0.2\r\n');
    expect(outward).toMatchObject({ sipHost: '127.0.0.1', eslHost: '127.0.0.1' });
    expect(await call.bye()).toBe(200);
    await outward.stop();
  });

  it('refuses what it cannot serve', async () => {
    const encrypted = phone.sdp().replace('RTP/AVP', 'RTP/SAVP');
    const otherCodec = phone
      .sdp()
      .replaceAll('PCMA/8000', 'G722/8000')
      .replace('AVP 8', 'AVP 9')
      .replace(':8 ', ':9 ');
    expect((await caller.invite(media.sipPort, encrypted, control())).status).toBe(488);
    expect((await caller.invite(media.sipPort, otherCodec, control())).status).toBe(488);
    expect((await caller.invite(media.sipPort, 'nonsense', control())).status).toBe(488);
    expect((await caller.invite(media.sipPort, phone.sdp())).status).toBe(404);
    expect(
      (await caller.invite(media.sipPort, phone.sdp(), { ...control(), Require: '100rel' })).status,
    ).toBe(420);
    expect(await caller.options(media.sipPort)).toBe(200);
  });

  it('answers 503 beyond its number of sessions', async () => {
    const calls = await Promise.all(
      [1, 2, 3, 4].map(() => caller.invite(media.sipPort, phone.sdp(), control())),
    );
    expect(calls.map(({ status }) => status).sort()).toEqual([200, 200, 200, 503]);
    await Promise.all(calls.map((call) => call.bye()));
  });

  it('hangs up when its controller cannot be reached', async () => {
    const before = caller.requests.length;
    const call = await caller.invite(media.sipPort, phone.sdp(), { 'X-esl-outbound': '127.0.0.1:1' });
    expect(call.status).toBe(200);
    await eventually(
      () => caller.requests.slice(before),
      (requests) => requests.includes('BYE'),
    );
  });

  it('is not impressed by bytes that are nothing', async () => {
    const call = await caller.invite(media.sipPort, phone.sdp(), control());
    phone.connect(call.sdp);
    const rtpPort = Number(/m=audio (\d+)/.exec(call.sdp)?.[1]);
    const noise = createSocket('udp4');
    for (let length = 0; length < 80; length++) {
      const bytes = Buffer.from(
        Array.from({ length }, (_, i) => (i === 0 ? 0x80 + (length % 64) : (i * 31 + length) % 256)),
      );
      for (const port of [rtpPort, rtpPort + 1, media.sipPort]) noise.send(bytes, port, '127.0.0.1');
    }
    const clients = [
      '\n\n\n',
      'auth\n\n',
      'x'.repeat(100_000),
      'sendmsg\nContent-Length: -1\n\n',
      '\0\x01\n\n',
    ].map((text) => {
      const socket = connect(media.eslPort, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.end(text);
      return socket;
    });
    controller.sockets
      .at(-1)
      ?.write('sendmsg nobody\nexecute-app-name: x\n\nevent\n\nfilter\n\napi\n\napi uuid_dump\n\n');
    controller.sockets
      .at(-1)
      ?.write(
        'sendmsg\ncall-command: execute\nexecute-app-name: play_and_get_digits\nexecute-app-arg: 1 2 x ( [\n\n',
      );
    await eventually(
      () => media.stats(),
      ({ packetsIn }) => packetsIn >= 79,
    );
    for (const socket of clients) socket.destroy();
    noise.close();
    expect(await call.bye()).toBe(200);
    expect((await media.stats()).channels).toBe(0);
  });

  it('says so when a port is taken', async () => {
    const taken = startEmbeddedMedia({ eslPort: media.eslPort, sipPort: 0, rtpFirstPort: 0 });
    await expect(taken).rejects.toThrow(MediaProcessError);
  });

  it('comes back on the same ports when it has crashed', async () => {
    const { pid } = media;
    process.kill(pid ?? 0, 'SIGKILL');
    await eventually(
      async () => {
        try {
          return (await media.stats()).channels;
        } catch {
          return -1;
        }
      },
      (channels) => channels === 0 && media.pid !== pid,
    );
    const call = await caller.invite(media.sipPort, phone.sdp(), control());
    expect(call.status).toBe(200);
    await call.bye();
  });

  it('leaves when its parent is gone', async () => {
    const module = new URL('../../../embedded/freeswitch/index.ts', import.meta.url);
    const program = `const { startEmbeddedMedia } = await import(${JSON.stringify(module.href)});
      const media = await startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0 });
      console.log(media.pid);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = await once(parent.stdout, 'data');
    const pid = Number(String(printed));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await eventually(
      () => isAlive(pid),
      (alive) => !alive,
    );
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
