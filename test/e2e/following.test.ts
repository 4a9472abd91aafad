import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHep } from '../kit/readHep.ts';
import { type Pair, Scenario } from '../kit/Scenario.ts';

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const spans: OtlpSpan[] = [];
const bodies: string[] = [];
const captured: ReadonlyMap<number, Buffer>[] = [];
let collector: Server;
let capture: Socket;
let scenario: Scenario;
let pair: Pair;
let sessionId: string;

/** One recorded call from its INVITE to its record, with everybody looking. */
beforeAll(async () => {
  collector = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      bodies.push(body);
      const { resourceSpans } = JSON.parse(body) as OtlpBody;
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  capture = createSocket('udp4').on('message', (packet) => captured.push(readHep(packet)));
  capture.bind(0, '127.0.0.1');
  await Promise.all([once(collector, 'listening'), once(capture, 'listening')]);
  const { port } = collector.address() as AddressInfo;
  scenario = await Scenario.start({
    app: { recording: true },
    env: {
      AXBRIDGE_LOG_LEVEL: 'debug',
      AXBRIDGE_CALL_DETAILS: 'messages',
      AXBRIDGE_OTLP_URL: `http://127.0.0.1:${port}/v1/traces`,
      AXBRIDGE_HEP: `127.0.0.1:${capture.address().port}`,
    },
  });
  const call = await scenario.talk({ recordFlag: 'true' });
  pair = call.pair;
  await call.atBen.hangUp();
  await call.atAnna.end();
  const [told] = await scenario.told(pair.x);
  sessionId = told?.sessionId ?? '';
});
afterAll(async () => {
  await scenario?.close();
  capture?.close();
  collector?.close();
});

const people = () => new RegExp(`${pair.a.slice(3)}|${pair.b.slice(3)}`);

describe('one call, by its session id', () => {
  it('is followed in the log through every part, from its INVITE to the last word to the customer', async () => {
    const lines = () => scenario.application.log.items.filter((line) => line.sessionId === sessionId);
    const parts = () => [...new Set(lines().map(({ part }) => part))];
    await expect
      .poll(() => lines().filter(({ part, event }) => part === 'push' && event === 'fee').length)
      .toBeGreaterThan(0);
    expect(parts()).toEqual(expect.arrayContaining(['sip', 'routing', 'media', 'journal', 'calls', 'push']));
    expect(lines()[0]).toMatchObject({ part: 'sip', msg: 'a call came in', x: pair.x });
    expect(JSON.stringify(scenario.application.log.items)).not.toMatch(people());
  });

  it('is in the admin API with its messages whole, where they are kept', async () => {
    const path = `/calls/${encodeURIComponent(sessionId)}`;
    const { ladder } = await scenario.admin.send<{ ladder: { messages: { what: string; text: string }[] } }>(
      'GET',
      path,
    );
    for (const { text } of ladder.messages) expect(text).toMatch(/^[ -~]+\r\nVia: /);
    expect(ladder.messages.find(({ what }) => what === 'INVITE')?.text).toMatch(/\r\n\r\nv=0\r\n/);
    expect(JSON.stringify(ladder)).not.toMatch(people());
  });

  it('is a trace at the collector: one whole, and its parts within', async () => {
    const ofCall = () =>
      spans.filter(({ attributes }) => attributes.some(({ value }) => value.stringValue === sessionId));
    await expect
      .poll(
        () =>
          ofCall()
            .map(({ name }) => name)
            .sort(),
        { timeout: 20_000 },
      )
      .toEqual(['call', 'decide', 'dial', 'media', ...Array<string>(6).fill('push'), 'ring', 'talk']);
    const whole = ofCall().find(({ name }) => name === 'call');
    expect(whole?.parentSpanId ?? '').toBe('');
    for (const span of ofCall()) {
      expect(span.traceId).toBe(whole?.traceId);
      expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
      if (span !== whole) expect(span.parentSpanId).toBe(whole?.spanId);
    }
    expect(bodies.join()).not.toMatch(people());
  });

  it('is at the capture server with the messages of both legs, and nobody’s number', async () => {
    const ofCall = () => captured.filter((chunks) => chunks.get(17)?.toString() === sessionId);
    await expect.poll(() => ofCall().length, { timeout: 10_000 }).toBe(12);
    const starts = ofCall().map(
      (chunks) =>
        chunks
          .get(15)
          ?.toString()
          .split(/ sip:|\r\n/)[0],
    );
    expect(starts.filter((start) => start === 'INVITE')).toHaveLength(2);
    expect(starts.filter((start) => start === 'BYE')).toHaveLength(2);
    expect(starts.filter((start) => start === 'SIP/2.0 200 OK')).toHaveLength(4);
    const { port } = scenario.application.sip;
    for (const chunks of ofCall()) {
      const ports = [7, 8].map((type) => chunks.get(type)?.readUInt16BE());
      expect(ports).toContain(port);
    }
    expect(captured.map((chunks) => chunks.get(15)?.toString()).join()).not.toMatch(people());
  });
});
