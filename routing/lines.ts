import type { Reason } from './because.ts';
import { connect } from './connect.ts';
import { refuseInstead } from './refusals.ts';
import { STATE_CODE } from './stateCodes.ts';
import type { AxeRelation, AxRelation, Connect, Found, Refuse } from './types.ts';

/** What a mode decides of a call on a line; the rest is alike in AX and AXE. */
interface OnLine extends Pick<Connect, 'ringback'> {
  /** '' in AX. */
  readonly extension: string;
  /** After the application, and before whom the call goes to. */
  readonly because: readonly Reason[];
}

interface ToA extends OnLine {
  /** How long A can call back, 0 for as long as the binding lives; undefined where callers are not remembered. */
  readonly rememberedSeconds: number | undefined;
}

interface FromA extends OnLine {
  /** E.164. */
  readonly callee: string;
  /** `id` of the temporary callee that is used up. */
  readonly temporaryCallee?: string;
  /** In place of the binding's. */
  readonly userData?: string | undefined;
}

/**
 * Someone reaches A, who sees X, or the caller where the binding says so. Who withheld his number has none to be shown
 * and cannot be called back.
 * @param caller E.164, or '' when withheld
 */
export function callToA(
  caller: string,
  found: Found,
  relation: AxRelation | AxeRelation,
  { ringback, extension, rememberedSeconds, because }: ToA,
): Connect {
  const isWithheld = caller === '';
  const showsCaller = relation.showsCaller && !isWithheld;
  return connect(found, relation, {
    callee: relation.a,
    shown: showsCaller ? caller : found.number.number,
    ringback,
    ...onLine(found, extension),
    ...(rememberedSeconds !== undefined &&
      !isWithheld && { remember: { caller, seconds: rememberedSeconds } }),
    because: [
      ['x-of-application', found.app.appKey],
      ...because,
      ...(isWithheld ? [['caller-withheld'] as const] : []),
      [showsCaller ? 'callee-sees-caller' : 'callee-is', relation.a],
    ],
  });
}

/** A reaches someone, who sees X. */
export function callFromA(
  found: Found,
  relation: AxRelation | AxeRelation,
  { callee, ringback, extension, temporaryCallee, userData = relation.userData, because }: FromA,
): Connect {
  return connect(
    found,
    { ...relation, userData },
    {
      callee,
      shown: found.number.number,
      ringback,
      ...onLine(found, extension),
      ...(temporaryCallee !== undefined && { temporaryCallee }),
      because: [['x-of-application', found.app.appKey], ...because, ['callee-is', callee]],
    },
  );
}

function onLine({ number }: Found, extension: string): Pick<Connect, 'line' | 'extension'> {
  const line = { x: number.number, extension };
  return extension === '' ? { line } : { line, extension };
}

/** The call would have gone out, but another one has its line: the X (AX), or the X with this extension (AXE). */
export function refuseBusy(connect: Connect): Refuse {
  const extension = connect.line?.extension ?? '';
  const reason: Reason = extension === '' ? ['line-busy'] : ['extension-busy', extension];
  return refuseInstead(connect, STATE_CODE.busy, 'busy', reason);
}
