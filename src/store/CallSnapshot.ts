/**
 * All that must be known of a call to write its events and its call record, also after the process that carried
 * it has died: the journal keeps it (sealed), recovery reads it back. Times are milliseconds since the epoch.
 */
export interface CallSnapshot {
  readonly sessionId: string;
  /** Empty when the dialled X belongs to no application; such a call is kept but told to nobody. */
  readonly appKey: string;
  /** Customer account of the application when the call came in; absent where appKey is empty. */
  readonly spId?: string;
  readonly mode: string;
  readonly x: string;
  readonly areaCode: string;
  /** E.164, or empty when the caller withheld it. */
  readonly caller: string;
  /** Who was rung; absent until the call is forwarded. */
  callee?: string;
  /** The number that the callee saw where it is not `x`: in AXYB the other number, or the real caller's. */
  shown?: string;
  subscriptionId?: string;
  userData?: string;
  /** AXE: what the caller typed last, '' for nothing; absent while he has not been asked. */
  digits?: string;
  /** AXE: the extension of the binding that the call belongs to. */
  extension?: string;
  /** The call has taken its line (AX, AXE): closing it frees the line. */
  line?: boolean;
  readonly callInAt: number;
  forwardedAt?: number;
  alertingAt?: number;
  answeredAt?: number;
  endedAt?: number;
  stateCode?: number;
  q850?: number;
  sipStatus?: number;
  releasedBy?: 'caller' | 'callee' | 'platform';
  /** `domain` names the installation that has the file. */
  recording?: { readonly objectName: string; readonly domain: string; readonly startedAt: number };
  /** Seq of the next event of this call, from 0 (callin). */
  nextSeq: number;
  /** The decision's chain of facts, with numbers masked. */
  because: readonly string[];
}
