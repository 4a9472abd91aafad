import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type EmbeddedMedia,
  type EmbeddedSip,
  startEmbeddedMedia,
  startEmbeddedSip,
} from '../../embedded/index.ts';

/*
 * The ports of the embedded servers that are for axbridge alone: drachtio's wire protocol and FreeSWITCH's event socket.
 * They listen on loopback; here somebody is on the machine already, and has no secret.
 */

let sip: EmbeddedSip;
let media: EmbeddedMedia;
const opened: Socket[] = [];

beforeAll(async () => {
  [sip, media] = await Promise.all([
    startEmbeddedSip({ sipPort: 0, adminPort: 0, secret: 'wire-secret' }),
    startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0, password: 'esl-secret' }),
  ]);
});

afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

afterAll(async () => {
  await Promise.all([sip?.stop(), media?.stop()]);
});

interface Talk {
  readonly socket: Socket;
  heard(): string;
}

async function open(port: number): Promise<Talk> {
  const socket = connect({ host: '127.0.0.1', port });
  let heard = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1');
  });
  opened.push(socket);
  await once(socket, 'connect');
  return { socket, heard: () => heard };
}

const frame = (payload: string) => `${payload.length}#${payload}`;

async function wireAnswer(secret: string): Promise<string> {
  const { socket, heard } = await open(sip.adminPort);
  socket.write(frame(`1|authenticate|${secret}`));
  await expect.poll(heard).not.toBe('');
  return heard();
}

async function eslAnswer(password: string): Promise<string> {
  const { socket, heard } = await open(media.eslPort);
  socket.write(`auth ${password}\n\n`);
  await expect.poll(heard).toContain('Reply-Text');
  return /Reply-Text: (.*)/.exec(heard())?.[1] ?? '';
}

/** What somebody sends who does not know the protocol, or knows it too well. */
const NONSENSE: Readonly<Record<string, string>> = {
  HTTP: 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  'a request without the secret': frame('1|sip||OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n\r\n'),
  'a route without the secret': frame('1|route|invite'),
  'a length that is none': '-5#x',
  'a length of a gigabyte': '1073741824#x',
  'an API command without the password': 'api status\n\n',
  'a hang-up of all without the password': 'bgapi hupall\n\n',
  'a wrong password': 'auth wrong\n\n',
  'an empty password': 'auth \n\n',
  'octets of every value': randomBytes(4096).toString('latin1'),
  'a head without end': 'x: y\n'.repeat(20_000),
};

describe('without the secret', () => {
  it.each(Object.keys(NONSENSE))(
    '%s ends the connection, and nothing is told or done',
    async (name) => {
      for (const port of [sip.adminPort, media.eslPort]) {
        const { socket, heard } = await open(port);
        const closed = new Promise((done) => socket.once('close', done));
        socket.write(NONSENSE[name] ?? '', 'latin1');
        // Where it looks like the beginning of something it is waited for, as long as a client has for its secret.
        await closed;
        expect(heard()).not.toMatch(/\+OK|UP |\|OK/);
      }
      expect(await wireAnswer('wire-secret')).toContain('OK');
      expect(await eslAnswer('esl-secret')).toBe('+OK accepted');
    },
    40_000,
  );

  it('a wrong secret is refused', async () => {
    expect(await wireAnswer('wrong')).not.toContain('|OK');
    expect(await eslAnswer('wrong')).toBe('-ERR invalid');
  });

  it('five hundred connections that say nothing keep nobody out who has it', async () => {
    for (let at = 0; at < 500; at += 1) await Promise.all([open(sip.adminPort), open(media.eslPort)]);
    expect(await wireAnswer('wire-secret')).toContain('OK');
    expect(await eslAnswer('esl-secret')).toBe('+OK accepted');
    const { clients } = await sip.stats();
    expect(clients).toBeLessThan(100);
  });
});

describe('the SIP port of the embedded media server', () => {
  it('listens on loopback only, whatever address phones use', async () => {
    const other = await startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0, rtpHost: '0.0.0.0' });
    try {
      expect(other.sipHost).toBe('127.0.0.1');
      expect(other.eslHost).toBe('127.0.0.1');
    } finally {
      await other.stop();
    }
  });
});
