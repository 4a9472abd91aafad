import { defineBench, single } from './Bench.ts';
import { aimOfHighest, aimsAt, type Highest, type Turns } from './paths/aims.ts';
import { type Contestant, type ContestantName, startContestants } from './paths/contestants.ts';
import { SippLoad } from './paths/SippLoad.ts';
import { isReal } from './paths/servers.ts';
import { callPathCpu, isHeld, isOverloaded, middle, type Turn, takeTurn } from './paths/turns.ts';
import type { Report } from './Report.ts';
import { inTurns } from './rounds.ts';
import { spread } from './statistics.ts';

const NAMES: Record<ContestantName, string> = {
  direct: 'sipp to sipp',
  bare: 'createB2BUA',
  plain: 'axbridge, plain',
  naive: 'naive fsmrf',
  anchored: 'axbridge, anchored',
  alone: 'FreeSWITCH alone',
};
const ORDER: readonly ContestantName[] = ['direct', 'bare', 'plain', 'naive', 'anchored', 'alone'];
const HEADING = [
  ...['', 'completed', 'app', 'SIP server', 'media server', 'CPU a call', 'PostgreSQL'],
  ...['INVITE to 180 p50', 'p99', 'added p50', 'p99', 'INVITE to connected p50', 'p99'],
];

/** AXBRIDGE_BENCH_PATHS: names of those that take part, with commas; without it all do. */
const WANTED: readonly string[] = process.env.AXBRIDGE_BENCH_PATHS?.split(',') ?? ORDER;

type Running = Partial<Record<ContestantName, Contestant>>;
type Take = (name: ContestantName, rate: number) => Promise<Turn>;

const ms = (value: number): string => value.toFixed(2);

function rowOf(
  name: ContestantName,
  rate: number,
  turns: readonly Turn[],
  direct: readonly Turn[],
): string[] {
  const of = (figure: (turn: Turn) => number): string => ms(middle(turns, figure));
  const added = (figure: (turn: Turn) => number): string =>
    name === 'direct' || direct.length === 0 ? '' : ms(middle(turns, figure) - middle(direct, figure));
  const sum = (figure: (turn: Turn) => number): number =>
    turns.reduce((total, turn) => total + figure(turn), 0);
  return [
    `${rate}/s ${NAMES[name]}`,
    `${sum(({ completed }) => completed)}/${sum(({ begun }) => begun)}`,
    of(({ cpu }) => cpu.application),
    of(({ cpu }) => cpu.sipServer),
    of(({ cpu }) => cpu.mediaServer),
    spread(turns.map(callPathCpu), ms),
    of(({ cpu }) => cpu.postgres),
    of(({ ringing }) => ringing.p50),
    of(({ ringing }) => ringing.p99),
    added(({ ringing }) => ringing.p50),
    added(({ ringing }) => ringing.p99),
    of(({ connected }) => connected.p50),
    of(({ connected }) => connected.p99),
  ];
}

export const paths = defineBench({
  name: 'paths',
  summary:
    'both paths sipp to sipp, beside createB2BUA, a naive fsmrf bridge and FreeSWITCH alone, on embedded or real servers',
  onlyByName: true,
  resultName: () => (isReal ? 'paths-real' : 'paths-embedded'),
  flags: {
    rounds: { fallback: [5], meaning: 'rounds of all contestants' },
    seconds: { fallback: [6], meaning: 'how long calls begin in each turn' },
    warmUp: { fallback: [15], meaning: 'seconds of calls, 100 and 20 each, before anything is measured' },
    rates: { fallback: [10, 30, 100, 300], meaning: 'calls begun a second' },
    climb: { fallback: [200, 300, 400, 500, 600, 700], meaning: 'rates tried for the highest, plain' },
    anchoredClimb: { fallback: [20, 40, 60, 80, 100, 120], meaning: 'the same, anchored' },
  },
  async run({ rounds, seconds, warmUp, rates, climb, anchoredClimb }, report) {
    const unknown = WANTED.find((wanted) => !ORDER.some((name) => name === wanted));
    if (unknown !== undefined)
      throw new Error(`AXBRIDGE_BENCH_PATHS: ${unknown} is none of ${ORDER.join(', ')}`);
    await using load = await SippLoad.start();
    await using parts = new AsyncDisposableStack();
    const running = await startContestants(load.calleePort, isWanted, parts);
    const take: Take = (name, rate) => takeTurn(load, named(running, name), rate, single(seconds));
    introduce(report, single(rounds), single(seconds));
    for (const name of present(running)) {
      const contestant = named(running, name);
      await takeTurn(load, contestant, contestant.rtp ? 20 : 100, name === 'direct' ? 1 : single(warmUp));
    }
    const aims = await compare(rates, single(rounds), present(running), report, take);
    const highest = {
      ...(await climbUp(
        climb,
        present(running).filter((name) => name === 'bare' || name === 'plain'),
        report,
        take,
      )),
    };
    const anchoredOnes = present(running).filter((name) => named(running, name).rtp);
    Object.assign(highest, await climbUp(anchoredClimb, anchoredOnes, report, take));
    report.table(['', '', 'aim', ''], [...aims, ...aimOfHighest(highest)]);
  },
});

