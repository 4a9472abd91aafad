import type { CallLines } from '../../src/calls/CallServices.ts';
import type { CallSnapshot } from '../../src/store/CallSnapshot.ts';
import type { LineAnswer, LineRequest } from '../../src/store/lines.ts';
import { Series } from '../kit/Series.ts';

/** Lines without a database: who holds which. */
export class LinesInMemory implements CallLines {
  /** By X and extension: the call that has it. */
  readonly taken = new Map<string, string>();
  /** Temporary callees that are not there any more. */
  readonly usedCallees = new Set<string>();
  readonly requests = new Series<LineRequest>('waiting for a line to be taken');
  /** Sessions that were freed on their own, not by the close of their call. */
  readonly freed: string[] = [];
  /** Holds `take` back before it does anything. */
  before: Promise<void> = Promise.resolve();
  /** Holds the answer of `take` back when the line is taken. */
  after: Promise<void> = Promise.resolve();

  async take(request: LineRequest): Promise<LineAnswer> {
    this.requests.push(request);
    await this.before;
    const { line, sessionId, temporaryCallee } = request;
    const key = `${line.x}*${line.extension}`;
    if (temporaryCallee !== undefined && this.usedCallees.has(temporaryCallee)) return 'used';
    if (this.taken.has(key)) return 'busy';
    this.taken.set(key, sessionId);
    if (temporaryCallee !== undefined) this.usedCallees.add(temporaryCallee);
    await this.after;
    return 'taken';
  }

  async free(_appKey: string, sessionId: string): Promise<void> {
    this.freed.push(sessionId);
    this.#free(sessionId);
  }

  /** As the journal does it, in the transaction that closes a call. */
  callClosed({ line, sessionId }: CallSnapshot): void {
    if (line) this.#free(sessionId);
  }

  #free(sessionId: string): void {
    for (const [key, holder] of this.taken) if (holder === sessionId) this.taken.delete(key);
  }
}
