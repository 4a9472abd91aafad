import type { WantedArea } from './PlaceSearch.ts';

/** The unit in which a customer gives times: 0 hours, 1 minutes. */
export type TimeUnit = 0 | 1;

/** What a customer asks for (facts 4.1). Numbers are E.164. */
export interface AxeBindRequest extends WantedArea {
  readonly bindNum: string;
  /** The X to use; wins over `areaCode`. */
  readonly virtualNum?: string;
  /** The extension to use. */
  readonly extendNum?: string;
  /** A sees the real caller, not X. */
  readonly showsCaller: boolean;
  readonly recordFlag: boolean;
  readonly recordHintTone?: string;
  /** Heard by A when there is no call to return. */
  readonly callbackTone?: string;
  /** Where A is put through when there is no call to return. */
  readonly callbackNum?: string;
  readonly timeUnit: TimeUnit;
  /** How long the binding stands; 0 for ever. */
  readonly bindExpiredTime: number;
  /** How long it is remembered who called; 0 for as long as the binding stands. */
  readonly callbackExpiredTime: number;
  readonly userData?: string;
}

/** A binding that stands. */
export interface AxeBinding extends Omit<AxeBindRequest, 'areaCode' | 'areaMatchMode'> {
  readonly subscriptionId: string;
  readonly virtualNum: string;
  readonly extendNum: string;
}

/** Which binding is meant: by its id, or by its X and extension. */
export type AxeTarget =
  | { readonly subscriptionId: string }
  | { readonly virtualNum: string; readonly extendNum: string };

/**
 * What a modify may change (facts 4.3); what is absent stays. `timeUnit` is that of the times beside it; without it
 * they are in the unit that the bind used.
 */
export type AxeChanges = Partial<
  Pick<
    AxeBindRequest,
    | 'recordFlag'
    | 'recordHintTone'
    | 'callbackTone'
    | 'callbackNum'
    | 'timeUnit'
    | 'bindExpiredTime'
    | 'callbackExpiredTime'
    | 'userData'
  >
>;

/** A page of the bindings of an application, or of one X (facts 4.5). */
export interface AxeListQuery {
  readonly virtualNum?: string;
  /** `nextCursor` of the page before; '0' for the first one. */
  readonly cursor: string;
  readonly limit: number;
}
