/** What health needs to know of a trunk. */
export interface WatchedTrunk {
  readonly name: string;
  readonly enabled: boolean;
}

export interface TrunkHealthOptions<Trunk extends WatchedTrunk> {
  /** The trunks as they are now. */
  readonly trunks: () => readonly Trunk[];
  /** Sends OPTIONS and gives the status answered; undefined when it could not be sent. */
  readonly ask: (trunk: Trunk) => Promise<number | undefined>;
  /** Seconds between two OPTIONS to a trunk; 0 asks none and takes all for healthy. */
  readonly intervalSeconds: number;
  readonly onChange?: (name: string, healthy: boolean) => void;
}

/** An OPTIONS without an answer for so long counts as missed, though its transaction lives on for 32 s. */
const ANSWER_MS = 4000;
/** Missed OPTIONS after which a trunk counts as silent: one may be lost. */
const MISSES_OF_SILENT = 2;

interface Watched {
  misses: number;
  healthy: boolean;
}

/**
 * Which trunks answer. Each enabled trunk is asked with OPTIONS at every interval; any answer but 408 and 503 means
 * that someone is there (a peer that does not like OPTIONS says so with a 4xx). A trunk counts as healthy until it
 * has proved otherwise.
 */
export class TrunkHealth<Trunk extends WatchedTrunk> {
  readonly #options: TrunkHealthOptions<Trunk>;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TrunkHealthOptions<Trunk>) {
    this.#options = options;
  }

  /** Asks all trunks now and then at every interval, until `stop`. */
  start(): void {
    if (this.#options.intervalSeconds === 0 || this.#timer) return;
    this.#askAll();
    this.#timer = setInterval(() => this.#askAll(), this.#options.intervalSeconds * 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  isHealthy(name: string): boolean {
    return this.#watched.get(name)?.healthy ?? true;
  }

  /** Health of each enabled trunk by its name. */
  states(): ReadonlyMap<string, boolean> {
    const enabled = this.#options.trunks().filter((trunk) => trunk.enabled);
    return new Map(enabled.map(({ name }) => [name, this.isHealthy(name)]));
  }

  #askAll(): void {
    const trunks = this.#options.trunks().filter((trunk) => trunk.enabled);
    const names = new Set(trunks.map(({ name }) => name));
    for (const name of this.#watched.keys()) if (!names.has(name)) this.#watched.delete(name);
    for (const trunk of trunks) void this.#ask(trunk);
  }

  async #ask(trunk: Trunk): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, ANSWER_MS, undefined).unref();
    });
    const status = await Promise.race([this.#options.ask(trunk), late]);
    clearTimeout(timer);
    if (this.#timer) this.#note(trunk.name, status);
  }

  #note(name: string, status: number | undefined): void {
    const watched = this.#watched.get(name) ?? { misses: 0, healthy: true };
    this.#watched.set(name, watched);
    const answered = status !== undefined && status !== 408 && status !== 503;
    watched.misses = answered ? 0 : watched.misses + 1;
    // A 503 is no lost packet: the peer itself says that it takes no calls.
    const healthy = answered || (watched.misses < MISSES_OF_SILENT && status !== 503 && watched.healthy);
    if (healthy === watched.healthy) return;
    watched.healthy = healthy;
    this.#options.onChange?.(name, healthy);
  }
}
