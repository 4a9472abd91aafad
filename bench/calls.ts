import { defineBench, single } from './Bench.ts';
import { climbUp, HEADING, rowOf } from './calls/rows.ts';
import { startAxbridge, startBareB2bua } from './calls/sides.ts';
import { startCallLoad } from './calls/startCallLoad.ts';
import { callPathCpu, takeTurn } from './calls/turn.ts';
import type { Report } from './Report.ts';
import { inTurns } from './rounds.ts';
import { median } from './statistics.ts';

const WARM_UP_CALLS_PER_SECOND = 150;

const SIDES = ['bare', 'axbridge', 'silent'] as const;
type SideName = (typeof SIDES)[number];
const NAMES: Record<SideName, string> = {
  bare: 'bare createB2BUA',
  axbridge: 'axbridge',
  silent: 'axbridge, nobody to notify',
};

export const calls = defineBench({
  name: 'calls',
  summary: 'CPU a call, post-dial delay and most calls a second of the plain path, beside a bare createB2BUA',
  flags: {
    rounds: { fallback: [2], meaning: 'rounds of each side' },
    seconds: { fallback: [3], meaning: 'how long calls begin in each turn' },
    warmUp: { fallback: [8], meaning: 'seconds of calls, 150 each, before anything is measured' },
    rates: { fallback: [10, 100], meaning: 'calls begun a second' },
    climb: { fallback: [150, 250, 350, 450], meaning: 'rates tried for the highest, once each' },
  },
  async run({ rounds, seconds, warmUp, rates, climb }, report) {
    await using load = await startCallLoad();
    await using bare = await startBareB2bua(load.calleePort);
    await using axbridge = await startAxbridge(load.calleePort, true);
    await using silent = await startAxbridge(load.calleePort, false);
    const sides = { bare, axbridge, silent };
    for (const side of Object.values(sides)) {
      await takeTurn(load, side, WARM_UP_CALLS_PER_SECOND, single(warmUp));
    }
    introduce(report, single(rounds), single(seconds));

    const take = (side: SideName, rate: number) => takeTurn(load, sides[side], rate, single(seconds));
    const rows: string[][] = [];
    for (const rate of rates) {
      const turns = await inTurns(
        single(rounds),
        SIDES.map((side) => [side, () => take(side, rate)] as const),
      );
      for (const side of SIDES) {
        const ratio = median(turns[side].map(callPathCpu)) / median(turns.bare.map(callPathCpu));
        rows.push([...rowOf(NAMES[side], rate, turns[side]), side === 'bare' ? '' : `${ratio.toFixed(2)} ×`]);
      }
    }
    report.table([...HEADING, 'beside bare'], rows);
    const climbers = (['bare', 'axbridge'] as const).map((side) => ({
      name: NAMES[side],
      take: (rate: number) => take(side, rate),
    }));
    await climbUp(climb, climbers, report);
  },
});

function introduce(report: Report, rounds: number, seconds: number): void {
  report.line(
    'One call: INVITE, 180, answer after 200 ms, BYE a second later, no media. CPU and post-dial delay (PDD)',
  );
  report.line(
    'in milliseconds a call. axbridge: the whole application (routing, journal in PostgreSQL, 5 events and a',
  );
  report.line(
    'record pushed); nobody to notify: the same, for an application that gave no URLs. Each side on an embedded',
  );
  report.line(
    'SIP server of its own; callers and callees run in a process of their own on the same machine.',
  );
  report.line(`${rounds} rounds of ${seconds} s of calls each; median (least–greatest).`);
  report.line();
}
