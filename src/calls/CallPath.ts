import type { RecordingEnd } from '../recordings/Recordings.ts';
import type { Rejection } from '../sip/IncomingInvite.ts';
import type { Progress } from '../sip/OutgoingInvite.ts';
import { Q850 } from '../sip/reason.ts';
import type { SipDialog } from '../sip/SipDialog.ts';

/** Both sides of a call that is up. */
export interface CallLegs {
  readonly caller: SipDialog;
  readonly callee: SipDialog;
}

/**
 * How the media of a call goes: `PlainPath` from one side to the other, `AnchoredPath` through a media server.
 * A path decides which SDP each side gets; the Call decides when.
 */
export interface CallPath {
  /** SDP for the callee's INVITE; undefined leaves the offer to the callee. */
  readonly calleeOffer: string | undefined;
  /** The callee's INVITE goes out. */
  forwarded(): void;
  /** Tells the caller of the callee's progress. */
  progress(progress: Progress): void;
  /**
   * The callee answered with an SDP, which answers our offer or, where we made none, is one.
   * @returns the SDP for the caller's 200
   * @throws PathError when it cannot be used
   */
  calleeAnswered(sdp: string): Promise<string> | string;
  /**
   * The SDP of the caller's ACK, when his 200 held our offer.
   * @returns the answer for a callee who waits for one; undefined when he does not
   * @throws PathError when it cannot be used
   */
  callerAnswered(sdp: string): Promise<string | undefined> | string | undefined;
  /** Both sides are up: connects what they hear, and their requests inside the dialogs. */
  join(legs: CallLegs): Promise<void> | void;
  /** Ends a recording; its file is complete when this resolves. It does not throw, and may be called at any time. */
  stopRecording(): Promise<RecordingEnd>;
  /** Ends what the path holds. It does not throw, and may be called at any time. */
  release(): Promise<void> | void;
}

/** The media of a call cannot be set up or go on. */
export class PathError extends Error {
  readonly code = 'PATH_UNUSABLE';
  /** For the side that brought the unusable SDP, with the cause that RFC 3398, 7.2.4.1 has for its status. */
  readonly rejection: Rejection;
  /** @param sipStatus 488 for a party's SDP, 500 for one of ours */
  constructor(message: string, sipStatus: 488 | 500, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PathError';
    const q850 = sipStatus === 488 ? Q850.bearerNotImplemented : Q850.temporaryFailure;
    this.rejection = { status: sipStatus, q850 };
  }
}
