import { wav } from '../../admin/wav.ts';
import type { ApiUnderTest } from '../../kit/apiUnderTest.ts';
import type { PartnerReply } from '../../kit/PartnerClient.ts';
import { type CustomerUnderTest, idOf, newCustomer, nextUser } from '../customerUnderTest.ts';
import { REJECTED } from './forms.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Everything that a request of one operation needs, made anew for each case. */
export interface Scene {
  readonly customer: CustomerUnderTest;
  /** Of the operation in the document. */
  readonly operationId: string;
  /** Fields of a request that succeeds. */
  readonly usual: Fields;
  /** A value for each field that exists, where the usual ones have none or another one is better. */
  readonly known: Fields;
  /** What the API shows once the request has succeeded; undefined where it shows nothing. */
  readonly shown?: (reply: PartnerReply) => Promise<Fields>;
}

export interface Customers {
  readonly axb: CustomerUnderTest;
  readonly ax: CustomerUnderTest;
  readonly axe: CustomerUnderTest;
  readonly axyb: CustomerUnderTest;
}

const CITY = '0571';
const TONE = 'tone.wav';
const announcements = {
  recordHintTone: TONE,
  lastMinVoice: TONE,
  callbackTone: TONE,
  preVoiceX: TONE,
  preVoiceY: TONE,
};

/** One customer of each mode, whose applications record and have an announcement `tone.wav`, and one that is rejected. */
export async function newCustomers(api: ApiUnderTest): Promise<Customers> {
  await api.admin.addAnnouncement(TONE, wav({}));
  await api.admin.addAnnouncement(REJECTED, wav({}));
  await api.admin.send('POST', `/announcements/${REJECTED}/reject`, { cause: 'too loud' });
  const recorded = { recording: true };
  return {
    axb: await newCustomer(api, 'AXB', recorded),
    ax: await newCustomer(api, 'AX', recorded),
    axe: await newCustomer(api, 'AXE', { ...recorded, extensionDigits: 4 }),
    axyb: await newCustomer(api, 'AXYB', recorded),
  };
}

const itemOf = ({ body }: PartnerReply, list: string): Fields => {
  const items = body[list];
  return Array.isArray(items) ? { ...body, ...items[0] } : {};
};

async function axb({ axb: customer }: Customers) {
  const usual = { callerNum: nextUser(), calleeNum: nextUser(), relationNum: await customer.addX(CITY) };
  const show = async (subscriptionId: string) =>
    itemOf(await customer.client.query({ subscriptionId }), 'relationNumList');
  return { customer, usual, show };
}

async function boundAxb(customers: Customers) {
  const { customer, usual, show } = await axb(customers);
  const { callerNum, calleeNum, relationNum } = usual;
  const subscriptionId = idOf(await customer.client.bind(callerNum, calleeNum, { relationNum }));
  return { customer, binding: { subscriptionId, ...usual }, show };
}

async function ax({ ax: customer }: Customers) {
  const usual = { origNum: nextUser(), privateNum: await customer.addX(CITY) };
  const show = async (subscriptionId: string) =>
    itemOf(await customer.client.queryAx({ subscriptionId }), 'privateNumList');
  return { customer, usual, show };
}

async function boundAx(customers: Customers) {
  const { customer, usual, show } = await ax(customers);
  const subscriptionId = idOf(await customer.client.bindAx(usual.origNum, usual));
  return { customer, binding: { subscriptionId, ...usual }, show };
}

async function axe({ axe: customer }: Customers) {
  const usual = { bindNum: nextUser(), virtualNum: await customer.addX(CITY) };
  const show = async (subscriptionId: string) => (await customer.client.queryAxe({ subscriptionId })).body;
  return { customer, usual, show };
}

async function boundAxe(customers: Customers) {
  const { customer, usual, show } = await axe(customers);
  const { body } = await customer.client.bindAxe(usual.bindNum, usual);
  const subscriptionId = String(body.subscriptionId);
  const target = { subscriptionId, virtualNum: usual.virtualNum, extendNum: String(body.extendNum) };
  return { customer, target, show };
}

async function axyb({ axyb: customer }: Customers) {
  await customer.addX(CITY);
  const usual = { app_key: customer.appKey, origNum: nextUser() };
  const show = async (subscriptionId: string) =>
    itemOf(await customer.client.queryAxyb({ subscriptionId }), 'xyRelationNumList');
  return { customer, usual, show };
}

async function boundAxyb(customers: Customers) {
  const { customer, usual, show } = await axyb(customers);
  const { body } = await customer.client.bindAxyb(usual.origNum);
  const x = String(body.relationNumber);
  return { customer, app_key: usual.app_key, subscriptionId: String(body.subscriptionId), x, show };
}

