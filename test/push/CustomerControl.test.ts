import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { CustomerAnswer } from '../../routing/xMode.ts';
import { CustomerControl, type CustomerControlOptions } from '../../src/push/CustomerControl.ts';
import type { KnownApp } from '../../src/store/AppDirectory.ts';
import type { Message } from '../../src/store/Message.ts';
import { hasValidAksk, hasValidSignature, type SinkAnswer, WebhookSink } from '../kit/WebhookSink.ts';

const SECRET = 'secret-of-the-application';
const CONNECT = { operation: 'connect', connectInfo: [{ calleeNum: '+8613900001002' }] };

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function sink(rule?: SinkAnswer): Promise<WebhookSink> {
  const started = await WebhookSink.start();
  if (rule !== undefined) started.rule = rule;
  stops.push(() => started.close());
  return started;
}

interface UnderTest {
  readonly control: CustomerControl;
  readonly asked: { readonly outcome: string; readonly seconds: number }[];
}

/** Applications are their statusUrl: the key of each is its URL. */
function controlOf(options: Partial<CustomerControlOptions> = {}): UnderTest {
  const asked: UnderTest['asked'] = [];
  const control = new CustomerControl({
    apps: { get: (appKey) => knownApp(appKey) },
    allow: ['127.0.0.0/8'],
    timeoutSeconds: 1,
    clock: Date.now,
    onAsked: ({ outcome, seconds }) => asked.push({ outcome, seconds }),
    ...options,
  });
  stops.push(() => control.stop());
  return { control, asked };
}

function knownApp(statusUrl: string | undefined): KnownApp {
  const app: Partial<KnownApp['app']> = { appKey: 'app1', ...(statusUrl !== undefined && { statusUrl }) };
  return { app: app as KnownApp['app'], accountState: 'normal', secret: SECRET };
}

const question = (id = 'event_1_0'): Message => ({
  id,
  appKey: 'app1',
  kind: 'event',
  sessionId: 's-1',
  seq: 0,
  body: { eventType: 'callin', statusInfo: { sessionId: 's-1', notifyMode: 'Block' } },
});

/** The pool takes a connection back in the turn after the reply. */
const connectionIsFree = () => new Promise((resolve) => setImmediate(resolve));

const words = (answer: CustomerAnswer) => (answer.kind === 'failed' ? answer.why : 'answered');

describe('a question to the customer’s server', () => {
  it('brings the JSON that it answers', async () => {
    const customer = await sink({ body: JSON.stringify(CONNECT) });
    const { control, asked } = controlOf();
    expect(await control.ask(`${customer.url}/status?of=x`, question())).toEqual({
      kind: 'answer',
      body: CONNECT,
    });
    expect(asked).toMatchObject([{ outcome: 'answered' }]);
    expect(asked[0]?.seconds).toBeLessThan(1);
  });

  it('looks like every notification, and can be verified by both signatures', async () => {
    const customer = await sink({ body: '{}' });
    const { control } = controlOf();
    await control.ask(`${customer.url}/status?of=x`, question('event_1_0'));
    const [request] = customer.requests;
    expect(request).toMatchObject({ path: '/status?of=x', id: 'event_1_0' });
    expect(request?.headers['content-type']).toBe('application/json;charset=UTF-8');
    expect(JSON.parse(request?.body ?? '')).toEqual(question().body);
    expect(request && hasValidSignature(request, SECRET)).toBe(true);
    expect(request && hasValidAksk(request, 'app1', SECRET)).toBe(true);
  });

  it('takes whatever JSON comes, with a byte order mark too: routing knows what it means', async () => {
    const customer = await sink();
    const { control } = controlOf();
    for (const [body, value] of [
      ['7', 7],
      ['null', null],
      ['[]', []],
      ['\uFEFF{"operation":"关"}', { operation: '关' }],
    ] as const) {
      customer.rule = { body };
      expect(await control.ask(customer.url, question())).toEqual({ kind: 'answer', body: value });
    }
  });

  it('uses a connection again', async () => {
    const customer = await sink({ body: '{}' });
    const { control } = controlOf();
    for (let nth = 0; nth < 5; nth += 1) {
      await control.ask(customer.url, question());
      await connectionIsFree();
    }
    expect(customer.connections).toBe(1);
  });
});

