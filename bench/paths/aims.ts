import type { ContestantName } from './contestants.ts';
import { callPathCpu, middle, type Turn } from './turns.ts';

export type Turns = Partial<Record<ContestantName, readonly Turn[]>>;
export type Highest = Partial<Record<ContestantName, number>>;

const times = (value: number): string => `${value.toFixed(2)} ×`;
const ms = (value: number): string => `${value.toFixed(1)} ms`;

function row(
  what: string,
  value: number,
  aim: number,
  write: (value: number) => string,
  least = false,
): string[] {
  const isMet = least ? value >= aim : value <= aim;
  return [what, write(value), `${least ? 'at least' : 'at most'} ${write(aim)}`, isMet ? 'met' : 'missed'];
}

/** How axbridge stands to what it is to reach beside its peers, at one rate. @returns rows of what, value, aim, verdict */
export function aimsAt(
  rate: number,
  { direct = [], bare = [], plain = [], naive = [], anchored = [] }: Turns,
): string[][] {
  const rows: string[][] = [];
  const ratio = (ours: readonly Turn[], theirs: readonly Turn[], figure: (turn: Turn) => number): number =>
    middle(ours, figure) / middle(theirs, figure);
  if (plain.length > 0 && bare.length > 0) {
    const added = middle(plain, ({ ringing }) => ringing.p99) - middle(direct, ({ ringing }) => ringing.p99);
    rows.push(
      row(`${rate}/s plain: CPU a call beside createB2BUA`, ratio(plain, bare, callPathCpu), 1.25, times),
    );
    rows.push(row(`${rate}/s plain: PDD added at p99`, added, 10, ms));
  }
  if (anchored.length > 0 && naive.length > 0) {
    rows.push(
      row(
        `${rate}/s anchored: INVITE to bridged beside naive fsmrf`,
        ratio(anchored, naive, ({ connected }) => connected.p50),
        0.25,
        times,
      ),
      row(
        `${rate}/s anchored: PDD beside it`,
        ratio(anchored, naive, ({ ringing }) => ringing.p50),
        0.5,
        times,
      ),
      row(`${rate}/s anchored: CPU a call beside it`, ratio(anchored, naive, callPathCpu), 0.8, times),
    );
  }
  return rows;
}

/** The same of the highest rates. */
export function aimOfHighest({ bare, plain }: Highest): string[][] {
  if (bare === undefined || plain === undefined || bare === 0) return [];
  return [row('plain: highest rate beside createB2BUA', plain / bare, 0.9, times, true)];
}