/** How a request of each operation is made ready. The two steps of AXYB are one operation of the document. */
export const SCENES = {
  bindAxb: async (customers: Customers): Promise<Scene> => {
    const { customer, usual, show } = await axb(customers);
    const known = { ...usual, ...announcements, areaCode: CITY };
    return { customer, operationId: 'bindAxb', usual, known, shown: (reply) => show(idOf(reply)) };
  },
  unbindAxb: async (customers: Customers): Promise<Scene> => {
    const { customer, binding } = await boundAxb(customers);
    const { subscriptionId } = binding;
    return { customer, operationId: 'unbindAxb', usual: { subscriptionId }, known: binding };
  },
  modifyAxb: async (customers: Customers): Promise<Scene> => {
    const { customer, binding, show } = await boundAxb(customers);
    const { subscriptionId } = binding;
    const known = { ...announcements, subscriptionId, callerNum: nextUser(), calleeNum: nextUser() };
    const shown = () => show(subscriptionId);
    return { customer, operationId: 'modifyAxb', usual: { subscriptionId }, known, shown };
  },
  queryAxb: async (customers: Customers): Promise<Scene> => {
    const { customer, binding } = await boundAxb(customers);
    const { subscriptionId, relationNum } = binding;
    const shown = async (reply: PartnerReply) => itemOf(reply, 'relationNumList');
    return {
      customer,
      operationId: 'queryAxb',
      usual: { subscriptionId, relationNum },
      known: binding,
      shown,
    };
  },
  bindAx: async (customers: Customers): Promise<Scene> => {
    const { customer, usual, show } = await ax(customers);
    const known = { ...usual, ...announcements, areaCode: CITY };
    return { customer, operationId: 'bindAx', usual, known, shown: (reply) => show(idOf(reply)) };
  },
  unbindAx: async (customers: Customers): Promise<Scene> => {
    const { customer, binding } = await boundAx(customers);
    const { subscriptionId } = binding;
    return { customer, operationId: 'unbindAx', usual: { subscriptionId }, known: binding };
  },
  modifyAx: async (customers: Customers): Promise<Scene> => {
    const { customer, binding, show } = await boundAx(customers);
    const { subscriptionId, privateNum } = binding;
    const known = { ...announcements, ...binding };
    const shown = () => show(subscriptionId);
    return { customer, operationId: 'modifyAx', usual: { subscriptionId, privateNum }, known, shown };
  },
  queryAx: async (customers: Customers): Promise<Scene> => {
    const { customer, binding } = await boundAx(customers);
    const { subscriptionId, privateNum } = binding;
    const shown = async (reply: PartnerReply) => itemOf(reply, 'privateNumList');
    return {
      customer,
      operationId: 'queryAx',
      usual: { subscriptionId, privateNum },
      known: binding,
      shown,
    };
  },
  setTemporaryCallee: async (customers: Customers): Promise<Scene> => {
    const { customer, binding } = await boundAx(customers);
    const { subscriptionId, privateNum } = binding;
    const calleeNum = nextUser();
    const usual = { subscriptionId, privateNum, calleeNum };
    return { customer, operationId: 'setTemporaryCallee', usual, known: { ...binding, calleeNum } };
  },
  bindAxe: async (customers: Customers): Promise<Scene> => {
    const { customer, usual, show } = await axe(customers);
    const known = { ...usual, ...announcements, areaCode: CITY, callbackNum: nextUser() };
    return { customer, operationId: 'bindAxe', usual, known, shown: (reply) => show(idOf(reply)) };
  },
  unbindAxe: async (customers: Customers): Promise<Scene> => {
    const { customer, target } = await boundAxe(customers);
    return { customer, operationId: 'unbindAxe', usual: target, known: target };
  },
  modifyAxe: async (customers: Customers): Promise<Scene> => {
    const { customer, target, show } = await boundAxe(customers);
    const known = { ...target, ...announcements, callbackNum: nextUser() };
    const shown = () => show(target.subscriptionId);
    return { customer, operationId: 'modifyAxe', usual: target, known, shown };
  },
  queryAxe: async (customers: Customers): Promise<Scene> => {
    const { customer, target } = await boundAxe(customers);
    return { customer, operationId: 'queryAxe', usual: target, known: target };
  },
  listAxe: async (customers: Customers): Promise<Scene> => {
    const { customer, target } = await boundAxe(customers);
    return { customer, operationId: 'listAxe', usual: target, known: target };
  },
  bindAxyb: async (customers: Customers): Promise<Scene> => {
    const { customer, usual, show } = await axyb(customers);
    const known = { ...usual, ...announcements, areaCode: CITY };
    const shown = async (reply: PartnerReply) => {
      const item = await show(idOf(reply));
      return { ...item, origNum: item.numA };
    };
    return { customer, operationId: 'bindAxyb', usual, known, shown };
  },
  relateAxyb: async (customers: Customers): Promise<Scene> => {
    const { customer, app_key, subscriptionId, show } = await boundAxyb(customers);
    await customer.addX(CITY);
    const usual = { app_key, subscriptionId, origNum: nextUser() };
    const known = { ...usual, ...announcements, areaCode: CITY };
    const shown = async () => {
      const item = await show(subscriptionId);
      return { ...item, origNum: item.numB };
    };
    return { customer, operationId: 'bindAxyb', usual, known, shown };
  },
  unbindAxyb: async (customers: Customers): Promise<Scene> => {
    const { customer, app_key, subscriptionId } = await boundAxyb(customers);
    await customer.addX(CITY);
    const { body } = await customer.client.bindAxyb(nextUser(), { subscriptionId });
    const known = { subscriptionId, yNum: body.relationNumber };
    return { customer, operationId: 'unbindAxyb', usual: { app_key, subscriptionId }, known };
  },
  queryAxyb: async (customers: Customers): Promise<Scene> => {
    const { customer, app_key, subscriptionId, x } = await boundAxyb(customers);
    const known = { subscriptionId, relationNum: x };
    return { customer, operationId: 'queryAxyb', usual: { app_key, subscriptionId }, known };
  },
  recordingAddress: async ({ axb: customer }: Customers): Promise<Scene> => {
    const usual = { fileName: '260105040007000000001.wav', recordDomain: 'axbridge.test' };
    return { customer, operationId: 'recordingAddress', usual, known: {} };
  },
  stopCall: async ({ axb: customer }: Customers): Promise<Scene> => {
    const usual = { sessionid: '1200_77_0_20260105040001@ax.test', signal: 'call_stop' };
    return { customer, operationId: 'stopCall', usual, known: {} };
  },
};

export type SceneName = keyof typeof SCENES;
