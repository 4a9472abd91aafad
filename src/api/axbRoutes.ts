import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AxbBindings } from '../bindings/AxbBindings.ts';
import type { AxbBinding, AxbChanges, AxbQuery } from '../bindings/axbTypes.ts';
import { BindingError } from '../bindings/BindingError.ts';
import type { App } from '../store/apps.ts';
import { BindFields, ModifyFields, QueryFields, UnbindFields } from './axbFields.ts';
import { PartnerError } from './errorCodes.ts';
import { fieldCheck } from './fieldCheck.ts';
import { directionOf, queryOrBody, SUCCESS, utcTime } from './partnerForms.ts';
import { readUserNumber, readXNumber } from './partnerNumbers.ts';

/** Path of all four AXB operations, below the partner API's prefix (facts 2). */
const AXB_PATH = '/caas/relationnumber/partners/v1.0';

/** Records of a page when the client names no size, or one outside 10–100 (facts 2.4). */
const USUAL_PAGE_SIZE = 50;

/**
 * AXB bind, unbind, modify and query (facts 2).
 * @param applicationOf the authenticated application of a request; refuses one of another mode
 */
export function axbRoutes(
  fastify: FastifyInstance,
  bindings: AxbBindings,
  applicationOf: (request: FastifyRequest, mode: App['mode']) => App,
): void {
  const checkBind = fieldCheck(BindFields);
  const checkModify = fieldCheck(ModifyFields);
  const checkUnbind = fieldCheck(UnbindFields);
  const checkQuery = fieldCheck(QueryFields);

  fastify.post(AXB_PATH, async (request) => {
    const app = applicationOf(request, 'AXB');
    const fields = checkBind(request.body);
    const binding = await bindings.bind(app, {
      callerNum: readUserNumber('callerNum', fields.callerNum),
      calleeNum: readUserNumber('calleeNum', fields.calleeNum),
      ...(fields.relationNum !== undefined && { relationNum: readXNumber(fields.relationNum) }),
      ...(fields.areaCode !== undefined && { areaCode: fields.areaCode }),
      ...(fields.areaMatchMode !== undefined && { areaMatchMode: fields.areaMatchMode }),
      callDirection: directionOf(fields.callDirection ?? 0),
      duration: fields.duration ?? 0,
      recordFlag: fields.recordFlag === 'true',
      maxDuration: fields.maxDuration ?? 0,
      privateSms: fields.privateSms !== 'false',
      preVoice: fields.preVoice ?? {},
      // A hint belongs to a recording, a last-minute voice to a limit; without those they say nothing (facts 2.1).
      ...(fields.recordFlag === 'true' &&
        fields.recordHintTone !== undefined && { recordHintTone: fields.recordHintTone }),
      ...((fields.maxDuration ?? 0) > 0 &&
        fields.lastMinVoice !== undefined && { lastMinVoice: fields.lastMinVoice }),
      ...(fields.userData !== undefined && { userData: fields.userData }),
    });
    return {
      ...SUCCESS,
      subscriptionId: binding.subscriptionId,
      relationNum: binding.relationNum,
      callDirection: binding.callDirection,
      duration: binding.duration,
      maxDuration: binding.maxDuration,
    };
  });

  fastify.put(AXB_PATH, async (request) => {
    const app = applicationOf(request, 'AXB');
    const fields = checkModify(request.body);
    await bindings.modify(app, fields.subscriptionId, modificationOf(fields));
    return SUCCESS;
  });

  fastify.delete(AXB_PATH, async (request) => {
    const app = applicationOf(request, 'AXB');
    const fields = checkUnbind(queryOrBody(request));
    if (fields.subscriptionId !== undefined) {
      await bindings.unbind(app, { subscriptionId: fields.subscriptionId });
    } else {
      await bindings.unbind(app, { relationNum: xOf(fields) });
    }
    return SUCCESS;
  });

  fastify.get(AXB_PATH, async (request) => {
    const app = applicationOf(request, 'AXB');
    const fields = checkQuery(request.query);
    const pageIndex = fields.pageIndex ?? 1;
    const size = fields.pageSize ?? USUAL_PAGE_SIZE;
    const pageSize = size >= 10 && size <= 100 ? size : USUAL_PAGE_SIZE;
    const { items, totalCount } = await bindings.query(app, { ...filterOf(fields), pageIndex, pageSize });
    if (totalCount === 0) throw new BindingError('no-such-binding');
    return {
      ...SUCCESS,
      app_key: app.appKey,
      relationNumList: items.map(describeBinding),
      totalCount,
      pageIndex,
      pageSize,
    };
  });
}

function modificationOf(fields: ModifyFields): AxbChanges {
  return {
    ...(fields.callerNum !== undefined && { callerNum: readUserNumber('callerNum', fields.callerNum) }),
    ...(fields.calleeNum !== undefined && { calleeNum: readUserNumber('calleeNum', fields.calleeNum) }),
    ...(fields.callDirection !== undefined && { callDirection: directionOf(fields.callDirection) }),
    ...(fields.duration !== undefined && { duration: fields.duration }),
    ...(fields.recordFlag !== undefined && { recordFlag: fields.recordFlag === 'true' }),
    ...(fields.recordHintTone !== undefined && { recordHintTone: fields.recordHintTone }),
    ...(fields.maxDuration !== undefined && { maxDuration: fields.maxDuration }),
    ...(fields.lastMinVoice !== undefined && { lastMinVoice: fields.lastMinVoice }),
    ...(fields.privateSms !== undefined && { privateSms: fields.privateSms === 'true' }),
    ...(fields.preVoice !== undefined && { preVoice: fields.preVoice }),
    ...(fields.userData !== undefined && { userData: fields.userData }),
  };
}

function filterOf(fields: QueryFields): Omit<AxbQuery, 'pageIndex' | 'pageSize'> {
  if (fields.subscriptionId !== undefined) return { subscriptionId: fields.subscriptionId };
  return {
    relationNum: xOf(fields),
    ...(fields.callerNum !== undefined && { callerNum: readUserNumber('callerNum', fields.callerNum) }),
    ...(fields.calleeNum !== undefined && { calleeNum: readUserNumber('calleeNum', fields.calleeNum) }),
  };
}

function xOf(fields: UnbindFields): string {
  if (fields.relationNum !== undefined) return readXNumber(fields.relationNum);
  throw new PartnerError('invalid-request', 'Expected subscriptionId or relationNum, got neither.');
}

/** One item of `relationNumList` (facts 2.4): the two flags are strings there, `subscribeTime` is UTC. */
function describeBinding(binding: AxbBinding): Record<string, unknown> {
  return {
    subscriptionId: binding.subscriptionId,
    relationNum: binding.relationNum,
    callerNum: binding.callerNum,
    calleeNum: binding.calleeNum,
    callDirection: binding.callDirection,
    duration: binding.duration,
    maxDuration: binding.maxDuration,
    recordFlag: String(binding.recordFlag),
    recordHintTone: binding.recordHintTone,
    lastMinVoice: binding.lastMinVoice,
    privateSms: String(binding.privateSms),
    preVoice: binding.preVoice,
    userData: binding.userData,
    subscribeTime: utcTime(binding.subscribedAt),
  };
}
