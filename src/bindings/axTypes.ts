import type { CallDirection } from '../../routing/types.ts';
import type { WantedArea } from './PlaceSearch.ts';

/** What a customer may set of an AX binding, now and later. */
export interface AxTerms {
  /** 1: only A may call out through X; 2: only others may call A. Undefined: both, and never set (facts 3.4). */
  readonly callDirection?: CallDirection;
  readonly recordFlag: boolean;
  readonly recordHintTone?: string;
  /** Minutes from the callee's answer; 0 for no limit. */
  readonly maxDuration: number;
  readonly lastMinVoice?: string;
  readonly privateSms: boolean;
  readonly preVoice: { readonly callerHintTone?: string; readonly calleeHintTone?: string };
  readonly userData?: string;
}

/** What a customer asks for (facts 3.1). Numbers are E.164. */
export interface AxBindRequest extends AxTerms, WantedArea {
  readonly origNum: string;
  /** The X to use; wins over `areaCode`. */
  readonly privateNum?: string;
  /** A sees the real caller, not X. */
  readonly showsCaller: boolean;
}

/** A binding that stands. It never expires. */
export interface AxBinding extends AxTerms {
  readonly subscriptionId: string;
  readonly origNum: string;
  readonly privateNum: string;
  readonly showsCaller: boolean;
}

/** Which binding is meant: by its id, or by its X, for which A may be named, too. */
export type AxTarget =
  | { readonly subscriptionId: string }
  | { readonly privateNum: string; readonly origNum?: string };

/** Which bindings a query means: one by its id or its X, or all of an A. */
export type AxQuery =
  | { readonly subscriptionId: string }
  | { readonly privateNum: string }
  | { readonly origNum: string };

/** What a modify may change (facts 3.3); what is absent stays. */
export type AxChanges = Partial<AxTerms>;

/** Whom A reaches with the next call (facts 3.5). */
export interface AxTemporaryCallee {
  readonly calleeNum: string;
  /** Seconds. */
  readonly duration: number;
  readonly userData?: string;
}
