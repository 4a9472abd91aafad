import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AxybBindings } from '../bindings/AxybBindings.ts';
import type { AxybBinding, AxybBindRequest, AxybRelateRequest } from '../bindings/axybTypes.ts';
import type { App } from '../store/apps.ts';
import { BindFields, KeyFields, QueryFields, RelateFields, StepFields, UnbindFields } from './axybFields.ts';
import { PartnerError } from './errorCodes.ts';
import { fieldCheck } from './fieldCheck.ts';
import { directionOf, queryOrBody, SUCCESS, utcTime } from './partnerForms.ts';
import { readUserNumber, readXNumber } from './partnerNumbers.ts';

/** Path of all AXYB operations, below the partner API's prefix (facts 5). */
const AXYB_PATH = '/omp/xyrelationnumber/v1.0';

/**
 * AXYB bind in its two steps, unbind and query (facts 5). The hosted product knows no modification in this mode.
 * @param applicationOf the authenticated application of a request; refuses one of another mode
 */
export function axybRoutes(
  fastify: FastifyInstance,
  bindings: AxybBindings,
  applicationOf: (request: FastifyRequest, mode: App['mode']) => App,
): void {
  const checkKey = fieldCheck(KeyFields);
  const checkStep = fieldCheck(StepFields);
  const checkBind = fieldCheck(BindFields);
  const checkRelate = fieldCheck(RelateFields);
  const checkUnbind = fieldCheck(UnbindFields);
  const checkQuery = fieldCheck(QueryFields);

  /** The query names the application once more; it must be the one whose secret signed the request. */
  const namedApplicationOf = (request: FastifyRequest): App => {
    const app = applicationOf(request, 'AXYB');
    if (checkKey(queryOrBody(request)).app_key !== app.appKey) throw new PartnerError('credentials-rejected');
    return app;
  };

  fastify.post(AXYB_PATH, async (request) => {
    const app = namedApplicationOf(request);
    const { subscriptionId } = checkStep(request.body);
    if (subscriptionId === undefined) {
      const bound = await bindings.bind(app, bindRequestOf(checkBind(request.body)));
      return { ...SUCCESS, subscriptionId: bound.subscriptionId, relationNumber: bound.x };
    }
    const y = await bindings.relate(app, relateRequestOf(checkRelate(request.body)));
    return { ...SUCCESS, subscriptionId, relationNumber: y };
  });

  fastify.delete(AXYB_PATH, async (request) => {
    const app = namedApplicationOf(request);
    const { subscriptionId, yNum, bNum } = checkUnbind(queryOrBody(request));
    if (yNum !== undefined) await bindings.unrelate(app, subscriptionId, { yNum: readXNumber(yNum) });
    else if (bNum !== undefined)
      await bindings.unrelate(app, subscriptionId, { bNum: readUserNumber('bNum', bNum) });
    else await bindings.unbind(app, subscriptionId);
    return SUCCESS;
  });

  fastify.get(AXYB_PATH, async (request) => {
    const app = namedApplicationOf(request);
    const { subscriptionId, relationNum } = checkQuery(request.query);
    if (subscriptionId === undefined && relationNum === undefined) {
      throw new PartnerError('invalid-request', 'Expected subscriptionId or relationNum, got neither.');
    }
    const found = await bindings.query(
      app,
      subscriptionId === undefined ? { relationNum: readXNumber(relationNum ?? '') } : { subscriptionId },
    );
    return { ...SUCCESS, xyRelationNumList: found.map(describeBinding) };
  });
}

function bindRequestOf(fields: BindFields): AxybBindRequest {
  return {
    origNum: readUserNumber('origNum', fields.origNum),
    ...(fields.areaCode !== undefined && { areaCode: fields.areaCode }),
    ...(fields.areaMatchMode !== undefined && { areaMatchMode: fields.areaMatchMode }),
    callDirection: directionOf(fields.callDirection ?? 0),
    duration: fields.duration ?? 0,
    recordFlag: fields.recordFlag === 'true',
    // A hint belongs to a recording; without one it says nothing (facts 2.1).
    ...(fields.recordFlag === 'true' &&
      fields.recordHintTone !== undefined && { recordHintTone: fields.recordHintTone }),
    ...(fields.preVoiceX !== undefined && { preVoiceX: fields.preVoiceX }),
    ...(fields.userData !== undefined && { userData: fields.userData }),
  };
}

function relateRequestOf(fields: RelateFields): AxybRelateRequest {
  return {
    subscriptionId: fields.subscriptionId,
    origNum: readUserNumber('origNum', fields.origNum),
    ...(fields.areaCode !== undefined && { areaCode: fields.areaCode }),
    ...(fields.areaMatchMode !== undefined && { areaMatchMode: fields.areaMatchMode }),
    ybDuration: fields.ybDuration ?? 0,
    ...(fields.preVoiceY !== undefined && { preVoiceY: fields.preVoiceY }),
    ...(fields.userData !== undefined && { userData: fields.userData }),
  };
}

/** One item of `xyRelationNumList` (facts 5.3): flags and durations are strings there. */
function describeBinding(binding: AxybBinding): Record<string, unknown> {
  const { relation } = binding;
  return {
    bindId: binding.subscriptionId,
    numA: binding.numA,
    numX: binding.numX,
    numY: relation?.numY,
    numB: relation?.numB,
    recordFlag: String(binding.recordFlag),
    recordHintTone: binding.recordHintTone,
    subscribeTime: utcTime(binding.boundAt),
    callDirection: binding.callDirection,
    duration: String(binding.duration),
    ybDuration: relation && String(relation.ybDuration),
    preVoiceX: binding.preVoiceX,
    preVoiceY: relation?.preVoiceY,
    userData: binding.userData,
  };
}
