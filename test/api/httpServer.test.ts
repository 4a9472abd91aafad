import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTlsIdentity, type TlsOptions } from '../../src/api/certificate.ts';
import { HttpServer } from '../../src/api/httpServer.ts';

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'axbridge-http-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const options = (more: Partial<TlsOptions> = {}): TlsOptions => ({
  mode: 'self-signed',
  certificateFile: '',
  privateKeyFile: '',
  dataDir,
  host: '127.0.0.1',
  ...more,
});

describe('HTTPS', () => {
  it('serves the same routes as HTTP, with a certificate that clients can pin', async () => {
    const identity = await loadTlsIdentity(options(), Date.now());
    if (identity === undefined) throw new Error('no identity');
    const server = new HttpServer({
      log,
      host: '127.0.0.1',
      port: 0,
      tls: { port: 0, identity },
      routes: async (fastify) => {
        fastify.get('/hello', async () => ({ hello: 'world' }));
      },
    });
    const ports = await server.listen();
    const agent = new Agent({ connect: { ca: identity.certificate } });
    try {
      const secure = await request(`https://127.0.0.1:${ports.https}/hello`, { dispatcher: agent });
      expect(await secure.body.json()).toEqual({ hello: 'world' });
      expect(secure.headers).not.toHaveProperty('server');
      const plain = await request(`http://127.0.0.1:${ports.http}/hello`);
      expect(await plain.body.json()).toEqual({ hello: 'world' });
      const lost = await request(`http://127.0.0.1:${ports.http}/else`);
      expect(lost.statusCode).toBe(404);
      expect(lost.headers['content-type']).toContain('application/problem+json');
      await lost.body.dump();
    } finally {
      await agent.close();
      await server.close();
    }
  });

  it('keeps the certificate it made, readable by its owner only, until it nears its end', async () => {
    const now = Date.now();
    const first = await loadTlsIdentity(options(), now);
    expect((await stat(join(dataDir, 'tls', 'key.pem'))).mode & 0o777).toBe(0o600);
    expect(await loadTlsIdentity(options(), now)).toEqual(first);
    const certificate = new X509Certificate(first?.certificate ?? '');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkHost('localhost')).toBe('localhost');
    const later = certificate.validToDate.getTime() - 86_400_000;
    expect(await loadTlsIdentity(options(), later)).not.toEqual(first);
  });

  it('takes the operator’s own certificate, both files or none', async () => {
    const made = await loadTlsIdentity(options(), Date.now());
    const certificateFile = join(dataDir, 'own.pem');
    const privateKeyFile = join(dataDir, 'own.key');
    await writeFile(certificateFile, made?.certificate ?? '');
    await writeFile(privateKeyFile, made?.privateKey ?? '');
    expect(await loadTlsIdentity(options({ mode: 'off', certificateFile, privateKeyFile }), 0)).toEqual(made);
    expect(await loadTlsIdentity(options({ mode: 'off' }), 0)).toBeUndefined();
    await expect(loadTlsIdentity(options({ certificateFile }), 0)).rejects.toThrow('AXBRIDGE_TLS_KEY');
    await expect(
      loadTlsIdentity(options({ certificateFile: join(dataDir, 'none'), privateKeyFile }), 0),
    ).rejects.toThrow('expected a PEM file');
  });
});

describe('closing', () => {
  it('lets a request under way end, and drops idle connections', async () => {
    let release: () => void = silent;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let arrived: () => void = silent;
    const underWay = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const server = new HttpServer({
      log,
      host: '127.0.0.1',
      port: 0,
      routes: async (fastify) => {
        fastify.get('/slow', async () => {
          arrived();
          await held;
          return { done: true };
        });
      },
    });
    const { http } = await server.listen();
    const idle = connect(http, '127.0.0.1');
    idle.on('error', silent);
    const idleEnded = new Promise<void>((resolve) => idle.once('close', () => resolve()));
    idle.resume();
    const answer = request(`http://127.0.0.1:${http}/slow`);
    await underWay;
    const closed = server.close();
    release();
    expect(await (await answer).body.json()).toEqual({ done: true });
    await closed;
    await idleEnded;
    await expect(request(`http://127.0.0.1:${http}/slow`)).rejects.toThrow();
  });

  it('refuses to start on a port that is taken', async () => {
    const make = (port: number) =>
      new HttpServer({ log, host: '127.0.0.1', port, routes: async () => undefined });
    const first = make(0);
    const { http } = await first.listen();
    await expect(make(http).listen()).rejects.toThrow('EADDRINUSE');
    await first.close();
  });
});
