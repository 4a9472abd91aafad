import {
  AggregatorRegistry,
  Counter,
  Gauge,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';

/** The figures of one process, as they are handed to another one. */
export type MetricFigures = MetricObjectWithValues<MetricValue<string>>[];

/** How many processes of this application take calls, and how often one died and was started again. */
export interface ProcessCounts {
  readonly running: number;
  readonly restarts: number;
}

/** Messages that the embedded SIP server did not handle since it started, by reason. */
export type DroppedMessages = () => Promise<Readonly<Record<string, number>>>;

/** Adds the series of what the embedded SIP server does not hand to anybody, as what strangers send beyond their allowance. */
export function addDroppedSeries(registry: Registry, read: DroppedMessages): void {
  new Counter({
    name: 'axbridge_sip_dropped_messages_total',
    help: 'Messages that the embedded SIP server did not handle, by reason',
    labelNames: ['reason'],
    registers: [registry],
    async collect() {
      // While it is being started again, what was known of it stands.
      const dropped = await read().catch(() => undefined);
      if (dropped === undefined) return;
      this.reset();
      for (const [reason, count] of Object.entries(dropped)) this.inc({ reason }, count);
    },
  });
}

/** Adds the series that count processes. */
export function addProcessSeries(registry: Registry, read: () => ProcessCounts): void {
  const registers = [registry];
  new Gauge({
    name: 'axbridge_processes_running',
    help: 'Processes of this application that take calls',
    registers,
    collect() {
      this.set(read().running);
    },
  });
  new Counter({
    name: 'axbridge_process_restarts_total',
    help: 'Processes of this application that ended by themselves and were started again',
    registers,
    collect() {
      this.reset();
      this.inc(read().restarts);
    },
  });
}

/** One exposition of all processes: counts added up, of states the one that needs attention. */
export async function exposeTogether(
  processes: readonly MetricFigures[],
  counts: ProcessCounts,
  dropped?: DroppedMessages,
): Promise<{ readonly body: string; readonly contentType: string }> {
  const own = new Registry();
  addProcessSeries(own, () => counts);
  if (dropped) addDroppedSeries(own, dropped);
  const together = AggregatorRegistry.aggregate([...processes, await own.getMetricsAsJSON()]);
  return { body: await together.metrics(), contentType: together.contentType };
}
