import type {
  AxeRelation,
  AxRelation,
  AxybRelation,
  CallDirection,
  LastCaller,
  TemporaryCallee,
} from '../../routing/types.ts';
import type { Sealer } from './sealing.ts';

/** A number of a person, sealed, in base64. */
type Sealed = string;

interface LastCallerJson {
  readonly sealed: Sealed;
  /** Milliseconds since the epoch; null for as long as the binding lives. */
  readonly expiresAt?: number;
}

interface TemporaryCalleeJson {
  readonly id: string;
  readonly sealed: Sealed;
  readonly expiresAt: number;
  readonly userData?: string;
}

interface AxJson {
  readonly mode: 'AX';
  readonly subscriptionId: string;
  readonly aSealed: Sealed;
  readonly callDirection: CallDirection;
  readonly showsCaller: boolean;
  readonly recordFlag: boolean;
  readonly recordHintTone?: string;
  readonly maxDurationMinutes: number;
  readonly lastMinVoice?: string;
  readonly callerHintTone?: string;
  readonly calleeHintTone?: string;
  readonly userData?: string;
  readonly temporaryCallee?: TemporaryCalleeJson;
  readonly lastCaller?: LastCallerJson;
}

interface AxeJson {
  readonly mode: 'AXE';
  readonly subscriptionId: string;
  readonly aSealed: Sealed;
  readonly extension: string;
  /** Absent for never. */
  readonly expiresAt?: number;
  readonly showsCaller: boolean;
  readonly recordFlag: boolean;
  readonly recordHintTone?: string;
  readonly callBackTone?: string;
  readonly callBackNumberSealed?: Sealed;
  readonly callBackSeconds: number;
  readonly userData?: string;
  readonly lastCaller?: LastCallerJson;
}

interface AxybJson {
  readonly mode: 'AXYB';
  readonly subscriptionId: string;
  readonly aSealed: Sealed;
  readonly x: string;
  readonly bSealed?: Sealed;
  readonly y?: string;
  readonly callDirection: CallDirection;
  /** Absent for never. */
  readonly expiresAt?: number;
  readonly recordFlag: boolean;
  readonly recordHintTone?: string;
  readonly preVoiceX?: string;
  readonly preVoiceY?: string;
  readonly userData?: string;
}

/** A relation as the functions of migration 014 write it: what has no value is absent. */
export type RelationJson = AxJson | AxeJson | AxybJson;

/**
 * Reads what the database found.
 * @throws SealError when another key sealed a number in it
 */
export function readRelation(json: RelationJson, sealer: Sealer): AxRelation | AxeRelation | AxybRelation {
  const open = (sealed: Sealed): string => sealer.open(Buffer.from(sealed, 'base64'));
  switch (json.mode) {
    case 'AX':
      return {
        mode: 'AX',
        subscriptionId: json.subscriptionId,
        a: open(json.aSealed),
        callDirection: json.callDirection,
        showsCaller: json.showsCaller,
        recordFlag: json.recordFlag,
        recordHintTone: json.recordHintTone,
        maxDurationMinutes: json.maxDurationMinutes,
        lastMinVoice: json.lastMinVoice,
        callerHintTone: json.callerHintTone,
        calleeHintTone: json.calleeHintTone,
        userData: json.userData,
        temporaryCallee: json.temporaryCallee && readTemporaryCallee(json.temporaryCallee, open),
        lastCaller: json.lastCaller && readLastCaller(json.lastCaller, open),
      };
    case 'AXE':
      return {
        mode: 'AXE',
        subscriptionId: json.subscriptionId,
        a: open(json.aSealed),
        extension: json.extension,
        expiresAt: json.expiresAt ?? Number.POSITIVE_INFINITY,
        showsCaller: json.showsCaller,
        recordFlag: json.recordFlag,
        recordHintTone: json.recordHintTone,
        callBackTone: json.callBackTone,
        callBackNumber: json.callBackNumberSealed && open(json.callBackNumberSealed),
        callBackSeconds: json.callBackSeconds,
        userData: json.userData,
        lastCaller: json.lastCaller && readLastCaller(json.lastCaller, open),
      };
    case 'AXYB':
      return {
        mode: 'AXYB',
        subscriptionId: json.subscriptionId,
        a: open(json.aSealed),
        x: json.x,
        b: json.bSealed && open(json.bSealed),
        y: json.y,
        callDirection: json.callDirection,
        expiresAt: json.expiresAt ?? Number.POSITIVE_INFINITY,
        recordFlag: json.recordFlag,
        recordHintTone: json.recordHintTone,
        preVoiceX: json.preVoiceX,
        preVoiceY: json.preVoiceY,
        userData: json.userData,
      };
  }
}

function readTemporaryCallee(
  { id, sealed, expiresAt, userData }: TemporaryCalleeJson,
  open: (sealed: Sealed) => string,
): TemporaryCallee {
  return { id, number: open(sealed), expiresAt, userData };
}

function readLastCaller({ sealed, expiresAt }: LastCallerJson, open: (sealed: Sealed) => string): LastCaller {
  return { number: open(sealed), expiresAt: expiresAt ?? Number.POSITIVE_INFINITY };
}
