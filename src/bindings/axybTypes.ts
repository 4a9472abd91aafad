import type { CallDirection } from '../../routing/types.ts';
import type { WantedArea } from './PlaceSearch.ts';

/** The first of the two calls that make a binding: A with an X (facts 5.1). Numbers are E.164. */
export interface AxybBindRequest extends WantedArea {
  /** A. */
  readonly origNum: string;
  /** 1: only A may call, through Y; 2: only others may call A, through X. */
  readonly callDirection: CallDirection;
  /** Seconds; 0 never expires. */
  readonly duration: number;
  readonly recordFlag: boolean;
  readonly recordHintTone?: string;
  /** Heard by who dials X. */
  readonly preVoiceX?: string;
  readonly userData?: string;
}

/** The second call: B with a Y. */
export interface AxybRelateRequest extends WantedArea {
  readonly subscriptionId: string;
  /** B. */
  readonly origNum: string;
  /** Seconds; 0 for as long as the binding of A stands. */
  readonly ybDuration: number;
  /** Heard by who dials Y. */
  readonly preVoiceY?: string;
  readonly userData?: string;
}

/** A binding that stands, with one of its relations if it has any. */
export interface AxybBinding {
  readonly subscriptionId: string;
  readonly numA: string;
  readonly numX: string;
  readonly callDirection: CallDirection;
  readonly duration: number;
  readonly recordFlag: boolean;
  readonly recordHintTone?: string;
  readonly preVoiceX?: string;
  /** Of the relation, else of the binding. */
  readonly userData?: string;
  /** When the relation was bound, else the binding. */
  readonly boundAt: Date;
  readonly relation?: {
    readonly numY: string;
    readonly numB: string;
    readonly ybDuration: number;
    readonly preVoiceY?: string;
  };
}

/** Which relation of a binding an unbind ends. */
export type AxybRelationTarget = { readonly yNum: string } | { readonly bNum: string };

/** Which bindings a query means: one by its id, or what stands on an X or a Y. */
export type AxybQuery = { readonly subscriptionId: string } | { readonly relationNum: string };
