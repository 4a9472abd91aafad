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
): Promise<{ readonly body: string; readonly contentType: string }> {
  const own = new Registry();
  addProcessSeries(own, () => counts);
  const together = AggregatorRegistry.aggregate([...processes, await own.getMetricsAsJSON()]);
  return { body: await together.metrics(), contentType: together.contentType };
}
