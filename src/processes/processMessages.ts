import type { MetricFigures } from '../telemetry/processSeries.ts';
import type { Use } from './SharedUse.ts';

/** What a process of the group can be asked, and what it answers. */
export interface Answers {
  readonly metrics: MetricFigures;
  /** What keeps it from taking calls; empty when it is ready. */
  readonly obstacles: readonly string[];
}

export type Question = keyof Answers;

/** Where a process has opened its doors. */
export interface OpenPorts {
  readonly http: number;
  readonly https: number | undefined;
}

/** A process that takes calls. */
export interface ReadyProcess {
  readonly ports: OpenPorts;
  /** By this the database knows what the process holds. */
  readonly life: string;
}

export type ToProcess<Assignment> =
  | { readonly type: 'start'; readonly assignment: Assignment }
  /** Take nothing new, let calls end, leave. */
  | { readonly type: 'stop' }
  /** Another process is gone without a word; what it held may be taken over. */
  | { readonly type: 'died'; readonly life: string }
  /** What the other processes have. */
  | { readonly type: 'used'; readonly use: Use }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question };

export type FromProcess =
  | ({ readonly type: 'ready' } & ReadyProcess)
  | { readonly type: 'used'; readonly use: Use }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answers[Question] };

/** The program's argument that makes it a process of a group. */
export const PROCESS_ARGUMENT = 'process-of-a-group';
