import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AxBindings } from '../bindings/AxBindings.ts';
import type { AxBinding, AxBindRequest, AxChanges, AxQuery, AxTarget } from '../bindings/axTypes.ts';
import type { App } from '../store/apps.ts';
import {
  BindFields,
  CalleeFields,
  ModifyFields,
  QueryFields,
  type TargetFields,
  UnbindFields,
} from './axFields.ts';
import { readCalleeNumber } from './calleeNumber.ts';
import { PartnerError } from './errorCodes.ts';
import { fieldCheck } from './fieldCheck.ts';
import { directionOf, queryOrBody, SUCCESS } from './partnerForms.ts';
import { readUserNumber, readXNumber } from './partnerNumbers.ts';

/** Paths below the partner API's prefix (facts 3). */
const AX_PATH = '/provision/caas/privatenumber/v1.0';
const CALLEE_PATH = '/caas/privatenumber/calleenumber/v1.0';

/** How long a temporary callee is kept when the client does not say, or says 0 (facts 3.5). */
const USUAL_CALLEE_SECONDS = 60;

/**
 * AX bind, unbind, modify, query, and the setting of the temporary callee (facts 3).
 * @param applicationOf the authenticated application of a request; refuses one of another mode
 */
export function axRoutes(
  fastify: FastifyInstance,
  bindings: AxBindings,
  applicationOf: (request: FastifyRequest, mode: App['mode']) => App,
): void {
  const checkBind = fieldCheck(BindFields);
  const checkUnbind = fieldCheck(UnbindFields);
  const checkModify = fieldCheck(ModifyFields);
  const checkQuery = fieldCheck(QueryFields);
  const checkCallee = fieldCheck(CalleeFields);

  fastify.post(AX_PATH, async (request) => {
    const app = applicationOf(request, 'AX');
    const { origNum, privateNum, subscriptionId } = await bindings.bind(
      app,
      bindRequestOf(checkBind(request.body)),
    );
    return { ...SUCCESS, origNum, privateNum, subscriptionId };
  });

  fastify.delete(AX_PATH, async (request) => {
    const app = applicationOf(request, 'AX');
    await bindings.unbind(app, targetOf(checkUnbind(queryOrBody(request))));
    return SUCCESS;
  });

  fastify.put(AX_PATH, async (request) => {
    const app = applicationOf(request, 'AX');
    const fields = checkModify(request.body);
    await bindings.modify(app, targetOf(fields), termsOf(fields));
    return SUCCESS;
  });

  fastify.get(AX_PATH, async (request) => {
    const app = applicationOf(request, 'AX');
    const found = await bindings.query(app, queryOf(checkQuery(request.query)));
    return { ...SUCCESS, privateNumList: found.map(describeBinding) };
  });

  fastify.put(CALLEE_PATH, async (request) => {
    const app = applicationOf(request, 'AX');
    const fields = checkCallee(request.body);
    await bindings.setTemporaryCallee(app, targetOf(fields), {
      calleeNum: readCalleeNumber('calleeNum', fields.calleeNum),
      duration: fields.duration || USUAL_CALLEE_SECONDS,
      ...(fields.userData !== undefined && { userData: fields.userData }),
    });
    return SUCCESS;
  });
}

function bindRequestOf(fields: BindFields): AxBindRequest {
  const { privateNum, areaCode, privateNumType, recordHintTone, lastMinVoice, ...terms } = fields;
  if (privateNum === undefined) {
    if (areaCode === undefined) {
      throw new PartnerError('invalid-request', 'Expected privateNum or areaCode, got neither.');
    }
    if (privateNumType === undefined) {
      throw new PartnerError('invalid-request', 'privateNumType: expected "mobile-virtual" with areaCode.');
    }
  }
  const isRecorded = fields.recordFlag === 'true';
  const isLimited = (fields.maxDuration ?? 0) > 0;
  return {
    origNum: readUserNumber('origNum', fields.origNum),
    ...(privateNum !== undefined && { privateNum: readXNumber(privateNum) }),
    ...(areaCode !== undefined && { areaCode }),
    ...(fields.areaMatchMode !== undefined && { areaMatchMode: fields.areaMatchMode }),
    showsCaller: fields.calleeNumDisplay === '1',
    recordFlag: false,
    maxDuration: 0,
    privateSms: true,
    preVoice: {},
    ...termsOf(terms),
    // A hint belongs to a recording, a last-minute voice to a limit; without those they say nothing (facts 2.1).
    ...(isRecorded && recordHintTone !== undefined && { recordHintTone }),
    ...(isLimited && lastMinVoice !== undefined && { lastMinVoice }),
  };
}

/** The terms that are given. */
function termsOf(fields: Omit<ModifyFields, keyof TargetFields>): AxChanges {
  return {
    ...(fields.recordFlag !== undefined && { recordFlag: fields.recordFlag === 'true' }),
    ...(fields.recordHintTone !== undefined && { recordHintTone: fields.recordHintTone }),
    ...(fields.privateSms !== undefined && { privateSms: fields.privateSms === 'true' }),
    ...(fields.preVoice !== undefined && { preVoice: fields.preVoice }),
    ...(fields.maxDuration !== undefined && { maxDuration: fields.maxDuration }),
    ...(fields.lastMinVoice !== undefined && { lastMinVoice: fields.lastMinVoice }),
    ...(fields.callDirection !== undefined && { callDirection: directionOf(fields.callDirection) }),
    ...(fields.userData !== undefined && { userData: fields.userData }),
  };
}

/** `subscriptionId` wins; the A of the older form must be the A of that X (facts 3.3). */
function targetOf({ subscriptionId, privateNum, origNum }: TargetFields): AxTarget {
  if (subscriptionId !== undefined) return { subscriptionId };
  if (privateNum === undefined) {
    throw new PartnerError('invalid-request', 'Expected subscriptionId or privateNum, got neither.');
  }
  return {
    privateNum: readXNumber(privateNum),
    ...(origNum !== undefined && { origNum: readUserNumber('origNum', origNum) }),
  };
}

/** `subscriptionId` wins over `origNum`, which wins over `privateNum` (facts 3.4). */
function queryOf({ subscriptionId, origNum, privateNum }: TargetFields): AxQuery {
  if (subscriptionId !== undefined) return { subscriptionId };
  if (origNum !== undefined) return { origNum: readUserNumber('origNum', origNum) };
  if (privateNum !== undefined) return { privateNum: readXNumber(privateNum) };
  throw new PartnerError('invalid-request', 'Expected subscriptionId, origNum or privateNum, got none.');
}

/** One item of `privateNumList` (facts 3.4): the flags are strings there. */
function describeBinding(binding: AxBinding): Record<string, unknown> {
  return {
    origNum: binding.origNum,
    privateNum: binding.privateNum,
    subscriptionId: binding.subscriptionId,
    recordFlag: String(binding.recordFlag),
    recordHintTone: binding.recordHintTone,
    privateSms: String(binding.privateSms),
    calleeNumDisplay: binding.showsCaller ? '1' : '0',
    maxDuration: binding.maxDuration,
    lastMinVoice: binding.lastMinVoice,
    callDirection: binding.callDirection,
    preVoice: binding.preVoice,
    userData: binding.userData,
  };
}
