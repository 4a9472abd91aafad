import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { defineBench, single } from './Bench.ts';
import { ForkedPart } from './ForkedPart.ts';
import type { HeldAnswer, HeldCommand } from './held/heldProcess.ts';
import { pairsFrom } from './pairs.ts';
import type { Report } from './Report.ts';
import { type HeldByServers, SERVERS } from './soak/callServers.ts';
import type { ProcessMemory } from './soak/processMemory.ts';
import { WholeSystem } from './soak/WholeSystem.ts';
import { whatIsLeft } from './soak/whatIsLeft.ts';
import { count } from './statistics.ts';

const WARM_UP_CALLS = 500;
/** Until nothing of the calls' beginning is remembered any more (RFC 3261, 64 × T1), and ladders are written. */
const SETTLE_MS = 45_000;
const KIB_OF_MIB = 1024;

interface Moment {
  readonly name: string;
  readonly application: ProcessMemory;
  readonly sip: ProcessMemory;
  readonly held: HeldByServers;
}

async function look(name: string, system: WholeSystem): Promise<Moment> {
  const application = await system.applicationMemory();
  const sip = await system.servers.sipMemory();
  return { name, application, sip, held: await system.servers.held() };
}

const mib = (value: number | undefined): string => value?.toFixed(1) ?? '–';

function momentRow({ name, application, sip, held }: Moment): string[] {
  return [
    name,
    mib(application.residentMib),
    mib(application.heapMib),
    String(application.files),
    mib(sip.residentMib),
    mib(sip.heapMib),
    String(held.dialogs),
    String(held.transactions),
  ];
}

/** What each call makes a process hold, in words. */
function eachCall(before: ProcessMemory, during: ProcessMemory, calls: number): string {
  const kib = (from: number, to: number): string => (((to - from) * KIB_OF_MIB) / calls).toFixed(1);
  const resident = `${kib(before.residentMib, during.residentMib)} resident`;
  // Only a Node process tells its heap.
  if (before.heapMib === undefined || during.heapMib === undefined) return resident;
  return `${resident}, ${kib(before.heapMib, during.heapMib)} of heap`;
}

/** Begins calls, lets them stay, and ends them. @returns what the servers and the application held meanwhile */
async function hold(
  phones: ForkedPart,
  system: WholeSystem,
  calls: number,
  callsPerSecond: number,
  report: Report,
) {
  const order = { target: system.servers.sip, calls, callsPerSecond };
  const { answered = 0 } = await phones.ask<HeldAnswer>({ type: 'begin', order } satisfies HeldCommand);
  report.line(`${count(answered)} of ${count(calls)} calls were answered.`);
  await delay(SETTLE_MS);
  const during = await look(`${count(calls)} calls`, system);
  const { ends = {} } = await phones.ask<HeldAnswer>({ type: 'end', callsPerSecond } satisfies HeldCommand);
  const { completed = 0, ...failures } = ends;
  report.line(`${count(completed)} of ${count(calls)} calls were ended as they should.`);
  for (const [what, times] of Object.entries(failures)) report.line(`  ${times} × ${what}`);
  return { during, allWell: answered === calls && completed === calls };
}

export const held = defineBench({
  name: 'held',
  summary: 'memory of one application process and of its SIP server for each plain call that goes on',
  onlyByName: true,
  resultName: () => `held-${SERVERS}`,
  flags: {
    calls: { fallback: [10_000], meaning: 'calls at the same time' },
    rate: { fallback: [100], meaning: 'calls a second that begin, and end' },
  },
  async run({ calls, rate }, report) {
    await using phones = new ForkedPart(join(import.meta.dirname, 'held', 'heldProcess.ts'));
    const { calleePort } = await phones.hear<{ calleePort: number }>();
    await using system = await WholeSystem.start(calleePort);
    await system.addCustomer({ recording: false }, pairsFrom(0, single(calls)));

    report.line(
      `SIP server: ${SERVERS}. One application process; phones, SIP server and PostgreSQL are processes of their own.`,
    );
    report.line(
      `${single(rate)} calls a second begin, all stay, ${single(rate)} a second end; events and records go to a customer’s server.`,
    );
    report.line();
    const warmUpCalls = Math.min(WARM_UP_CALLS, single(calls));
    await hold(phones, system, warmUpCalls, single(rate), report);
    await whatIsLeft(system);
    const before = await look('before', system);
    report.line();
    const { during, allWell } = await hold(phones, system, single(calls), single(rate), report);
    const left = await whatIsLeft(system);
    const after = await look('after', system);
    const { records } = await system.told();
    const isToldOfAll = records === single(calls) + warmUpCalls;

    report.line(
      `Left of calls after the end: ${left.length === 0 ? 'nothing' : left.join(', ')}. Records: ${count(records)}.`,
    );
    report.line();
    report.line(
      `MiB, heap after garbage is collected and with buffers; before: after ${warmUpCalls} calls came and went.`,
    );
    report.line();
    report.table(
      ['', 'app resident', 'heap', 'files', 'SIP server resident', 'heap', 'dialogs', 'transactions'],
      [before, during, after].map(momentRow),
    );
    const application = eachCall(before.application, during.application, single(calls));
    const sip = eachCall(before.sip, during.sip, single(calls));
    report.line(`Each call, KiB: application ${application};`);
    report.line(`SIP server ${sip}.`);
    if (!allWell || left.length > 0 || !isToldOfAll) process.exitCode = 1;
  },
});
