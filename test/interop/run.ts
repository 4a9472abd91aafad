/**
 * Calls from phones that we did not write: Debian's sipp for every outcome, baresip for a call with sound, and
 * Prometheus' own check of the metrics page. `node test/interop/run.ts`; needs sip-tester, baresip and prometheus.
 */
import { spawnSync } from 'node:child_process';
import { runBaresipCall } from './baresipCall.ts';
import { OUTCOMES } from './outcomes.ts';
import { type Row, runOutcome } from './sippCall.ts';
import { World } from './World.ts';

const RING_SECONDS = 5;
const TITLE_COLUMNS = 46;

for (const program of ['sipp', 'baresip', 'promtool']) {
  if (spawnSync(program, ['-h']).error !== undefined) {
    console.error(`${program} is not installed: apt-get install sip-tester baresip prometheus`);
    process.exit(2);
  }
}

async function checkMetrics(world: World): Promise<Row> {
  const check = spawnSync('promtool', ['check', 'metrics'], { input: await world.application.metrics() });
  const said = `${check.stdout}${check.stderr}`.trim();
  const faults = check.status === 0 && said === '' ? [] : [said];
  return { title: 'promtool check metrics', stateCode: '', sip: '', faults };
}

async function attempt(title: string, run: () => Promise<Row>): Promise<Row> {
  try {
    return await run();
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { title, stateCode: '?', sip: '?', faults: [fault] };
  }
}

function print({ title, stateCode, sip, faults }: Row): void {
  const verdict = faults.length === 0 ? 'pass' : 'FAIL';
  console.log(`${title.padEnd(TITLE_COLUMNS)} ${stateCode.padEnd(9)} ${sip.padEnd(14)} ${verdict}`);
  for (const fault of faults) console.log(`    ${fault}`);
}

const only = process.argv[2];
const world = await World.start(RING_SECONDS);
const rows: Row[] = [];
console.log(`${'scenario'.padEnd(TITLE_COLUMNS)} ${'stateCode'.padEnd(9)} ${'SIP'.padEnd(14)} result`);
for (const outcome of OUTCOMES.filter(({ title }) => only === undefined || title.includes(only))) {
  const row = await attempt(outcome.title, () => runOutcome(world, outcome));
  rows.push(row);
  print(row);
}
for (const [title, run] of [
  ['baresip', runBaresipCall],
  ['promtool check metrics', checkMetrics],
] as const) {
  if (only !== undefined && !title.includes(only)) continue;
  const row = await attempt(title, () => run(world));
  rows.push(row);
  print(row);
}
const failed = rows.filter(({ faults }) => faults.length > 0).length;
await world.stop({ keepLogs: failed > 0 });
if (failed > 0) console.log(`logs of the phones: ${world.folder}`);
console.log(`${rows.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
