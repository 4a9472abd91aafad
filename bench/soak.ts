import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { defineBench, single } from './Bench.ts';
import type { SignedClient } from './binds/SignedClient.ts';
import { ForkedPart } from './ForkedPart.ts';
import type { Report } from './Report.ts';
import { BindChurn } from './soak/BindChurn.ts';
import { SERVERS } from './soak/callServers.ts';
import { climb } from './soak/climb.ts';
import { conclude, failuresOf, type SoakOutcome } from './soak/conclusion.ts';
import { HeldMeans } from './soak/HeldMeans.ts';
import type { Load } from './soak/loadProcess.ts';
import { type Pace, type Progress, progressSince } from './soak/PacedLoad.ts';
import { churnedPairs, plainPairs, recordedPairs } from './soak/pairs.ts';
import { type Figure, Samples } from './soak/Samples.ts';
import { sampleSystem } from './soak/sampleSystem.ts';
import { WholeSystem } from './soak/WholeSystem.ts';
import { whatIsLeft } from './soak/whatIsLeft.ts';
import { count } from './statistics.ts';

const SAMPLES_OF_A_RUN = 60;
/** Until caches, pools and compiled code are what they will be: this share of the time is not judged, */
const WARM_UP_SHARE = 1 / 6;
/** and not less than transactions are remembered after their end (RFC 3261, 64 × T1), and the first calls last. */
const LEAST_WARM_UP_MS = 50_000;

const HEADING = `  min    completed of begun  PDD p99  resident MiB: app SIP media  app's heap  files  dialogs  transactions  channels  outbox`;

function sampleLine(minutes: number, figures: readonly Figure[], calls: Progress): string {
  const of = (name: string): number => figures.find((figure) => figure.name === name)?.value ?? 0;
  const cells = [
    [minutes.toFixed(1), 5],
    [`${count(calls.completed)} of ${count(calls.begun)}`, 21],
    [`${calls.postDialDelayMs.p99.toFixed(0)} ms`, 9],
    [of('application, resident, MiB').toFixed(0), 19],
    [of('SIP server, resident, MiB').toFixed(0), 4],
    [of('media server, resident, MiB').toFixed(0), 6],
    [of('application, heap after GC, MiB').toFixed(1), 12],
    [of('application, open files').toFixed(0), 7],
    [of('dialogs').toFixed(0), 9],
    [of('transactions').toFixed(0), 14],
    [of('channels').toFixed(0), 10],
    [of('rows: outbox').toFixed(0), 8],
  ] as const;
  return cells.map(([text, width]) => text.padStart(width)).join('');
}

/** Calls at an even pace, and binds beside them, for so long. */
async function soakFor(
  minutes: number,
  pace: Pace,
  bindsPerSecond: number,
  parts: Parts,
): Promise<SoakOutcome> {
  const { system, load, report } = parts;
  // The climb ended with more calls than could be carried.
  const leftBefore = await whatIsLeft(system);
  if (leftBefore.length > 0) report.line(`Left by the climb: ${leftBefore.join(', ')}.`);
  const toldBefore = await system.told();
  const before = await load({ type: 'progress' });
  const samples = new Samples();
  const ms = 60_000 * minutes;
  const warmUpMs = Math.max(LEAST_WARM_UP_MS, ms * WARM_UP_SHARE);
  const startedAt = performance.now();
  const passedMs = (): number => performance.now() - startedAt;
  await load({ type: 'begin', pace });
  const churn = new BindChurn(parts.client, bindsPerSecond);
  {
    await using _binding = churn;
    await using held = new HeldMeans(system.servers);
    report.line(HEADING);
    for (let index = 1; index <= SAMPLES_OF_A_RUN; index += 1) {
      await delay(Math.max(0, (ms * index) / SAMPLES_OF_A_RUN - passedMs()));
      const figures = await sampleSystem(system, held.take());
      if (passedMs() > warmUpMs) samples.add(figures);
      report.line(
        sampleLine(passedMs() / 60_000, figures, progressSince(before, await load({ type: 'progress' }))),
      );
    }
  }
  const calls = progressSince(before, await load({ type: 'finish' }));
  const left = await whatIsLeft(system);
  const told = await system.told();
  return {
    ...{ calls, churn, left, trends: samples.trends(pace.callsPerSecond) },
    told: {
      ...told,
      records: told.records - toldBefore.records,
      recordsAgain: told.recordsAgain - toldBefore.recordsAgain,
    },
  };
}

interface Parts {
  readonly system: WholeSystem;
  readonly client: SignedClient;
  readonly load: Load;
  readonly report: Report;
}

function introduce(report: Report, recorded: number, talk: number, binds: number): void {
  report.line(
    `SIP server and media server: ${SERVERS}. Of a hundred calls ${recorded} are anchored and recorded, with sound both`,
  );
  report.line(
    `ways; the others are plain. INVITE, 180, answer after 200 ms, BYE ${talk} s later. Beside them ${binds} binds and unbinds a`,
  );
  report.line(
    'second; events and records go to a customer’s server. Phones and that server run on the same cores. Before each',
  );
  report.line('sample the Node processes collect garbage.');
  report.line();
}

export const soak = defineBench({
  name: 'soak',
  summary: 'calls for an hour at half of the highest rate: what grows, what fails, what is left',
  onlyByName: true,
  resultName: () => `soak-${SERVERS}`,
  flags: {
    minutes: { fallback: [60], meaning: 'how long, after the climb' },
    rate: { fallback: [0], meaning: 'calls a second; 0 finds the highest first and takes half of it' },
    climb: {
      fallback: [5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200],
      meaning: 'rates among which it is looked for, lowest first',
    },
    recorded: { fallback: [10], meaning: 'so many of a hundred calls are recorded' },
    talk: { fallback: [5], meaning: 'seconds from the answer to the end' },
    binds: { fallback: [5], meaning: 'binds, and as many unbinds, a second' },
  },
  async run({ minutes, rate, climb: rates, recorded, talk, binds }, report) {
    introduce(report, single(recorded), single(talk), single(binds));
    await using phones = new ForkedPart(join(import.meta.dirname, 'soak', 'loadProcess.ts'));
    const { calleePort } = await phones.hear<{ calleePort: number }>();
    const load: Load = (order) => phones.ask<Progress>(order);
    await using system = await WholeSystem.start(calleePort);
    const client = await system.addCustomer({ recording: false }, plainPairs, churnedPairs);
    await system.addCustomer({ recording: true }, recordedPairs);

    const pace = { target: system.servers.sip, recordedPercent: single(recorded), talkSeconds: single(talk) };
    const callsPerSecond = single(rate) || (await climb(rates, pace, load, report)) / 2;
    report.line(`${callsPerSecond} calls a second for ${single(minutes)} minutes:`);
    const parts = { system, client, load, report };
    const outcome = await soakFor(single(minutes), { ...pace, callsPerSecond }, single(binds), parts);
    conclude(report, outcome);
    const failures = failuresOf(outcome);
    report.line(failures.length === 0 ? 'Passed.' : `Failed: ${failures.join('; ')}.`);
    if (failures.length > 0) process.exitCode = 1;
  },
});
