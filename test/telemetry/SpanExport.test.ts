import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SpanExport } from '../../src/telemetry/SpanExport.ts';

interface Body {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly spans: readonly { readonly name: string; readonly traceId: string }[];
    }[];
  }[];
}

let collector: Server;
let url: string;
let status: number;
const spans: { readonly name: string; readonly traceId: string }[] = [];
const warnings: string[] = [];
const logger = {
  debug: () => {},
  info: () => {},
  warn: (_fields: object, message: string) => void warnings.push(message),
  error: () => {},
};

beforeEach(async () => {
  status = 200;
  spans.length = 0;
  warnings.length = 0;
  collector = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Body;
    const all = body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    if (status === 200) spans.push(...all);
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
});
afterEach(() => {
  collector.closeAllConnections();
  collector.close();
});

const exporting = (percent = 100) => new SpanExport({ url, percent, nodeId: 'node', logger });
const add = (spanExport: SpanExport, sessionId: string) =>
  spanExport.add({ sessionId, name: 'call', startMs: 1_000, endMs: 2_000 });

describe('spans on their way to a collector', () => {
  it('are sent when the process stops, at the latest', async () => {
    const spanExport = exporting();
    add(spanExport, 'one');
    spanExport.add({ sessionId: 'one', name: 'push', startMs: 1_500, endMs: 1_600, failure: 'status 503' });
    await spanExport.stop();
    expect(spans.map(({ name }) => name)).toEqual(['call', 'push']);
    expect(spans[0]?.traceId).toBe('7692c3ad3540bb803c020b3aee66cd88');
    expect(warnings).toEqual([]);
  });

  it('are those of so many calls of a hundred, and the same on every node', async () => {
    const nodes = [exporting(25), exporting(25)];
    for (const spanExport of nodes) for (let call = 0; call < 1_000; call++) add(spanExport, `call-${call}`);
    await nodes[0]?.stop();
    const first = spans.splice(0).map(({ traceId }) => traceId);
    expect(first.length).toBeGreaterThan(200);
    expect(first.length).toBeLessThan(300);
    await nodes[1]?.stop();
    expect(spans.map(({ traceId }) => traceId)).toEqual(first);
  });

  it('are dropped with one word in the log where the collector refuses them', async () => {
    status = 400;
    const spanExport = exporting();
    for (let call = 0; call < 1_000; call++) add(spanExport, `call-${call}`);
    await spanExport.stop();
    expect(warnings).toEqual(['traces are not taken; they are dropped']);
  });

  it('keep no process from stopping where there is no collector', async () => {
    url = 'http://127.0.0.1:9/v1/traces';
    const spanExport = exporting();
    add(spanExport, 'one');
    const startedAt = performance.now();
    await spanExport.stop();
    expect(performance.now() - startedAt).toBeLessThan(6_500);
    expect(warnings).toHaveLength(1);
  });
});
