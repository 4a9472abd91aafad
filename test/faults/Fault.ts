import { toldCalls } from '../kit/customer.ts';
import type { SeenCall, Traffic } from '../kit/Traffic.ts';
import type { WebhookSink } from '../kit/WebhookSink.ts';

/** One row of the table in docs/faults.md. */
export interface FaultRow {
  readonly what: string;
  /** Calls begun while this was watched. */
  readonly calls: number;
  /** Calls in progress when the fault came. */
  readonly inFlight: number;
  /** Calls that did not go as their caller wished. */
  readonly lost: number;
  /** Those of them that the fault does not excuse, each in words. */
  readonly needNot: readonly string[];
  /** Calls without a disconnect event or record, or with none of either. */
  readonly missing: number;
  /** Calls with more than one disconnect event or record, by their ids. */
  readonly doubled: number;
  /** Seconds from the fault until a call that began after it was answered. */
  readonly nextAfter: number;
}

export interface FaultOptions {
  readonly what: string;
  readonly stream: Traffic;
  readonly sink: WebhookSink;
  /** Whether the fault takes with it a call that was in progress when it came; none, if not given. */
  readonly takes?: (call: SeenCall) => boolean;
  /** Whether no call can be taken between the fault and its end, and for two seconds more. */
  readonly closes?: boolean;
}

/** What was away is not noticed to be back in the same moment: calls of this time after it count as lost, but not needlessly. */
const NOTICED_WITHIN_MS = 2_000;
const TOLD_PATIENCE_MS = 45_000;

/** A fault that calls meet: from the moment at which it is done until all that it left has been told. */
export class Fault {
  readonly #options: FaultOptions;
  readonly #toldBefore: ReadonlySet<string>;
  readonly #callsBefore: number;
  readonly #inFlight: readonly SeenCall[];
  readonly at = performance.now();
  #mendedAt = this.at;

  /** The fault is done at this moment. */
  constructor(options: FaultOptions) {
    this.#options = options;
    this.#inFlight = options.stream.inFlight;
    this.#toldBefore = new Set(
      toldCalls(options.sink)
        .filter(({ records }) => records.length > 0)
        .map(({ sessionId }) => sessionId),
    );
    this.#callsBefore = options.stream.calls.filter(({ endedAt }) => endedAt !== undefined).length;
  }

  /** What was broken is whole again at this moment. */
  mended(): void {
    this.#mendedAt = performance.now();
  }

  /** Answered calls that began after the fault, or after it was mended. */
  answered(since: 'fault' | 'mended' = 'fault'): readonly SeenCall[] {
    const from = since === 'fault' ? this.at : this.#mendedAt;
    return this.#options.stream.calls.filter(
      (call) => call.startedAt > from && call.answeredAt !== undefined,
    );
  }

  /**
   * Ends the stream, waits until everything has been told, and counts.
   * The row is printed as docs/faults.md has it.
   */
  async count(): Promise<FaultRow> {
    const { what, stream, sink } = this.#options;
    await stream.end();
    const watched = stream.calls.slice(this.#callsBefore);
    const answered = watched.filter(({ answeredAt }) => answeredAt !== undefined).length;
    const told = () => toldCalls(sink).filter(({ sessionId }) => !this.#toldBefore.has(sessionId));
    const isWhole = (ids: ReturnType<typeof idsOf>) => ids.disconnects > 0 && ids.records > 0;
    const allTold = () => told().length >= answered && told().every((call) => isWhole(idsOf(call)));
    // What is missing is counted below.
    await sink.waitFor(allTold, TOLD_PATIENCE_MS).catch(() => undefined);
    const counts = told().map(idsOf);
    const lost = watched.filter(({ fate }) => fate !== 'talked');
    const next = Math.min(...this.answered().map(({ answeredAt = Number.POSITIVE_INFINITY }) => answeredAt));
    const row: FaultRow = {
      what,
      calls: watched.length,
      inFlight: this.#inFlight.length,
      lost: lost.length,
      needNot: lost.filter((call) => !this.#isExcused(call)).map((call) => this.#inWords(call)),
      missing: counts.filter((ids) => !isWhole(ids)).length + Math.max(0, answered - counts.length),
      doubled: counts.filter(({ disconnects, records }) => disconnects > 1 || records > 1).length,
      nextAfter: (next - this.at) / 1000,
    };
    print(row);
    return row;
  }

  #isExcused(call: SeenCall): boolean {
    const { takes = () => false, closes = false } = this.#options;
    if (this.#inFlight.includes(call)) return takes(call);
    return closes && call.startedAt >= this.at && call.startedAt <= this.#mendedAt + NOTICED_WITHIN_MS;
  }

  #inWords({ fate, detail, startedAt, answeredAt }: SeenCall): string {
    const seconds = (at: number) => `${((at - this.at) / 1000).toFixed(1)} s`;
    const answer = answeredAt === undefined ? 'not answered' : `answered at ${seconds(answeredAt)}`;
    return `${fate} (${detail}): begun at ${seconds(startedAt)}, ${answer}`;
  }
}

function idsOf({ events, records }: ReturnType<typeof toldCalls>[number]): {
  disconnects: number;
  records: number;
} {
  const disconnects = events.filter(({ eventType }) => eventType === 'disconnect').map(({ id }) => id);
  return { disconnects: new Set(disconnects).size, records: new Set(records.map(({ id }) => id)).size };
}

function print({ what, calls, inFlight, lost, needNot, missing, doubled, nextAfter }: FaultRow): void {
  const cells = [
    ...[what, calls, inFlight, lost, needNot.length],
    ...[`${missing} / ${doubled}`, `${nextAfter.toFixed(1)} s`],
  ];
  console.log(`| ${cells.join(' | ')} |`);
  for (const call of needNot) console.log(`  need not have been lost: ${call}`);
}
