import type { CallDirection } from '../../routing/types.ts';
import type { WantedArea } from './PlaceSearch.ts';

/** What a customer asks for (facts 2.1). Numbers are E.164. */
export interface AxbBindRequest extends WantedArea {
  readonly callerNum: string;
  readonly calleeNum: string;
  /** The X to use; wins over `areaCode`. */
  readonly relationNum?: string;
  readonly callDirection: CallDirection;
  /** Seconds; 0 never expires. */
  readonly duration: number;
  readonly recordFlag: boolean;
  readonly recordHintTone?: string;
  /** Minutes from the callee's answer; 0 for no limit. */
  readonly maxDuration: number;
  readonly lastMinVoice?: string;
  readonly privateSms: boolean;
  readonly preVoice: { readonly callerHintTone?: string; readonly calleeHintTone?: string };
  readonly userData?: string;
}

/** A binding that stands. How its X was chosen is not kept. */
export interface AxbBinding extends Omit<AxbBindRequest, 'areaCode' | 'areaMatchMode'> {
  readonly subscriptionId: string;
  /** The X in use. */
  readonly relationNum: string;
  /** When it was bound, or last changed. */
  readonly subscribedAt: Date;
}

/** What a modify may change (facts 2.3); what is absent stays. A duration restarts the clock. */
export type AxbChanges = Partial<Omit<AxbBindRequest, 'relationNum' | 'areaCode' | 'areaMatchMode'>>;

/** Which bindings a query means; `subscriptionId` wins (facts 2.4). */
export interface AxbQuery {
  readonly subscriptionId?: string;
  readonly relationNum?: string;
  readonly callerNum?: string;
  readonly calleeNum?: string;
  /** From 1. */
  readonly pageIndex: number;
  readonly pageSize: number;
}

/** Which bindings an unbind ends: one, or all of an X. `subscriptionId` wins (facts 2.2). */
export interface AxbUnbind {
  readonly subscriptionId?: string;
  readonly relationNum?: string;
}
