import type { MediaPool } from '../../media/index.ts';
import type { SipFrontEnd } from '../sip/SipFrontEnd.ts';
import type { TrunkGroup } from '../sip/TrunkGroup.ts';
import type { HandsetContact } from '../store/handsets.ts';
import type { Trunk } from '../store/trunks.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AnnouncementFiles } from './announcementFiles.ts';
import type { CallMetrics } from './callMetrics.ts';
import type { Pending } from './Pending.ts';
import type { Recordings } from './recordings.ts';

/** What every call shares. */
export interface CallServices {
  readonly frontEnd: Pick<SipFrontEnd<Trunk>, 'invite'>;
  readonly trunks: TrunkGroup;
  /** Where the test handset of a number is registered now; absent where handsets are switched off. */
  readonly handsetOf?: (number: string) => HandsetContact | undefined;
  readonly media: Pick<MediaPool, 'create' | 'healthy'>;
  readonly announcements: AnnouncementFiles;
  readonly recordings: Recordings;
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
