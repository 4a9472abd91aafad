import type { Person } from './people.ts';
import type { Stage } from './Stage.ts';

/** How somebody with a softphone takes part, once the story is told. */
export interface DialIn {
  readonly as: Person;
  readonly number: string;
  /** What happens when that number is called, in a sentence. */
  readonly outcome: string;
}

/** What one mode is for, told with people who call each other. */
export interface Story {
  readonly title: string;
  /** Plays it, and notes on the stage's list what was seen. */
  play(stage: Stage): Promise<DialIn>;
}
