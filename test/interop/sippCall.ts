import type { Outcome } from './outcomes.ts';
import { freeUdpPort } from './ports.ts';
import { type SippResult, startSipp } from './Sipp.ts';
import type { World } from './World.ts';

/** What came of one scenario: the row of the table, and what was wrong with it. */
export interface Row {
  readonly title: string;
  readonly stateCode: string;
  readonly sip: string;
  readonly faults: readonly string[];
}

/** Runs one call between two sipp processes and looks at it from both ends and from the customer's server. */
export async function runOutcome(world: World, outcome: Outcome): Promise<Row> {
  const faults: string[] = [];
  const bound = await world.bind(outcome.terms ?? {});
  if (outcome.numberState !== undefined) {
    const path = `/numbers/${encodeURIComponent(bound.x)}`;
    await world.admin.send('PATCH', path, { state: outcome.numberState });
  }
  const { folder, calleePort: port } = world;
  const callee =
    outcome.callee === undefined
      ? undefined
      : await startSipp({ scenario: outcome.callee, port, keys: outcome.calleeKeys ?? {}, folder });
  const caller = await startSipp({
    scenario: outcome.caller,
    remote: world.application.sip,
    port: await freeUdpPort(),
    keys: { caller: outcome.from ?? bound.a, x: bound.x },
    folder,
  });
  const atCaller = await caller.result;
  faults.push(...complaints(atCaller));
  if (callee !== undefined) {
    const atCallee = await callee.result;
    faults.push(...complaints(atCallee));
    const shown = /rung, shown (\S+)/.exec(atCallee.log)?.[1];
    if (shown !== bound.x) faults.push(`the callee saw ${shown}, not X`);
  }
  const final = /final (\d{3}) reason\s+(.*)/.exec(atCaller.log);
  const cause = Number(/Q\.850\s*;\s*cause=(\d+)/.exec(final?.[2] ?? '')?.[1] ?? 0);
  if (outcome.refusal !== undefined) {
    const { sip, q850 } = outcome.refusal;
    if (Number(final?.[1]) !== sip) faults.push(`SIP ${final?.[1]}, expected ${sip}`);
    // Who cancels gets the 487 of his own SIP stack's peer, not of the application: it carries no Reason.
    if (sip !== 487 && cause !== q850) faults.push(`Q.850 ${cause}, expected ${q850}`);
  }
  const told = await world.told(bound.x);
  const stateCode = told.events.at(-1)?.statusInfo.stateCode;
  if (stateCode !== outcome.stateCode) faults.push(`stateCode ${stateCode}, expected ${outcome.stateCode}`);
  if (told.records.length !== 1) faults.push(`${told.records.length} call records`);
  if (outcome.recorded) {
    const { caller: a, callee: b, seconds } = await world.voices(told);
    if (a < 0.2 || b < 0.2)
      faults.push(`the recording holds ${a.toFixed(2)} and ${b.toFixed(2)} of the voices`);
    if (seconds < 3) faults.push(`the recording has ${seconds} s`);
  }
  const sip = final === null ? '200' : `${final[1]}${cause === 0 ? '' : ` Q.850 ${cause}`}`;
  return { title: outcome.title, stateCode: String(stateCode), sip, faults };
}

function complaints({ name, exitCode, errors }: SippResult): string[] {
  return exitCode === 0 ? [] : [`${name} ended with ${exitCode}: ${errors.slice(0, 600)}`];
}
