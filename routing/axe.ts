import { fileOf } from './announcements.ts';
import type { Reason } from './because.ts';
import { callFromA, callToA } from './lines.ts';
import { refuse } from './refusals.ts';
import { STATE_CODE } from './stateCodes.ts';
import type { AxeRelation, Collect, Connect, Decision, Found, Refuse, RouteCall } from './types.ts';

/**
 * AXE: whoever dials X is asked for an extension and reaches its A. An A of a live binding on X returns the last call
 * that came through his own extension. One call at a time for each extension.
 */
export function decideAxe(call: RouteCall, found: Found): Decision {
  const relation = found.relation?.mode === 'AXE' ? found.relation : undefined;
  if (call.digits !== undefined) return decideDigits(call, found, relation, call.digits);
  if (relation === undefined || relation.a !== call.caller) return ask(found, [['caller-is-no-a']]);
  const { expiresAt } = relation;
  return expiresAt <= call.now
    ? ask(found, [['caller-is-no-a'], ['binding-expired', expiresAt]])
    : callBack(call, found, relation);
}

/** The first time that a caller is asked. */
function ask(found: Found, because: readonly Reason[]): Collect {
  return collect(found, 'enter-extension', 0, [...because, ['extension-asked', found.app.extensionDigits]]);
}

function collect(
  { app, number }: Found,
  prompt: Collect['prompt'],
  failedAttempts: number,
  because: readonly Reason[],
): Collect {
  return {
    kind: 'collect',
    app,
    number,
    prompt,
    mostDigits: app.extensionDigits,
    failedAttempts,
    because: [['x-of-application', app.appKey], ...because],
  };
}

/** @param relation the one of the extension that was typed */
function decideDigits(
  call: RouteCall,
  found: Found,
  relation: AxeRelation | undefined,
  digits: string,
): Decision {
  if (digits === '') return askAgain(call, found, 'enter-extension', [['extension-empty']]);
  const typed: Reason = ['extension-typed', digits];
  const failed = (why: Reason) => askAgain(call, found, 'wrong-extension-retry', [typed, why]);
  if (relation === undefined || relation.extension !== digits) return failed(['extension-unbound']);
  if (relation.expiresAt <= call.now) return failed(['binding-expired', relation.expiresAt]);
  // Bound while he typed: nobody can be put through to himself.
  if (relation.a === call.caller) return failed(['extension-own']);
  return callToA(call.caller, found, relation, {
    ringback: fileOf('wait', found.app.announcements),
    extension: relation.extension,
    rememberedSeconds: relation.callBackSeconds,
    because: [typed, ['extension-of-binding', relation.subscriptionId]],
  });
}

/** After nothing or a wrong extension: once more while the application repeats, else the end. */
function askAgain(
  { digits, failedAttempts = 0 }: RouteCall,
  found: Found,
  prompt: Collect['prompt'],
  because: readonly Reason[],
): Collect | Refuse {
  const { collectRepeats } = found.app;
  const again = failedAttempts + 1;
  if (again <= collectRepeats) {
    return collect(found, prompt, again, [...because, ['asked-again', `${again} of ${collectRepeats}`]]);
  }
  const reasons: Reason[] = [...because, ['asked-enough']];
  return digits === ''
    ? refuse(found, STATE_CODE.noExtension, 'no-extension', reasons)
    : refuse(found, STATE_CODE.wrongExtension, 'wrong-extension', reasons);
}

/** A calls: the last caller, else the binding's number or announcement, else the application's. */
function callBack({ now }: RouteCall, found: Found, relation: AxeRelation): Connect | Refuse {
  const { lastCaller, callBackNumber, callBackTone } = relation;
  const because: Reason[] = [['caller-is-a', relation.subscriptionId]];
  const callOut = (callee: string, why: Reason): Connect =>
    callFromA(found, relation, {
      callee,
      ringback: undefined,
      extension: relation.extension,
      because: [...because, why],
    });
  const refuseCall = (): Refuse =>
    refuse(found, STATE_CODE.noCallBackRecord, 'no-call-back-record', because, relation);

  if (lastCaller !== undefined && lastCaller.expiresAt > now)
    return callOut(lastCaller.number, ['last-caller']);
  because.push(lastCaller === undefined ? ['no-last-caller'] : ['last-caller-expired', lastCaller.expiresAt]);
  if (callBackNumber !== undefined) return callOut(callBackNumber, ['call-back-number-of-binding']);
  if (callBackTone !== undefined) {
    because.push(['call-back-tone-of-binding']);
    return { ...refuseCall(), file: callBackTone };
  }
  const { appKey, callBackNumber: ofApplication } = found.app;
  return ofApplication === undefined
    ? refuseCall()
    : callOut(ofApplication, ['call-back-number-of-application', appKey]);
}
