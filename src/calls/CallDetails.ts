import { CallLadder } from '../sip/CallLadder.ts';
import type { IncomingInvite } from '../sip/IncomingInvite.ts';
import type { SeenMessage } from '../sip/ladderLine.ts';
import type { SipTap } from '../sip/SipTap.ts';
import type { CallSnapshot } from '../store/CallSnapshot.ts';
import {
  type CallDetail,
  insertCallDetails,
  type LadderSoFar,
  type MediaFigures,
} from '../store/callDetails.ts';
import type { Sql } from '../store/database.ts';
import { GroupCommit } from '../store/GroupCommit.ts';
import type { Trunk } from '../store/trunks.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface CallDetailsOptions {
  readonly sql: Sql;
  readonly tap: SipTap;
  /** What is kept of a call's messages: nothing, their lines in the ladder, or each whole. */
  readonly kept: 'off' | 'ladder' | 'messages';
  /** Hears of each SIP message of a call, as it is. */
  readonly onMessage?: (sessionId: string, message: SeenMessage) => void;
  readonly logger: Logger;
  /** Milliseconds for which an ended call is still watched: the answers to its BYEs and CANCELs are yet to come. */
  readonly lingerMs?: number;
  /** Calls that may wait for the database; what comes then is not kept. */
  readonly mostWaiting?: number;
}

const LINGER_MS = 5_000;
/** Messages wait so long before they are read into lines: they wait for company, and whole they fill memory. */
const READ_AFTER_MS = 200;
const LARGEST_GROUP = 500;
const GATHER_MS = 1_000;
const MOST_WAITING = 5_000;

interface Watched {
  readonly sessionId: string;
  readonly ladder: CallLadder;
  media: MediaFigures | undefined;
}

interface Lingering extends Watched {
  readonly appKey: string;
  readonly endedAt: number;
  readonly until: number;
}

/**
 * What can be seen of a call beside what it does: its SIP ladder, and what the media server counted. In memory while the
 * call lasts and a few seconds more, then in the database. Nobody waits for it and nothing depends on it: a crash
 * forgets the calls in progress, and while the database is away only so many wait.
 */
export class CallDetails {
  readonly #options: CallDetailsOptions;
  readonly #watched = new Map<string, Watched>();
  /** In the order in which they ended. */
  #lingering: Lingering[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Ladders with messages that are not read yet. */
  readonly #unread: CallLadder[] = [];
  #readTimer: NodeJS.Timeout | undefined;
  readonly #writes: GroupCommit<CallDetail>;
  #lost = 0;

  constructor(options: CallDetailsOptions) {
    this.#options = options;
    this.#writes = new GroupCommit<CallDetail>({
      name: 'call details',
      largestGroup: LARGEST_GROUP,
      gatherMs: GATHER_MS,
      logger: options.logger,
      write: (group) => insertCallDetails(options.sql, group),
      onRefused: () => {
        this.#lost += 1;
      },
    });
  }

  /** Calls whose details are not kept because too many waited, or because the database refused them. */
  get lost(): number {
    return this.#lost;
  }

  /** A call begins with its INVITE. */
  open(sessionId: string, invite: IncomingInvite<Trunk>): void {
    const { kept, onMessage } = this.#options;
    const ladder = new CallLadder({
      kept,
      onUnread: (unread) => this.#toRead(unread),
      ...(onMessage && { onMessage: (message: SeenMessage) => onMessage(sessionId, message) }),
    });
    this.#watched.set(sessionId, { sessionId, ladder, media: undefined });
    invite.drawOn(ladder);
  }

  /** Where the messages of a call are drawn. */
  ladderOf(sessionId: string): CallLadder | undefined {
    return this.#watched.get(sessionId)?.ladder;
  }

  /** The ladder of a call that is in progress here, or has just ended. */
  soFar(sessionId: string): LadderSoFar | undefined {
    return this.#options.kept === 'off' ? undefined : this.ladderOf(sessionId)?.soFar;
  }

  /** What a media server counted of the legs of a call; what it counts later of a leg comes in place of that. */
  media(sessionId: string, figures: MediaFigures): void {
    const watched = this.#watched.get(sessionId);
    if (watched && Object.keys(figures).length > 0) watched.media = { ...watched.media, ...figures };
  }

  /** The call has ended: in a few seconds that is written. */
  ended({ sessionId, appKey, endedAt = Date.now() }: CallSnapshot): void {
    const watched = this.#watched.get(sessionId);
    if (watched === undefined) return;
    const { lingerMs = LINGER_MS } = this.#options;
    const lingering = Object.assign(watched, { appKey, endedAt, until: performance.now() + lingerMs });
    this.#lingering.push(lingering);
    this.#timer ??= setTimeout(() => this.#settle(), lingerMs);
  }

  /** Writes what it has, if the database is there. Calls must have ended. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#readTimer);
    for (const lingering of this.#lingering.splice(0)) this.#write(lingering);
    if (!this.#writes.failing) await this.#writes.flush();
    await this.#writes.stop();
  }

  #toRead(ladder: CallLadder): void {
    this.#unread.push(ladder);
    this.#readTimer ??= setTimeout(() => this.#readLadders(), READ_AFTER_MS);
  }

  #readLadders(): void {
    this.#readTimer = undefined;
    for (const ladder of this.#unread.splice(0)) ladder.read();
  }

  #settle(): void {
    const now = performance.now();
    const next = this.#lingering.findIndex(({ until }) => until > now);
    const due = this.#lingering.splice(0, next < 0 ? this.#lingering.length : next);
    for (const lingering of due) this.#write(lingering);
    const [first] = this.#lingering;
    this.#timer = first && setTimeout(() => this.#settle(), Math.max(1, first.until - now));
  }

  #write({ sessionId, appKey, endedAt, ladder, media }: Lingering): void {
    const { tap, kept, mostWaiting = MOST_WAITING } = this.#options;
    this.#watched.delete(sessionId);
    tap.forget(ladder);
    if (kept === 'off') return;
    if (this.#writes.depth >= mostWaiting) this.#lost += 1;
    else this.#writes.add({ appKey, sessionId, endedAt, ladder: ladder.soFar, media });
  }
}
