import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Aggregator, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import {
  addDroppedSeries,
  addProcessSeries,
  type DroppedMessages,
  type MetricFigures,
  type ProcessCounts,
} from './processSeries.ts';

/** Figures that other parts keep themselves and that are read when Prometheus asks. */
export interface MetricSources {
  readonly routingCache: () => { readonly entries: number; readonly hits: number; readonly misses: number };
  readonly push: () => {
    readonly depth: number;
    readonly oldestAgeSeconds: number;
    readonly delivered: number;
    readonly failed: Readonly<Record<string, number>>;
    readonly givenUp: number;
    readonly targetsLeftAlone: number;
  };
  readonly media: () => { readonly sessions: number; readonly servers: ReadonlyMap<string, boolean> };
  readonly trunks: () => ReadonlyMap<string, boolean>;
  readonly uploads: () => { readonly waiting: number; readonly failures: number };
  readonly activeCalls: () => ReadonlyMap<string, number>;
  readonly journalDepth: () => number;
  /** What people could have looked at and was not kept, by what it is. */
  readonly notKept: () => Readonly<Record<string, number>>;
}

const SECONDS_OF_DECISION = [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 1];
const SECONDS_OF_DELAY = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const SECONDS_OF_SETUP = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 90];

/** Default metrics of prom-client whose names break Prometheus' own naming rules (`promtool check metrics`). */
const BADLY_NAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
];

/** Those that `axbridge_event_loop_lag_seconds` stands for; they count the time between two looks as lag. */
const LAG_BY_PROM_CLIENT = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
  (figure) => `nodejs_eventloop_lag_${figure}_seconds`,
);

/** Each look at the event loop's lag wakes the process: more often, and an idle one is never idle. */
const LAG_EVERY_MS = 50;
/** prom-client looks, too, whether anyone reads it or not. */
const LAG_BY_PROM_CLIENT_EVERY_MS = 3_600_000;

