/** The frame length of everything that this server plays. */
export const FRAME_MS = 20;

/** Falling behind further than this (a suspended process), the missed frames are skipped instead of sent at once. */
const MAX_CATCH_UP_MS = 500;

export interface ClockMember {
  /** Called once for every 20 ms of time, late ones in a burst. `nowMs` is the reading of `performance.now()`. */
  tick(nowMs: number): void;
}

/**
 * One 20 ms clock for all legs that play something. It does not drift: each tick is due at a multiple of 20 ms
 * from its start, however late the one before was. It only runs while it has members.
 */
export class MediaClock {
  lateTicks = 0;
  readonly #members = new Set<ClockMember>();
  #timer: NodeJS.Timeout | undefined;
  #dueAtMs = 0;

  add(member: ClockMember): void {
    this.#members.add(member);
    if (this.#timer) return;
    this.#dueAtMs = performance.now() + FRAME_MS;
    this.#schedule();
  }

  delete(member: ClockMember): void {
    this.#members.delete(member);
  }

  stop(): void {
    this.#members.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#dueAtMs - performance.now()));
  }

  #run(): void {
    this.#timer = undefined;
    const now = performance.now();
    const behindMs = now - this.#dueAtMs;
    if (behindMs > FRAME_MS) this.lateTicks++;
    if (behindMs > MAX_CATCH_UP_MS) this.#dueAtMs += FRAME_MS * Math.floor(behindMs / FRAME_MS);
    while (this.#dueAtMs <= now) {
      for (const member of this.#members) member.tick(now);
      this.#dueAtMs += FRAME_MS;
    }
    if (this.#members.size > 0) this.#schedule();
  }
}
