import type { Reason } from './because.ts';

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
  /** AXE, after a collect decision: what the caller typed, '' for nothing. */
  readonly digits?: string;
  /** AXE: how often the caller was asked in vain before. */
  readonly failedAttempts?: number;
}

/** `bind-frozen` forbids new bindings only; `returned` is for ever. */
export type XNumberState = 'normal' | 'suspended' | 'unavailable' | 'bind-frozen' | 'returned';

/** An X number as routing sees it. */
export interface XNumber {
  /** E.164. */
  readonly number: string;
  /** City code without a country code, as `0571`; '' when the operator gave none. */
  readonly areaCode: string;
  readonly state: XNumberState;
}

/** The customer whom an application belongs to. */
export interface AccountRoute {
  /** `spId` of its call records. */
  readonly accountId: string;
  readonly state: 'normal' | 'frozen';
  /** Calls of all its applications (7001); undefined: what the platform sets for an account. */
  readonly callFrequency: Frequency | undefined;
}

/** What routing must know of the application that owns an X. */
export interface AppRoute {
  readonly appKey: string;
  readonly mode: Mode;
  readonly state: 'normal' | 'frozen';
  readonly account: AccountRoute;
  /** The application may record; without it a binding's `recordFlag` has no effect. */
  readonly recording: boolean;
  /** What both hear before a recording begins where the binding names nothing of its own: the hint of the quality check. */
  readonly qualityHintTone: Announcement | undefined;
  /** By scene: the name of an announcement file, or `default` for the product's own. */
  readonly announcements: Readonly<Record<string, string>>;
  /** AX: A who dials X without a temporary callee reaches the last caller. */
  readonly callBackMemory: boolean;
  /** AXE: digits of an extension, 1 to 4. */
  readonly extensionDigits: number;
  /** AXE: how often a caller who typed a wrong extension or none is asked again. */
  readonly collectRepeats: number;
  /** AXE: where A is put through when there is no call to return and the binding says nothing; E.164. */
  readonly callBackNumber: string | undefined;
  readonly guards: AppGuards;
}

/** At most so many calls in each span of so many seconds. */
export interface Frequency {
  readonly calls: number;
  readonly seconds: number;
}

/** A part of the day; one that ends before it begins goes over midnight. */
export interface CallHours {
  /** Minutes after midnight in the platform's time zone, 0 to 1439. */
  readonly from: number;
  /** Minutes after midnight, 1 to 1440; the first minute that is outside. */
  readonly until: number;
}

/** What an application's calls may not exceed. What is absent is not limited. */
export interface AppGuards {
  /** Callers outside mainland China may call. */
  readonly callsFromAbroad: boolean;
  /** Callees outside mainland China may be called. */
  readonly callsAbroad: boolean;
  /** When calls are allowed; empty for always. */
  readonly hours: readonly CallHours[];
  /** Calls at the same time. */
  readonly maxCalls: number | undefined;
  /** Calls of the whole application (7002). */
  readonly applicationFrequency: Frequency | undefined;
  /** Calls in which one number is shown to the callee (7003). */
  readonly shownFrequency: Frequency | undefined;
  /** Calls of one caller (8047). */
  readonly callerFrequency: Frequency | undefined;
  /** Calls to one callee (8048). */
  readonly calleeFrequency: Frequency | undefined;
  /** Calls to one X (8049). */
  readonly xFrequency: Frequency | undefined;
}

/** Who may start a call: 0 both, 1 only A, 2 only B (facts 2.1). */
export type CallDirection = 0 | 1 | 2;

