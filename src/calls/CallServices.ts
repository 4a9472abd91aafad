import type { MediaPool } from '../../media/index.ts';
import type { Connect, Decision, Platform, RouteCall } from '../../routing/types.ts';
import type { CustomerAnswer } from '../../routing/xMode.ts';
import type { Recordings } from '../recordings/Recordings.ts';
import type { SipFrontEnd } from '../sip/SipFrontEnd.ts';
import type { TrunkGroup } from '../sip/TrunkGroup.ts';
import type { HandsetContact } from '../store/handsets.ts';
import type { LineAnswer, LineRequest } from '../store/lines.ts';
import type { Message } from '../store/Message.ts';
import type { Trunk } from '../store/trunks.ts';
import type { CallSpans } from '../telemetry/callSpans.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AnnouncementFiles } from './announcementFiles.ts';
import type { CallDetails } from './CallDetails.ts';
import type { CallMetrics } from './callMetrics.ts';
import type { DigitTimes } from './DigitCollector.ts';
import type { Pending } from './Pending.ts';

/** A call that is about to go out, as its limits see it. */
export interface AdmissionRequest {
  readonly connect: Connect;
  /** E.164, or '' when withheld. */
  readonly caller: string;
  /** The dialled X, E.164. */
  readonly x: string;
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Whether one more call is within the limits of its application and of the platform. */
export interface CallAdmission {
  /**
   * Asked once for each call: a call that is let through is counted.
   * @returns the stateCode of the limit that is exceeded, else undefined; without a promise where nothing is limited
   */
  check(request: AdmissionRequest): number | undefined | Promise<number | undefined>;
  /** A call has ended, whether it was put to `check` or not. */
  ended(sessionId: string): void;
}

/** The lines of AX and AXE: one call at a time on an X, or on an X with an extension, across all processes. */
export interface CallLines {
  take(request: LineRequest): Promise<LineAnswer>;
  /** For a call that the journal never had; the close of any other frees its line (`CallSnapshot.line`). */
  free(appKey: string, sessionId: string): Promise<void>;
}

/** What every call shares. */
export interface CallServices {
  readonly frontEnd: Pick<SipFrontEnd<Trunk>, 'invite'>;
  readonly trunks: TrunkGroup;
  /** Where the test handset of a number is registered now; absent where handsets are switched off. */
  readonly handsetOf?: (number: string) => HandsetContact | undefined;
  readonly media: Pick<MediaPool, 'create' | 'addCallee' | 'healthy'>;
  readonly announcements: AnnouncementFiles;
  /** Who a call is for; an answer without a promise when it is at hand. */
  readonly route: (call: RouteCall) => Decision | Promise<Decision>;
  readonly platform: Platform;
  readonly admission: CallAdmission;
  readonly lines: CallLines;
  /** X mode: puts the callin event to the customer's server. Never rejects. */
  readonly askCustomer: (appKey: string, message: Message) => Promise<CustomerAnswer>;
  readonly recordings: Pick<Recordings, 'begin' | 'outcome' | 'keep' | 'discard'>;
  /** Notes what is seen of each call; absent where that is switched off. */
  readonly details?: Pick<CallDetails, 'open' | 'ladderOf' | 'media' | 'ended'>;
  /** Takes the parts of each call as a trace; absent where that is switched off. */
  readonly spans?: CallSpans;
  readonly metrics: CallMetrics;
  /** Where calls that have ended leave what they still have to give back. */
  readonly releases: Pending;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly settings: CallSettings;
}

export interface CallSettings {
  /** Seconds after forwarding until an unanswered call is given up. */
  readonly ringSeconds: number;
  /** `always` sends every call through a media server. */
  readonly anchor: 'auto' | 'always';
  /** How a caller who is asked for an extension gets to hear the prompt: answered, or by early media. */
  readonly collect: 'answer' | 'early';
  /** How long a caller may take to type; `DIGIT_TIMES` where absent. */
  readonly digitTimes?: DigitTimes;
}

/** stateCode of a call that its customer ended through the API (facts, 7.2). */
export const STOPPED_BY_CUSTOMER = 8017;

/** A call in progress, as those who look after all of them see it. */
export interface ActiveCall {
  readonly sessionId: string;
  readonly mode: string;
  /** Whether both sides have been connected: such a call survives the loss of the connection to the SIP server. */
  readonly isUp: boolean;
  /** Ends the call from our side with a stateCode. */
  end(stateCode: number): void;
  /** Ends the call because its customer wants it: with `STOPPED_BY_CUSTOMER`, whatever it would have ended with. */
  stop(): void;
  /** Asks both sides whether they are still there and ends the call when one is not. */
  checkLegs(): Promise<void>;
}

/** What a call is at the moment: one that is not decided yet, or that is forwarded, or refused. */
export interface CallStep extends ActiveCall {
  /** Takes the call to its end, or until it becomes another. It never rejects. */
  run(): Promise<void>;
}
