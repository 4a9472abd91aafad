import type { Report } from './Report.ts';

/** One number or list of numbers that the command line may set. */
export interface Flag {
  readonly fallback: readonly number[];
  readonly meaning: string;
}

/** Values by flag name, without the dashes. */
export type Settings<Names extends string = string> = { readonly [Name in Names]: readonly number[] };

/** What `npm run bench` can run. */
export interface Bench {
  readonly name: string;
  /** One line: what is measured, beside what. */
  readonly summary: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** It takes long, and runs only when it is named. */
  readonly onlyByName?: boolean;
  /** Where its results go below `bench/results`, without `.txt`; without this, its name. */
  readonly resultName?: () => string;
  /** Measures and reports; leaves no process, file or socket behind. */
  run(settings: Settings, report: Report): Promise<void>;
}

/** A bench whose `run` sees its own flags by name. */
export function defineBench<Names extends string>(bench: {
  readonly name: string;
  readonly summary: string;
  readonly flags: Readonly<Record<Names, Flag>>;
  readonly onlyByName?: boolean;
  readonly resultName?: () => string;
  run(settings: Settings<Names>, report: Report): Promise<void>;
}): Bench {
  return {
    ...bench,
    run: (settings, report) => {
      const own = Object.fromEntries(
        Object.entries<Flag>(bench.flags).map(([name, { fallback }]) => [name, settings[name] ?? fallback]),
      );
      return bench.run(own as Settings<Names>, report);
    },
  };
}

/** The only, or first, value of a flag. */
export function single(values: readonly number[]): number {
  return values[0] ?? Number.NaN;
}
