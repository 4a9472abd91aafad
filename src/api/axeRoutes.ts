import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AxeBindings } from '../bindings/AxeBindings.ts';
import type { AxeBinding, AxeBindRequest, AxeChanges, AxeTarget } from '../bindings/axeTypes.ts';
import type { App } from '../store/apps.ts';
import { BindFields, FIRST_CURSOR, ListFields, ModifyFields, TargetFields } from './axeFields.ts';
import { readCalleeNumber } from './calleeNumber.ts';
import { PartnerError } from './errorCodes.ts';
import { fieldCheck } from './fieldCheck.ts';
import { queryOrBody, SUCCESS } from './partnerForms.ts';
import { readUserNumber, readXNumber } from './partnerNumbers.ts';

/** Paths below the partner API's prefix (facts 4). */
const AXE_PATH = '/caas/extendnumber/v1.0';
const LIST_PATH = '/caas/extendnumber/v2.0';

/** Records of a page when the client names no number of them, or one outside 10–100; the facts give no range. */
const USUAL_LIMIT = 50;
/** The cursor's first part: bindings are told apart by the second alone. */
const CURSOR_START = FIRST_CURSOR.slice(0, -1);

/**
 * AXE bind, unbind, modify, and both queries (facts 4).
 * @param applicationOf the authenticated application of a request; refuses one of another mode
 */
export function axeRoutes(
  fastify: FastifyInstance,
  bindings: AxeBindings,
  applicationOf: (request: FastifyRequest, mode: App['mode']) => App,
): void {
  const checkBind = fieldCheck(BindFields);
  const checkTarget = fieldCheck(TargetFields);
  const checkModify = fieldCheck(ModifyFields);
  const checkList = fieldCheck(ListFields);

  fastify.post(AXE_PATH, async (request) => {
    const app = applicationOf(request, 'AXE');
    const binding = await bindings.bind(app, bindRequestOf(checkBind(request.body)));
    const { subscriptionId, virtualNum, bindNum, extendNum } = binding;
    return { ...SUCCESS, subscriptionId, virtualNum, bindNum, extendNum };
  });

  fastify.delete(AXE_PATH, async (request) => {
    const app = applicationOf(request, 'AXE');
    await bindings.unbind(app, targetOf(checkTarget(queryOrBody(request))));
    return SUCCESS;
  });

  fastify.put(AXE_PATH, async (request) => {
    const app = applicationOf(request, 'AXE');
    const fields = checkModify(request.body);
    await bindings.modify(app, targetOf(fields), termsOf(fields));
    return SUCCESS;
  });

  fastify.get(AXE_PATH, async (request) => {
    const app = applicationOf(request, 'AXE');
    const binding = await bindings.query(app, targetOf(checkTarget(request.query)));
    return { ...SUCCESS, ...describeBinding(binding) };
  });

  // The names of the reply are not known (facts 4.5): the list is called as in AX and AXB, its items are the reply of v1.0.
  fastify.get(LIST_PATH, async (request) => {
    const app = applicationOf(request, 'AXE');
    const fields = checkList(request.query);
    if (fields.subscriptionId !== undefined || fields.extendNum !== undefined) {
      const binding = await bindings.query(app, targetOf(fields));
      return { ...SUCCESS, virtualNumList: [describeBinding(binding)] };
    }
    const limit = fields.limit ?? USUAL_LIMIT;
    const { items, nextCursor } = await bindings.list(app, {
      ...(fields.virtualNum !== undefined && { virtualNum: readXNumber(fields.virtualNum) }),
      cursor: ordinalOf(fields.cursor ?? FIRST_CURSOR),
      limit: limit >= 10 && limit <= 100 ? limit : USUAL_LIMIT,
    });
    return { ...SUCCESS, virtualNumList: items.map(describeBinding), ...nextPage(nextCursor) };
  });
}

