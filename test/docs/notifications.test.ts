import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listDeadLetters } from '../../src/store/deadLetters.ts';
import { freePort } from '../kit/freePort.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { WebhookSink } from '../kit/WebhookSink.ts';
import { makeApp, ScriptedCall, startNode } from '../push/pushUnderTest.ts';

const PAGE = resolve(import.meta.dirname, '../../docs/notifications.md');
const WHOLE_CALL = ['callin', 'callout', 'alerting', 'answer', 'disconnect', 'fee'];
const PROGRAMS = [
  ['receiver.mjs', process.execPath],
  ['receiver.py', 'python3'],
] as const;

let folder: string;
let database: TestDatabase;
const stops: (() => Promise<void>)[] = [];

/** The programs of the page lie in a folder, each under the name that stands behind its language. */
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'axbridge-docs-'));
  const page = await readFile(PAGE, 'utf8');
  const programs = [...page.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)];
  for (const [, name = '', text = ''] of programs) await writeFile(join(folder, name), text);
  expect(programs.map(([, name]) => name)).toEqual([
    'receiver.mjs',
    'receiver.py',
    'signature.sh',
    'digest.sh',
  ]);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

async function node(retrySeconds: readonly number[]) {
  const started = await startNode({ url: database.url, retrySeconds });
  stops.push(started.stop);
  return started;
}

interface Receiver {
  /** What it has printed: a webhook-id and an eventType for each message that it took for good. */
  readonly lines: string[];
  readonly child: ChildProcess;
}

function receive(command: string, name: string, env: Record<string, string>): Receiver {
  const child = spawn(command, [name], { cwd: folder, env: { ...process.env, ...env }, stdio: 'pipe' });
  stops.push(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'exit');
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  return { lines, child };
}

describe.each(PROGRAMS)('%s', (name, command) => {
  it.each(['', 'aksk'])('takes a whole call from axbridge (CHECK=%j)', async (check) => {
    const port = await freePort();
    const { journal, ...rest } = await node(Array(100).fill(0.2));
    const url = `http://127.0.0.1:${port}`;
    const { appKey, appSecret } = await makeApp(rest, { statusUrl: url, feeUrl: url });
    const { lines } = receive(command, name, { APP_SECRET: appSecret, PORT: String(port), CHECK: check });
    const call = new ScriptedCall(journal, appKey);
    await call.run();
    const told = () => [...new Set(lines)].map((line) => line.split(' ')[1]).sort();
    await expect.poll(told, { timeout: 20_000 }).toEqual(WHOLE_CALL.toSorted());
  });

  it.each(['', 'aksk'])('refuses what was not signed with its secret (CHECK=%j)', async (check) => {
    const port = await freePort();
    const { journal, ...rest } = await node(Array(100).fill(0.2));
    const { appKey } = await makeApp(rest, { statusUrl: `http://127.0.0.1:${port}` });
    const { lines } = receive(command, name, { APP_SECRET: 'another', PORT: String(port), CHECK: check });
    await new ScriptedCall(journal, appKey).open();
    await expect.poll(() => rest.pusher.stats().failed.status ?? 0, { timeout: 20_000 }).toBeGreaterThan(0);
    expect(lines).toEqual([]);
  });

  it('refuses a body that was changed, and a message of yesterday', async () => {
    const customer = await WebhookSink.start();
    stops.push(() => customer.close());
    const port = await freePort();
    const yesterday = Date.now() - 86_400_000;
    const [fresh, stale] = [await node([]), await startNode({ url: database.url, clock: () => yesterday })];
    stops.push(stale.stop);
    const { appKey, appSecret } = await makeApp(fresh, { statusUrl: customer.url });
    await new ScriptedCall(fresh.journal, appKey).open();
    await customer.waitFor(({ requests }) => requests.length === 1);
    await new ScriptedCall(stale.journal, appKey).open();
    await customer.waitFor(({ requests }) => requests.length === 2);
    receive(command, name, { APP_SECRET: appSecret, PORT: String(port), CHECK: '' });
    const statusOf = async (index: number, change: (body: string) => string) => {
      const { headers, body } = customer.requests[index] ?? { headers: {}, body: '' };
      const own = Object.entries(headers).filter(([header]) => /^webhook-/.test(header));
      const init = {
        method: 'POST',
        headers: Object.fromEntries(own) as Record<string, string>,
        body: change(body),
      };
      return fetch(`http://127.0.0.1:${port}/`, init).then(
        ({ status }) => status,
        () => undefined,
      );
    };
    await expect.poll(() => statusOf(0, (body) => body), { timeout: 20_000 }).toBe(200);
    expect(await statusOf(0, (body) => body.replace('callin', 'answer'))).toBe(401);
    expect(await statusOf(1, (body) => body)).toBe(401);
  });
});

it('the openssl commands print what stands in the headers', async () => {
  const customer = await WebhookSink.start();
  stops.push(() => customer.close());
  const { journal, ...rest } = await node([]);
  const { appKey, appSecret } = await makeApp(rest, { statusUrl: customer.url });
  await new ScriptedCall(journal, appKey).open();
  await customer.waitFor(({ requests }) => requests.length === 1);
  const [request] = customer.requests;
  const headers: IncomingHttpHeaders = request?.headers ?? {};
  const token = new Map(
    [...String(headers['x-aksk']).matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  await writeFile(join(folder, 'body.json'), request?.body ?? '');
  const env = {
    ...process.env,
    APP_SECRET: appSecret,
    WEBHOOK_ID: String(headers['webhook-id']),
    WEBHOOK_TIMESTAMP: String(headers['webhook-timestamp']),
    NONCE: token.get('Nonce') ?? '',
    CREATED: token.get('Created') ?? '',
  };
  const run = async (script: string) =>
    (await promisify(execFile)('sh', [script], { cwd: folder, env })).stdout.trim();
  expect(await run('signature.sh')).toBe(headers['webhook-signature']);
  expect(await run('digest.sh')).toBe(token.get('PasswordDigest'));
  expect(await listDeadLetters(rest, { appKey })).toEqual([]);
});
