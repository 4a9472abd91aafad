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
    while (this.#waiting.length > 0) await this.#runOne(this.#waiting.splice(0, this.#options.largest));
    this.#running = undefined;
  }

  async #runOne(batch: readonly Waiting<Request, Result>[]): Promise<void> {
    try {
      const results = await this.#options.run(batch.map(({ request }) => request));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index];
        if (result === undefined)
          reject(new Error(`a batch of ${batch.length} has no result for item ${index}`));
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