/** An AXB binding as routing sees it: A and B reach each other through X. */
export interface AxbRelation {
  readonly mode: 'AXB';
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

/** Whom A reaches with the next call, once (facts 3.5). */
export interface TemporaryCallee {
  /** Tells this setting of the callee from the one before and the one after. */
  readonly id: string;
  /** E.164. */
  readonly number: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly userData: string | undefined;
}

/** Who called last, for the one who was called to call back. */
export interface LastCaller {
  /** E.164. */
  readonly number: string;
  /** Milliseconds since the epoch; Infinity while the binding lives. */
  readonly expiresAt: number;
}

/** An AX binding as routing sees it: anyone reaches A through X. It never expires. */
export interface AxRelation {
  readonly mode: 'AX';
  readonly subscriptionId: string;
  /** E.164. */
  readonly a: string;
  /** 1: only A may call out through X; 2: only others may call A (facts 3.1). */
  readonly callDirection: CallDirection;
  /** `calleeNumDisplay` 1: A sees the real caller. */
  readonly showsCaller: boolean;
  readonly recordFlag: boolean;
  readonly recordHintTone: string | undefined;
  readonly maxDurationMinutes: number;
  readonly lastMinVoice: string | undefined;
  /** Heard by A when A dials X. */
  readonly callerHintTone: string | undefined;
  /** Heard by others who dial X. */
  readonly calleeHintTone: string | undefined;
  readonly userData: string | undefined;
  /** Known only when it is A who calls. */
  readonly temporaryCallee: TemporaryCallee | undefined;
  /** Known only when it is A who calls. */
  readonly lastCaller: LastCaller | undefined;
}

/** An AXE binding as routing sees it: who types E after dialling X reaches A. */
export interface AxeRelation {
  readonly mode: 'AXE';
  readonly subscriptionId: string;
  /** E.164. */
  readonly a: string;
  readonly extension: string;
  /** Milliseconds since the epoch; Infinity for a binding that never expires. */
  readonly expiresAt: number;
  /** `displayNumMode` 1: A sees the real caller. */
  readonly showsCaller: boolean;
  readonly recordFlag: boolean;
  readonly recordHintTone: string | undefined;
  /** Heard by A when there is no call to return. */
  readonly callBackTone: string | undefined;
  /** Where A is put through when there is no call to return; E.164. */
  readonly callBackNumber: string | undefined;
  /** How long it is remembered who called, seconds; 0 for as long as the binding lives. */
  readonly callBackSeconds: number;
  readonly userData: string | undefined;
  /** Known only when it is A who calls. */
  readonly lastCaller: LastCaller | undefined;
}

/** An AXYB binding as routing sees it: A calls B through Y and shows X, B calls A through X and shows Y. */
export interface AxybRelation {
  readonly mode: 'AXYB';
  readonly subscriptionId: string;
  /** E.164. */
  readonly a: string;
  /** E.164. */
  readonly x: string;
  /** The other side; absent where the caller dialled the number that is bound to himself. */
  readonly b: string | undefined;
  readonly y: string | undefined;
  /** 1: only A may call, through Y; 2: only B may call, through X (facts 5.1). */
  readonly callDirection: CallDirection;
  /** Of both parts, whichever ends first; milliseconds since the epoch, Infinity for never. */
  readonly expiresAt: number;
  readonly recordFlag: boolean;
  readonly recordHintTone: string | undefined;
  /** Heard by who dials X. */
  readonly preVoiceX: string | undefined;
  /** Heard by who dials Y. */
  readonly preVoiceY: string | undefined;
  readonly userData: string | undefined;
}

export type Relation = AxbRelation | AxRelation | AxeRelation | AxybRelation;

/**
 * All that a decision needs. The relation, expired or not, is
 * - AXB: the one in which the caller is a party on this X
 * - AX: the one of this X, whoever calls
 * - AXE: without digits the one in which the caller is A on this X; with digits the one of that extension
 * - AXYB: the one in which the caller and the dialled number meet; else the one in which both are the same person's
 * - X: none
 */
export interface Found {
  readonly number: XNumber;
  readonly app: AppRoute;
  readonly relation: Relation | undefined;
}

/** Where routing finds facts: a cache in front of a database, or a plain map in a test. */
export interface RoutingTable {
  /**
   * @param x E.164 of the dialled X
   * @param caller E.164 of the caller, or ''
   * @param digits AXE: the extension that the caller typed; never from memory
   * @returns undefined when the X is unknown; without a promise when the answer is at hand
   */
  find(x: string, caller: string, digits?: string): Found | undefined | Promise<Found | undefined>;
}

/** What the whole platform allows and forbids; all of it at hand. */
export interface Platform {
  /** A callee may see the real caller where the binding says so (8024 otherwise). */
  readonly showsRealCallers: boolean;
  /** Whether an application's calls, or anyone's, may not come from this number. */
  isBlockedCaller(appKey: string, number: string): boolean;
  /** Whether an application's calls, or anyone's, may not go to this number. */
  isBlockedCallee(appKey: string, number: string): boolean;
  /** A number that no call may go to, whatever an application allows: what it costs is not the price of a call. */
  isBarred(number: string): boolean;
  /** Minutes after midnight in the platform's time zone. */
  minuteOfDay(now: number): number;
}

/** A moment of a call at which something may be heard. */
export type Scene =
  | RefusalScene
  | 'enter-extension'
  | 'wrong-extension-retry'
  | 'wait'
  | 'record-hint'
  | 'last-minute';

/** What is played: a file that the operator uploaded, by its name, or the product's own for a scene. */
export type Announcement = string | { readonly scene: Scene };

/** What one call at a time may use: an X (AX), or an X with an extension (AXE). */
export interface Line {
  readonly x: string;
  /** '' in AX. */
  readonly extension: string;
}

/** What is to be known of this call when the callee calls back through the same line. */
export interface Remember {
  /** E.164. */
  readonly caller: string;
  /** How long; 0 for as long as the binding lives. */
  readonly seconds: number;
}

/** Ring `callee` and show `shown`. */
export interface Connect {
  readonly kind: 'connect';
  readonly app: AppRoute;
  readonly number: XNumber;
  /** '' where the customer's server decided (X mode). */
  readonly subscriptionId: string;
  /** E.164 of the person to ring. */
  readonly callee: string;
  /** E.164 that the callee sees: the X; in AXYB the X or Y of the caller; the caller where the platform allows it. */
  readonly shown: string;
  /** What the caller hears once as ringback; a file's name, except for the `wait` scene of AXE. */
  readonly ringback: Announcement | undefined;
  readonly record: boolean;
  /** The binding's, else that of the application's quality check. */
  readonly recordHintTone: Announcement | undefined;
  /** From the callee's answer; 0 for no limit. */
  readonly maxDurationSeconds: number;
  /** Announcement file for both, one minute before the limit. */
  readonly lastMinVoice: string | undefined;
  readonly userData: string | undefined;
  /** To be taken before the callee is rung, and held for as long as the call lasts. */
  readonly line?: Line;
  /** To be kept with the line when the callee is rung. */
  readonly remember?: Remember;
  /** `id` of the temporary callee that this call uses up. */
  readonly temporaryCallee?: string;
  /** AXE: the extension of A, for the call record. */
  readonly extension?: string;
  readonly because: readonly Reason[];
}

/** The scene of a refusal's announcement: see `announcements.ts` for the file that belongs to it. */
export type RefusalScene =
  | 'no-binding'
  | 'no-permission'
  | 'business-fault'
  | 'no-call-back-record'
  | 'wrong-extension'
  | 'no-extension'
  | 'busy';

/** End the call with `stateCode` (facts, Appendix A). */
export interface Refuse {
  readonly kind: 'refuse';
  readonly stateCode: number;
  readonly announcement: RefusalScene | undefined;
  /** The binding's (or in X mode the customer's) own announcement file, in place of the scene's; also without a scene. */
  readonly file?: string;
  readonly app?: AppRoute;
  readonly number?: XNumber;
  readonly subscriptionId?: string;
  readonly userData?: string;
  readonly extension?: string;
  readonly because: readonly Reason[];
}

/** AXE: play the prompt, take up to so many digits, and ask again with them. */
export interface Collect {
  readonly kind: 'collect';
  readonly app: AppRoute;
  readonly number: XNumber;
  readonly prompt: 'enter-extension' | 'wrong-extension-retry';
  readonly mostDigits: number;
  /** To be handed over with the digits. */
  readonly failedAttempts: number;
  readonly because: readonly Reason[];
}

/** X mode: the customer's server decides. */
export interface Ask {
  readonly kind: 'ask';
  readonly app: AppRoute;
  readonly number: XNumber;
  readonly because: readonly Reason[];
}

export type Decision = Connect | Refuse | Collect | Ask;