function bindRequestOf(fields: BindFields): AxeBindRequest {
  const { virtualNum, areaCode, extendNum, recordHintTone, ...terms } = fields;
  if (virtualNum === undefined && areaCode === undefined) {
    throw new PartnerError('invalid-request', 'Expected virtualNum or areaCode, got neither.');
  }
  return {
    bindNum: readUserNumber('bindNum', fields.bindNum),
    ...(virtualNum !== undefined && { virtualNum: readXNumber(virtualNum) }),
    ...(areaCode !== undefined && { areaCode }),
    ...(fields.areaMatchMode !== undefined && { areaMatchMode: fields.areaMatchMode }),
    ...(extendNum !== undefined && { extendNum }),
    showsCaller: fields.displayNumMode === '1',
    recordFlag: false,
    timeUnit: 0,
    bindExpiredTime: 0,
    callbackExpiredTime: 0,
    ...termsOf(terms),
    // A hint belongs to a recording; without one it says nothing (facts 4.1).
    ...(fields.recordFlag === 'true' && recordHintTone !== undefined && { recordHintTone }),
  };
}

/** The terms that are given. */
function termsOf(fields: Omit<ModifyFields, keyof TargetFields>): AxeChanges {
  const { callbackNum } = fields;
  return {
    ...(fields.recordFlag !== undefined && { recordFlag: fields.recordFlag === 'true' }),
    ...(fields.recordHintTone !== undefined && { recordHintTone: fields.recordHintTone }),
    ...(fields.callbackTone !== undefined && { callbackTone: fields.callbackTone }),
    ...(callbackNum !== undefined && { callbackNum: readCalleeNumber('callbackNum', callbackNum) }),
    ...(fields.timeUnit !== undefined && { timeUnit: fields.timeUnit === '1' ? 1 : 0 }),
    ...(fields.bindExpiredTime !== undefined && { bindExpiredTime: fields.bindExpiredTime }),
    ...(fields.callbackExpiredTime !== undefined && { callbackExpiredTime: fields.callbackExpiredTime }),
    ...(fields.userData !== undefined && { userData: fields.userData }),
  };
}

/** `subscriptionId` wins; else X and extension are both needed (facts 4.2). */
function targetOf({ subscriptionId, virtualNum, extendNum }: TargetFields): AxeTarget {
  if (subscriptionId !== undefined) return { subscriptionId };
  if (virtualNum === undefined || extendNum === undefined) {
    throw new PartnerError('invalid-request', 'Expected subscriptionId, or virtualNum with extendNum.');
  }
  return { virtualNum: readXNumber(virtualNum), extendNum };
}

/** @throws PartnerError 1010002 for an ordinal that no binding can have */
function ordinalOf(cursor: string): string {
  const ordinal = cursor.slice(CURSOR_START.length);
  if (BigInt(ordinal) <= 2n ** 63n - 1n) return ordinal;
  throw new PartnerError('invalid-request', 'cursor: expected the nextCursor of a page before.');
}

/** Where the next page begins, in both spellings of the documents; nothing after the last page. */
function nextPage(ordinal: string | undefined): { nextCursor?: string; nextCusor?: string } {
  if (ordinal === undefined) return {};
  const cursor = `${CURSOR_START}${ordinal}`;
  return { nextCursor: cursor, nextCusor: cursor };
}

/** The reply of a query (facts 4.4): flags and modes are strings there. */
function describeBinding(binding: AxeBinding): Record<string, unknown> {
  return {
    subscriptionId: binding.subscriptionId,
    virtualNum: binding.virtualNum,
    extendNum: binding.extendNum,
    bindNum: binding.bindNum,
    displayNumMode: binding.showsCaller ? '1' : '0',
    recordFlag: String(binding.recordFlag),
    recordHintTone: binding.recordHintTone,
    callbackTone: binding.callbackTone,
    callbackNum: binding.callbackNum,
    timeUnit: String(binding.timeUnit),
    bindExpiredTime: binding.bindExpiredTime,
    callbackExpiredTime: binding.callbackExpiredTime,
    userData: binding.userData,
  };
}
