import { cpus, loadavg, release, totalmem } from 'node:os';

const GIB = 2 ** 30;

/** Processor, cores, memory, kernel and runtime, in one line. */
export function describeMachine(): string {
  const [first] = cpus();
  const model = first?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / GIB)} GiB`;
  return `${model}, ${cpus().length} cores, ${memory} · Linux ${release()} · Node ${process.versions.node}`;
}

/** How busy the machine was with other things when the run began. */
export function describeLoad(): string {
  const [oneMinute = 0] = loadavg();
  return `load before the run ${oneMinute.toFixed(2)}`;
}