describe('a customer’s server that fails', () => {
  const failures: readonly [name: string, rule: SinkAnswer, outcome: string, why: string][] = [
    ['answers with an error', { status: 500, body: '{}' }, 'status', 'it answered with status 500'],
    ['answers with another success', { status: 204, body: '' }, 'status', 'it answered with status 204'],
    ['is empty', 200, 'empty', 'its answer is empty'],
    ['is not JSON', { body: '<html>ok</html>' }, 'not-json', 'its answer is not JSON in UTF-8'],
    ['is cut JSON', { body: '{"operation":"con' }, 'not-json', 'its answer is not JSON in UTF-8'],
    [
      'is not UTF-8',
      { body: Buffer.from([0x22, 0xc4, 0xe3, 0x22]) },
      'not-json',
      'its answer is not JSON in UTF-8',
    ],
    ['never answers', 'hang', 'timeout', 'no complete answer within 1 s'],
    [
      'stops in mid-body',
      { body: '{"operation":', breaksOff: 'hang' },
      'timeout',
      'no complete answer within 1 s',
    ],
    [
      'breaks the connection in mid-body',
      { body: '{"operation":', breaksOff: 'reset' },
      'connection-lost',
      'the connection to it broke before its answer was complete',
    ],
    [
      'breaks the connection at once',
      'reset',
      'connection-lost',
      'the connection to it broke before its answer was complete',
    ],
    [
      'sends without end',
      { body: `"${'x'.repeat(70_000)}"` },
      'too-long',
      'its answer is longer than 65536 bytes',
    ],
  ];

  it.each(failures)('%s', async (_name, rule, outcome, why) => {
    const customer = await sink(rule);
    const { control, asked } = controlOf();
    expect(await control.ask(`${customer.url}/status`, question())).toEqual({ kind: 'failed', why });
    expect(asked).toMatchObject([{ outcome }]);
    expect(asked[0]?.seconds).toBeLessThan(1.5);
    expect(customer.requests).toHaveLength(1);
  });

  it('is not followed to where it redirects', async () => {
    const elsewhere = await sink({ body: JSON.stringify(CONNECT) });
    const customer = await sink({ status: 302, headers: { location: elsewhere.url }, body: '' });
    const { control } = controlOf();
    const answer = await control.ask(customer.url, question());
    expect(words(answer)).toBe('it answered with status 302, and redirects are not followed');
    expect(elsewhere.connections).toBe(0);
  });

  it('refuses connections', async () => {
    const customer = await sink();
    await customer.close();
    const { control, asked } = controlOf();
    const answer = await control.ask(`${customer.url}/?token=letmein`, question());
    expect(words(answer)).toBe('no connection to it (ECONNREFUSED)');
    expect(asked).toMatchObject([{ outcome: 'connect' }]);
  });

  it('speaks no TLS', async () => {
    const customer = await sink({ body: '{}' });
    const { control, asked } = controlOf();
    const answer = await control.ask(customer.url.replace('http:', 'https:'), question());
    expect(words(answer)).toMatch(/^no TLS connection to it \([A-Z_]+\)$/);
    expect(asked).toMatchObject([{ outcome: 'tls' }]);
  });

  it('trickles its answer: the limit is on all of it', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
        const timer = setInterval(() => socket.write(' '), 50);
        socket.once('close', () => clearInterval(timer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { control, asked } = controlOf();
    const answer = await control.ask(`http://127.0.0.1:${port}/`, question());
    expect(words(answer)).toBe('no complete answer within 1 s');
    expect(asked[0]?.seconds).toBeLessThan(1.5);
  });

  it.each([
    ['ftp://127.0.0.1/', 'its statusUrl cannot be used'],
    ['no URL', 'its statusUrl cannot be used'],
    ['http://nowhere.invalid/', 'its host name has no address'],
  ])('has the address %s', async (url, why) => {
    const { control } = controlOf({ timeoutSeconds: 10 });
    expect(words(await control.ask(url, question()))).toBe(why);
  });

  it.each(['http://127.0.0.1', 'http://localhost', 'http://[::ffff:127.0.0.1]', 'http://169.254.169.254'])(
    'is not dialled at the closed address %s',
    async (host) => {
      const customer = await sink({ body: '{}' });
      const { control, asked } = controlOf({ allow: [] });
      const answer = await control.ask(`${host}:${new URL(customer.url).port}/`, question());
      expect(words(answer)).toBe('its address is closed (AXBRIDGE_PUSH_ALLOW opens it)');
      expect(asked).toMatchObject([{ outcome: 'target-closed' }]);
      expect(customer.connections).toBe(0);
    },
  );

  it('is gone, or cannot be looked up, or not in time', async () => {
    const why = async (get: CustomerControlOptions['apps']['get']) =>
      words(await controlOf({ apps: { get } }).control.ask('app1', question()));
    expect(await why(() => undefined)).toBe('the application has no statusUrl');
    expect(await why(() => knownApp(undefined))).toBe('the application has no statusUrl');
    expect(await why(() => Promise.reject(new Error('down')))).toBe('its address could not be looked up');
    expect(await why(() => new Promise(() => undefined))).toBe('its address could not be looked up');
  });
});

describe('a kept connection', () => {
  it('that the server closes under the question costs nothing: the question is put once more', async () => {
    const customer = await sink({ body: '{}' });
    const { control, asked } = controlOf();
    await control.ask(customer.url, question('event_1_0'));
    await connectionIsFree();
    const replies: SinkAnswer[] = ['reset', { body: '{"operation":"close"}' }];
    customer.rule = () => replies.shift() ?? 500;
    const answer = await control.ask(customer.url, question('event_2_0'));
    expect(answer).toEqual({ kind: 'answer', body: { operation: 'close' } });
    expect(customer.requests.map(({ id }) => id)).toEqual(['event_1_0', 'event_2_0', 'event_2_0']);
    expect(asked.map(({ outcome }) => outcome)).toEqual(['answered', 'answered']);
  });

  it('is closed when nothing is asked for a while', async () => {
    const customer = await sink({ body: '{}' });
    const { control } = controlOf({ idleMs: 20 });
    await control.ask(customer.url, question());
    await customer.waitFor(({ openConnections }) => openConnections === 0, 1000);
    expect(words(await control.ask(customer.url, question()))).toBe('answered');
    expect(customer.connections).toBe(2);
  });
});

describe('many customers', () => {
  it('do not wait for one that is slow', async () => {
    const slow = await sink('hang');
    const quick = await sink({ body: '{}' });
    const { control, asked } = controlOf({ timeoutSeconds: 5 });
    const waiting = Array.from({ length: 200 }, () => control.ask(slow.url, question()));
    await slow.waitFor(({ requests }) => requests.length === 200);
    await Promise.all(Array.from({ length: 50 }, () => control.ask(quick.url, question())));
    expect(asked).toHaveLength(50);
    expect(Math.max(...asked.map(({ seconds }) => seconds))).toBeLessThan(1);
    expect(new Set((await Promise.all(waiting)).map(words))).toEqual(
      new Set(['no complete answer within 5 s']),
    );
  });

  it('may each have only so many questions open; more are not put', async () => {
    const customer = await sink('hang');
    const { control, asked } = controlOf({ mostUnderWay: 3 });
    const waiting = Array.from({ length: 3 }, () => control.ask(customer.url, question()));
    const fourth = await control.ask(customer.url, question());
    expect(words(fourth)).toBe('it has not answered 3 earlier questions yet');
    expect(asked).toMatchObject([{ outcome: 'busy' }]);
    await Promise.all(waiting);
    expect(customer.requests).toHaveLength(3);
    customer.rule = { body: '{}' };
    expect(words(await control.ask(customer.url, question()))).toBe('answered');
  });
});

describe('stopping', () => {
  it('ends the questions under way and their sockets', async () => {
    const customer = await sink('hang');
    const { control } = controlOf({ timeoutSeconds: 60 });
    const waiting = control.ask(customer.url, question());
    await customer.waitFor(({ requests }) => requests.length === 1);
    await control.stop();
    expect((await waiting).kind).toBe('failed');
    await customer.waitFor(({ openConnections }) => openConnections === 0);
    expect(words(await control.ask(customer.url, question()))).toBe('this node is stopping');
  });
});
