/** A request that waits for the next batch. */
interface Waiting<Request, Result> {
  readonly request: Request;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatchedStatementOptions<Request, Result> {
  /** Most requests in one batch. */
  readonly largest: number;
  /** Runs one batch; gives the results in the order of the requests. When it throws, the whole batch has failed. */
  readonly run: (requests: readonly Request[]) => Promise<readonly Result[]>;
  /** Whether a failure may lie with one request alone; then each of the batch is run by itself. Never, if not given. */
  readonly isOfOne?: (error: unknown) => boolean;
}

/**
 * Lets requests that come at about the same time share one statement and one commit: while a batch is under way, the
 * next one gathers. Alone, a request waits for nobody; under load, the cost of a commit is shared.
 */
export class BatchedStatement<Request, Result> {
  readonly #options: BatchedStatementOptions<Request, Result>;
  readonly #waiting: Waiting<Request, Result>[] = [];
  #running: Promise<void> | undefined;

  constructor(options: BatchedStatementOptions<Request, Result>) {
    this.#options = options;
  }

  /** Resolves with the request's own result when its batch is committed. */
  submit(request: Request): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.push({ request, resolve, reject });
    this.#running ??= this.#runAll();
    return promise;
  }

  /** Resolves when nothing is under way and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #runAll(): Promise<void> {
    // One turn of the event loop lets all requests that it brings share the first batch.
    await new Promise((turned) => setImmediate(turned));
    let answer = (): void => undefined;
    while (this.#waiting.length > 0) {
      const running = this.#run(this.#waiting.splice(0, this.#options.largest));
      // Who asked for the batch before hears of it while the database is at work on this one.
      answer();
      answer = await running;
    }
    this.#running = undefined;
    answer();
  }

  /** Runs a batch. @returns what tells those who asked */
  async #run(batch: readonly Waiting<Request, Result>[]): Promise<() => void> {
    const { run, isOfOne } = this.#options;
    try {
      const results = await run(batch.map(({ request }) => request));
      return () => answerEach(batch, results);
    } catch (error) {
      if (batch.length > 1 && isOfOne?.(error)) return this.#runEach(batch);
      return () => {
        for (const { reject } of batch) reject(error);
      };
    }
  }

  async #runEach(batch: readonly Waiting<Request, Result>[]): Promise<() => void> {
    const answers: (() => void)[] = [];
    for (const waiting of batch) answers.push(await this.#run([waiting]));
    return () => {
      for (const answer of answers) answer();
    };
  }
}

function answerEach<Request, Result>(
  batch: readonly Waiting<Request, Result>[],
  results: readonly Result[],
): void {
  for (const [index, { resolve, reject }] of batch.entries()) {
    const result = results[index];
    if (result === undefined) reject(new Error(`a batch of ${batch.length} has no result for item ${index}`));
    else resolve(result);
  }
}
