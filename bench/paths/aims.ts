import type { ContestantName } from './contestants.ts';
import { callPathCpu, isComplete, middle, type Turn } from './turns.ts';

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

/**
 * How axbridge stands to what it is to reach beside its peers, at one rate. A peer that loses calls is nothing
 * to be measured by.
 * @returns rows of what, value, aim, verdict
 */
export function aimsAt(rate: number, turns: Turns): string[][] {
  const { direct = [], bare = [], plain = [], naive = [], anchored = [] } = turns;
  const added = (): number =>
    middle(plain, ({ ringing }) => ringing.p99) - middle(direct, ({ ringing }) => ringing.p99);
  return [
    ...beside(`${rate}/s plain`, plain, bare, () => [
      row(`${rate}/s plain: CPU a call beside createB2BUA`, ratio(plain, bare, callPathCpu), 1.25, times),
      row(`${rate}/s plain: INVITE to 180 added at p99`, added(), 10, ms),
    ]),
    ...beside(`${rate}/s anchored`, anchored, naive, () => [
      row(
        `${rate}/s anchored: INVITE to bridged beside naive fsmrf`,
        ratio(anchored, naive, ({ connected }) => connected.p50),
        0.25,
        times,
      ),
      row(
        `${rate}/s anchored: INVITE to 180 beside it`,
        ratio(anchored, naive, ({ ringing }) => ringing.p50),
        0.5,
        times,
      ),
      row(`${rate}/s anchored: CPU a call beside it`, ratio(anchored, naive, callPathCpu), 0.8, times),
    ]),
  ];
}

function ratio(ours: readonly Turn[], theirs: readonly Turn[], figure: (turn: Turn) => number): number {
  return middle(ours, figure) / middle(theirs, figure);
}

function beside(
  what: string,
  ours: readonly Turn[],
  theirs: readonly Turn[],
  compared: () => string[][],
): string[][] {
  if (ours.length === 0 || theirs.length === 0 || !theirs.every(isComplete)) return [];
  return ours.every(isComplete) ? compared() : [[`${what}: every call completes`, 'no', '', 'missed']];
}

/** The same of the highest rates. */
export function aimOfHighest({ bare, plain }: Highest): string[][] {
  if (bare === undefined || plain === undefined || bare === 0) return [];
  return [row('plain: highest rate beside createB2BUA', plain / bare, 0.9, times, true)];
}