function isWanted(name: ContestantName): boolean {
  return WANTED.includes(name);
}

function present(running: Running): ContestantName[] {
  return ORDER.filter((name) => running[name] !== undefined);
}

function named(running: Running, name: ContestantName): Contestant {
  const contestant = running[name];
  if (contestant === undefined) throw new Error(`${name} does not run`);
  return contestant;
}

function introduce(report: Report, rounds: number, seconds: number): void {
  const servers = isReal ? 'drachtio-server and FreeSWITCH' : 'the embedded servers';
  for (const line of [
    `On ${servers}. One call: INVITE, 180, answer after 200 ms, BYE a second later. CPU and times in milliseconds;`,
    'CPU a call is that of application, SIP server and media server. "added": beyond sipp to sipp. Connected: from the',
    'INVITE, less the 200 ms of ringing, to the 200 and, anchored, the first sound of the callee in the ear of the caller',
    '(both talk: 50 packets of A-law a second). axbridge is the whole application (routing, journal in PostgreSQL, 5 events',
    'and a record pushed); its anchored calls are those of a binding that limits their length. Each contestant has servers',
    'of its own, configured alike, with the same log level; sipp and the phones for RTP run on the same cores.',
    `${rounds} rounds of ${seconds} s of calls each; median (least–greatest).`,
  ]) {
    report.line(line);
  }
  report.line();
}

/** Who loses calls in a turn, more than one in a hundred, is not asked for that rate again, nor for a higher one. @returns rows of the aims */
async function compare(
  rates: readonly number[],
  rounds: number,
  names: readonly ContestantName[],
  report: Report,
  take: Take,
): Promise<string[][]> {
  let able = names;
  const rows: string[][] = [];
  const aims: string[][] = [];
  for (const rate of rates) {
    const turns: Partial<Record<ContestantName, Turn[]>> = {};
    const sides = able.map((name) => {
      const measure = async (): Promise<number> => {
        turns[name] ??= [];
        return turns[name].some(isOverloaded) ? 0 : turns[name].push(await take(name, rate));
      };
      return [name, measure] as const;
    });
    await inTurns(rounds, sides);
    const taken: Turns = turns;
    for (const name of able) rows.push(rowOf(name, rate, taken[name] ?? [], taken.direct ?? []));
    aims.push(...aimsAt(rate, taken));
    able = able.filter((name) => !(taken[name] ?? []).some(isOverloaded));
  }
  report.table(HEADING, rows);
  return aims;
}

async function climbUp(
  rates: readonly number[],
  names: readonly ContestantName[],
  report: Report,
  take: Take,
): Promise<Highest> {
  const rows: string[][] = [];
  const highest: Highest = {};
  for (const name of names) {
    highest[name] = 0;
    for (const rate of rates) {
      let turn = await take(name, rate);
      if (!isHeld(turn)) turn = await take(name, rate);
      rows.push(rowOf(name, rate, [turn], []));
      if (!isHeld(turn)) break;
      highest[name] = rate;
    }
  }
  const words = names.map((name) => `${NAMES[name]} ${highest[name] || 'none'}`).join(', ');
  report.line(
    `Highest of the rates ${rates.join(', ')} a second at which every call completes and the p99 of`,
  );
  report.line(`INVITE to 180 stays below 500 ms, in one of two tries: ${words}`);
  report.line();
  report.table(HEADING, rows);
  return highest;
}
