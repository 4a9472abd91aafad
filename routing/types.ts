/** How an application uses its X numbers; fixed when the application is made. */
export type Mode = 'AXB' | 'AX' | 'AXE' | 'AXYB' | 'X';

/** The question put to routing: who dialled which X, and when. */
export interface RouteCall {
  /** E.164, or '' when the caller withheld the number. */
  readonly caller: string;
  /** The dialled X, E.164. */
  readonly x: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type XNumberState = 'normal' | 'suspended' | 'unavailable' | 'bind-frozen';

/** An X number as routing sees it. `bind-frozen` forbids new bindings only: calls go on. */
export interface XNumber {
  /** E.164. */
  readonly number: string;
  /** City code without a country code, as `0571`; '' when the operator gave none. */
  readonly areaCode: string;
  readonly state: XNumberState;
}

/** What routing must know of the application that owns an X. */
export interface AppRoute {
  readonly appKey: string;
  readonly mode: Mode;
  readonly state: 'normal' | 'frozen';
  /** The application may record; without it a binding's `recordFlag` has no effect. */
  readonly recording: boolean;
  /** Announcement file names by scene, in place of the product's own. */
  readonly announcements: Readonly<Record<string, string>>;
}

/** Who may start a call: 0 both, 1 only A, 2 only B (facts 2.1). */
export type CallDirection = 0 | 1 | 2;

/** An AXB binding as routing sees it: A and B reach each other through X. */
export interface AxbRelation {
  readonly subscriptionId: string;
  /** E.164. */
  readonly a: string;
  /** E.164. */
  readonly b: string;
  readonly callDirection: CallDirection;
  /** Milliseconds since the epoch; Infinity for a binding that never expires. */
  readonly expiresAt: number;
  readonly recordFlag: boolean;
  readonly recordHintTone: string | undefined;
  /** Counted from the callee's answer; 0 for no limit. */
  readonly maxDurationMinutes: number;
  readonly lastMinVoice: string | undefined;
  /** Heard by A when A dials X. */
  readonly callerHintTone: string | undefined;
  /** Heard by B when B dials X. */
  readonly calleeHintTone: string | undefined;
  readonly userData: string | undefined;
}

/** All that a decision needs; the relation is the one in which the caller is a party on this X, expired or not. */
export interface Found {
  readonly number: XNumber;
  readonly app: AppRoute;
  readonly relation: AxbRelation | undefined;
}

/** Where routing finds facts: a cache in front of a database, or a plain map in a test. */
export interface RoutingTable {
  /**
   * @param x E.164 of the dialled X
   * @param caller E.164 of the caller, or ''
   * @returns undefined when the X is unknown; without a promise when the answer is at hand
   */
  find(x: string, caller: string): Found | undefined | Promise<Found | undefined>;
}

/** A rule that took part in a decision. The words for each stand in `because.ts`. */
export type Rule =
  | 'caller-is-landline'
  | 'caller-withheld'
  | 'x-unknown'
  | 'x-state'
  | 'x-of-application'
  | 'application-frozen'
  | 'mode-not-served'
  | 'no-binding-for-caller'
  | 'binding-expired'
  | 'caller-is-a'
  | 'caller-is-b'
  | 'direction-both'
  | 'direction-a-only'
  | 'direction-b-only'
  | 'callee-is'
  | 'recording-not-enabled';

/** One link of the chain that led to a decision: cheap to make, put into words by `explain`. */
export type Reason = readonly [rule: Rule, value?: string];

/** Ring `callee` and show X. */
export interface Connect {
  readonly kind: 'connect';
  readonly app: AppRoute;
  readonly number: XNumber;
  readonly subscriptionId: string;
  /** E.164 of the person to ring. */
  readonly callee: string;
  /** E.164 that the callee sees: the X. */
  readonly shown: string;
  /** Announcement file that the caller hears once as ringback. */
  readonly ringback: string | undefined;
  readonly record: boolean;
  readonly recordHintTone: string | undefined;
  /** From the callee's answer; 0 for no limit. */
  readonly maxDurationSeconds: number;
  /** Announcement file for both, one minute before the limit. */
  readonly lastMinVoice: string | undefined;
  readonly userData: string | undefined;
  readonly because: readonly Reason[];
}

/** The scene of a refusal's announcement; `app.announcements[scene]` may name the application's own file. */
export type RefusalScene = 'no-binding' | 'no-permission';

/** End the call with `stateCode` (facts, Appendix A). */
export interface Refuse {
  readonly kind: 'refuse';
  readonly stateCode: number;
  readonly announcement: RefusalScene | undefined;
  readonly app?: AppRoute;
  readonly number?: XNumber;
  readonly subscriptionId?: string;
  readonly userData?: string;
  readonly because: readonly Reason[];
}

export type Decision = Connect | Refuse;
