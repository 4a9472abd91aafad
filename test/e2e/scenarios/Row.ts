import type { Tenant, TenantMode } from '../../kit/Tenant.ts';
import type { PlayedCall } from './PlayedCall.ts';
import type { World } from './World.ts';

/** How a call ends at the caller's phone. */
export type SipEnd =
  /** Never answered: the final status of his INVITE, and the cause in its Reason header if it has one. */
  | { readonly final: number; readonly q850: number | undefined }
  | { readonly bye: 'sent' }
  | { readonly bye: 'received'; readonly q850: number };

/** An announcement that was not heard to its end. */
export interface CutShort {
  readonly cut: string;
}

/** Who dials what, and what should come of it. */
export interface Dialled {
  /** The number dialled: an X, or in AXYB a Y. */
  readonly x: string;
  /** The caller's number; undefined withholds it. */
  readonly from: string | undefined;
  /** Whose phone must ring, in case that one does. */
  readonly callee?: string;
  /** The number that the callee must see, where it is not the one dialled. */
  readonly shown?: string;
  /** The binding that events and record must name; absent where there is none. */
  readonly subscriptionId?: string;
  readonly userData?: string;
  /** A session description in place of the phone's own. */
  readonly offer?: string;
  /** The extension that the record must name. */
  readonly extension?: string;
  /** Ends what goes on beside the call. */
  readonly afterwards?: () => Promise<void>;
}

export interface Hands {
  readonly tenant: Tenant;
  readonly world: World;
}

/** One scenario: SIP in, SIP out, what is heard, what the customer is told. All of it is checked in each. */
export interface Row {
  readonly name: string;
  /** Mode of the application, where it is not that of the table. */
  readonly mode?: TenantMode;
  /** What the operator sets of the application. */
  readonly app?: Readonly<Record<string, unknown>>;
  /** Announcements of the application that are not its own for that scene. */
  readonly announcements?: Readonly<Record<string, string | null>>;
  /** Makes what must be there before the call. */
  readonly given: (hands: Hands) => Promise<Dialled>;
  /** What both people do; absent: the caller waits for the end. */
  readonly play?: (call: PlayedCall) => Promise<void>;
  readonly stateCode: number;
  readonly sip: SipEnd;
  /** Announcements that the caller hears, in order and whole; absent: none. */
  readonly hears?: readonly (string | CutShort)[];
  /** Announcements that the callee hears. */
  readonly calleeHears?: readonly (string | CutShort)[];
  /** Events in order, separated by blanks; '' when nobody is told of the call. */
  readonly events: string;
  /** Fields of the record beyond those that follow from the rest. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** The record names a recording with both voices. */
  readonly recorded?: true;
  /** How long the row may take, where that is long. */
  readonly patienceMs?: number;
}

export interface Table {
  /** First column of the report. */
  readonly title: string;
  readonly mode: TenantMode;
  readonly rows: readonly Row[];
  /** Settings of an application of its own, on which its rows are played one after the other. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Events of a call that was answered, of one that only rang, of one that was only sent on, and of one that was not. */
export const EVENTS = {
  answered: 'callin callout alerting answer disconnect',
  rang: 'callin callout alerting disconnect',
  forwarded: 'callin callout disconnect',
  refused: 'callin disconnect',
} as const;

/** The same after a caller was asked for an extension so many times. */
export const afterTyping = (events: string, times = 1): string =>
  events.replace('callin', `callin${' collectInfo'.repeat(times)}`);

export const refused = (final: number, q850: number): SipEnd => ({ final, q850 });
/** Such a response has no Reason header: the SIP server answers a CANCEL by itself. */
export const bare = (final: number): SipEnd => ({ final, q850: undefined });
export const hungUpByCaller: SipEnd = { bye: 'sent' };
export const cutWith = (q850: number): SipEnd => ({ bye: 'received', q850 });
/** The callee hung up: normal clearing. */
export const hungUpByCallee: SipEnd = cutWith(16);
export const cut = (name: string): CutShort => ({ cut: name });