/** Every metric of axbridge: base units, `axbridge_` prefix, no number and no id as a label. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #attempts: Counter<'mode' | 'outcome'>;
  readonly #decision: Histogram<'mode'>;
  readonly #postDialDelay: Histogram<'mode'>;
  readonly #setup: Histogram<'mode'>;
  readonly #rejectedSources: Counter;
  readonly #notRecorded: Counter;
  readonly #questions: Counter<'outcome'>;
  readonly #answerTime: Histogram;
  readonly #refusals: Counter<'reason'>;
  readonly #eventLoop = monitorEventLoopDelay({ resolution: LAG_EVERY_MS });

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({
      register: this.#registry,
      eventLoopMonitoringPrecision: LAG_BY_PROM_CLIENT_EVERY_MS,
    });
    for (const name of [...BADLY_NAMED, ...LAG_BY_PROM_CLIENT]) this.#registry.removeSingleMetric(name);

    this.#attempts = new Counter({
      name: 'axbridge_call_attempts_total',
      help: 'Calls that ended, by mode and outcome',
      labelNames: ['mode', 'outcome'],
      registers,
    });
    this.#decision = new Histogram({
      name: 'axbridge_routing_decision_seconds',
      help: 'Time from the question who a call is for to its answer',
      labelNames: ['mode'],
      buckets: SECONDS_OF_DECISION,
      registers,
    });
    this.#postDialDelay = new Histogram({
      name: 'axbridge_post_dial_delay_seconds',
      help: 'Time from the INVITE received to the first sign of ringing sent to the caller',
      labelNames: ['mode'],
      buckets: SECONDS_OF_DELAY,
      registers,
    });
    this.#setup = new Histogram({
      name: 'axbridge_call_setup_seconds',
      help: 'Time from the INVITE received to the answer sent to the caller',
      labelNames: ['mode'],
      buckets: SECONDS_OF_SETUP,
      registers,
    });
    this.#rejectedSources = new Counter({
      name: 'axbridge_sip_rejected_sources_total',
      help: 'SIP requests from an address that belongs to no trunk',
      registers,
    });
    this.#notRecorded = new Counter({
      name: 'axbridge_calls_not_recorded_total',
      help: 'Calls that should have been recorded and were not',
      registers,
    });
    this.#questions = new Counter({
      name: 'axbridge_customer_questions_total',
      help: 'Calls of mode X that were put to the customer’s server, by outcome',
      labelNames: ['outcome'],
      registers,
    });
    this.#answerTime = new Histogram({
      name: 'axbridge_customer_answer_seconds',
      help: 'Time until the customer’s server had answered, or never will',
      buckets: SECONDS_OF_DELAY,
      registers,
    });
    this.#refusals = new Counter({
      name: 'axbridge_partner_refusals_total',
      help: 'Requests that the partner API refused, by reason',
      labelNames: ['reason'],
      registers,
    });
    this.#eventLoop.enable();
    const lag = this.#eventLoop;
    new Gauge({
      name: 'axbridge_event_loop_lag_seconds',
      help: 'Delay of the event loop since the last scrape, 99th percentile',
      registers,
      aggregator: 'max',
      collect() {
        // What is recorded is the time from one look to the next.
        this.set(Math.max(0, lag.percentile(99) / 1e9 - LAG_EVERY_MS / 1000));
        lag.reset();
      },
    });
  }

  /** Counts a call that ended. `outcome` is one of a small fixed set of words, never a number. */
  attempt(mode: string, outcome: string): void {
    this.#attempts.inc({ mode, outcome });
  }

  decision(mode: string, seconds: number): void {
    this.#decision.observe({ mode }, seconds);
  }

  postDialDelay(mode: string, seconds: number): void {
    this.#postDialDelay.observe({ mode }, seconds);
  }

  setup(mode: string, seconds: number): void {
    this.#setup.observe({ mode }, seconds);
  }

  rejectedSource(): void {
    this.#rejectedSources.inc();
  }

  notRecorded(): void {
    this.#notRecorded.inc();
  }

  /** Counts a question to a customer's server. `outcome` is a word of AskOutcome. */
  customerAsked(outcome: string, seconds: number): void {
    this.#questions.inc({ outcome });
    this.#answerTime.observe(seconds);
  }

  /** Counts a request that the partner API refused. `reason` is a name of its table of errors. */
  partnerRefused(reason: string): void {
    this.#refusals.inc({ reason });
  }

  /** Tells with every scrape whether this node may be sent calls. */
  watchReadiness(isReady: () => boolean): void {
    new Gauge({
      name: 'axbridge_ready',
      help: '1 when /readyz says that this node may be sent calls',
      registers: [this.#registry],
      aggregator: 'max',
      collect() {
        this.set(isReady() ? 1 : 0);
      },
    });
  }

  /** Adds how many processes this application has, where this process alone answers for all. */
  countProcesses(read: () => ProcessCounts): void {
    addProcessSeries(this.#registry, read);
  }

  /** Adds what the embedded SIP server dropped. */
  countDropped(read: DroppedMessages): void {
    addDroppedSeries(this.#registry, read);
  }

  /** Connects the figures that are read at each scrape. */
  watch(sources: MetricSources): void {
    const registers = [this.#registry];
    const gauge = (name: string, help: string, read: () => number, aggregator: Aggregator = 'sum') =>
      new Gauge({
        name,
        help,
        registers,
        aggregator,
        collect() {
          this.set(read());
        },
      });
    const counter = (name: string, help: string, read: () => number) =>
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    const labelled = (
      name: string,
      help: string,
      label: string,
      read: () => Iterable<readonly [string, number]>,
      aggregator: Aggregator = 'sum',
    ) =>
      new Gauge({
        name,
        help,
        registers,
        aggregator,
        labelNames: [label],
        collect() {
          this.reset();
          for (const [value, figure] of read()) this.set({ [label]: value }, figure);
        },
      });
    const upOrDown = (states: ReadonlyMap<string, boolean>) =>
      [...states].map(([name, up]) => [name, up ? 1 : 0] as const);

    labelled('axbridge_calls_active', 'Calls in progress', 'mode', () => sources.activeCalls());
    gauge(
      'axbridge_routing_cache_entries',
      'X numbers in the routing cache',
      () => sources.routingCache().entries,
    );
    counter(
      'axbridge_routing_cache_hits_total',
      'Routing questions answered from memory',
      () => sources.routingCache().hits,
    );
    counter(
      'axbridge_routing_cache_misses_total',
      'Routing questions that needed the database',
      () => sources.routingCache().misses,
    );
    // Of several processes the one that is worse off is told.
    labelled(
      'axbridge_trunk_up',
      '1 when the trunk answers OPTIONS',
      'trunk',
      () => upOrDown(sources.trunks()),
      'min',
    );
    gauge('axbridge_media_sessions', 'Calls whose media is anchored', () => sources.media().sessions);
    labelled(
      'axbridge_media_server_up',
      '1 when the media server answers',
      'server',
      () => upOrDown(sources.media().servers),
      'min',
    );
    gauge(
      'axbridge_recordings_waiting',
      'Recordings in the folder that are to go to the bucket',
      () => sources.uploads().waiting,
      'max',
    );
    counter(
      'axbridge_recording_upload_failures_total',
      'Attempts to store a recording that the bucket did not take',
      () => sources.uploads().failures,
    );
    gauge('axbridge_journal_depth', 'Journal entries not yet durable', sources.journalDepth);
    gauge('axbridge_push_queue_depth', 'Notifications not yet delivered', () => sources.push().depth);
    gauge(
      'axbridge_push_oldest_age_seconds',
      'Age of the oldest notification not yet delivered',
      () => sources.push().oldestAgeSeconds,
      'max',
    );
    counter('axbridge_push_delivered_total', 'Notifications delivered', () => sources.push().delivered);
    counter(
      'axbridge_push_given_up_total',
      'Notifications that became dead letters',
      () => sources.push().givenUp,
    );
    gauge(
      'axbridge_push_targets_left_alone',
      'Targets whose notifications wait because they keep failing',
      () => sources.push().targetsLeftAlone,
      'max',
    );
    const counters = (
      name: string,
      help: string,
      label: string,
      read: () => Readonly<Record<string, number>>,
    ) =>
      new Counter({
        name,
        help,
        registers,
        labelNames: [label],
        collect() {
          this.reset();
          for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
        },
      });
    counters(
      'axbridge_push_failures_total',
      'Attempts to deliver a notification that failed, by reason',
      'reason',
      () => sources.push().failed,
    );
    counters(
      'axbridge_details_not_kept_total',
      'Details of calls, and attempts to deliver, of which the database took nothing',
      'kind',
      () => sources.notKept(),
    );
  }

  /** The exposition text and its content type. */
  async expose(): Promise<{ readonly body: string; readonly contentType: string }> {
    return { body: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }

  /** The same figures for a parent process, which puts those of all its processes together. */
  figures(): Promise<MetricFigures> {
    return this.#registry.getMetricsAsJSON();
  }

  close(): void {
    this.#eventLoop.disable();
    this.#registry.clear();
  }
}
