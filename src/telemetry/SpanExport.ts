import { createHash, randomBytes } from 'node:crypto';
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { CallSpan, CallSpans } from './callSpans.ts';
import type { Logger } from './logger.ts';

export interface SpanExportOptions {
  /** Where OTLP over HTTP is taken, `http://collector:4318/v1/traces`. */
  readonly url: string;
  /** Of a hundred calls so many are told, all their spans or none. */
  readonly percent: number;
  /** Which process says so: `service.instance.id`. */
  readonly nodeId: string;
  readonly logger: Logger;
}

/** What waits for a collector that is away; then spans are dropped. */
const MOST_WAITING = 8_192;
const LARGEST_BATCH = 512;
const EXPORT_EVERY_MS = 2_000;
/** The exporter tries again until then, and says so; after a little more it is not waited for. */
const TRY_FOR_MS = 3_000;
const EXPORT_WITHIN_MS = 5_000;
const EXPORTED = 0;

/**
 * Sends the spans of calls to an OpenTelemetry collector. Spans are made when they are over, from what is known then, so
 * that a call carries nothing with it; the ids of its trace and of its whole come from its session id, so that those who
 * tell of it need not know of each other.
 */
export class SpanExport implements CallSpans {
  readonly #options: SpanExportOptions;
  readonly #processor: BatchSpanProcessor;
  readonly #resource: Resource;

  constructor(options: SpanExportOptions) {
    this.#options = options;
    this.#resource = resourceFromAttributes({
      'service.name': 'axbridge',
      'service.instance.id': options.nodeId,
    });
    this.#processor = new BatchSpanProcessor({
      exporter: telling(
        new OTLPTraceExporter({ url: options.url, timeoutMillis: TRY_FOR_MS }),
        options.logger,
      ),
      maxQueueSize: MOST_WAITING,
      maxExportBatchSize: LARGEST_BATCH,
      scheduledDelayMillis: EXPORT_EVERY_MS,
      exportTimeoutMillis: EXPORT_WITHIN_MS,
    });
  }

  add(span: CallSpan): void {
    const { traceId, callId, share } = idsOf(span.sessionId);
    if (share >= this.#options.percent / 100) return;
    const isWhole = span.name === 'call';
    const spanId = isWhole ? callId : randomBytes(8).toString('hex');
    const context = (id: string) => ({ traceId, spanId: id, traceFlags: TraceFlags.SAMPLED });
    const { startMs, endMs, failure } = span;
    const readable: ReadableSpan = {
      name: span.name,
      kind: isWhole ? SpanKind.SERVER : span.name === 'push' ? SpanKind.CLIENT : SpanKind.INTERNAL,
      spanContext: () => context(spanId),
      ...(!isWhole && { parentSpanContext: context(callId) }),
      startTime: hrTime(startMs),
      endTime: hrTime(endMs),
      duration: hrTime(Math.max(0, endMs - startMs)),
      status:
        failure === undefined
          ? { code: SpanStatusCode.UNSET }
          : { code: SpanStatusCode.ERROR, message: failure },
      attributes: { 'axbridge.session_id': span.sessionId, ...span.attributes },
      links: [],
      events: [],
      ended: true,
      resource: this.#resource,
      instrumentationScope: { name: 'axbridge' },
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
    this.#processor.onEnd(readable);
  }

  /** Sends what waits, within some seconds. */
  async stop(): Promise<void> {
    await this.#processor.shutdown().catch(() => undefined);
  }
}

/** The ids of a call's trace and of its whole span, and where the call stands between 0 and 1 among all. */
function idsOf(sessionId: string) {
  const digest = createHash('sha256').update(sessionId).digest();
  return {
    traceId: digest.toString('hex', 0, 16),
    callId: digest.toString('hex', 16, 24),
    share: digest.readUInt32BE(24) / 2 ** 32,
  };
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

/** Says once that a collector takes nothing, and once that it does again. */
function telling(exporter: SpanExporter, logger: Logger): SpanExporter {
  let fails = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.code !== EXPORTED;
        if (failed && !fails) logger.warn({ err: result.error }, 'traces are not taken; they are dropped');
        if (!failed && fails) logger.info({}, 'traces are taken again');
        fails = failed;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}
