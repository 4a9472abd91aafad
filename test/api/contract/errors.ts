import type { ApiUnderTest } from '../../kit/apiUnderTest.ts';
import { type CustomerUnderTest, idOf, newCustomer, nextUser } from '../customerUnderTest.ts';
import { type Customers, SCENES, type Scene } from './scenes.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A request that meets a rule: the facts' table of errors (section 10), beside what single fields are refused for. */
export interface ErrorRow {
  readonly operationId: string;
  readonly code: string;
  readonly why: string;
  readonly arrange: (api: ApiUnderTest, customers: Customers) => Promise<{ scene: Scene; fields: Fields }>;
}

const MOST_X_OF_ONE_A = 5;

const somewhere = { areaCode: '0571', privateNumType: 'mobile-virtual' };
/** A customer whose applications neither record nor have numbers. */
const bare = (api: ApiUnderTest, mode: string): Promise<CustomerUnderTest> => newCustomer(api, mode);
const asked = (customer: CustomerUnderTest, operationId: string, fields: Fields) => ({
  scene: { customer, operationId, usual: {}, known: {} },
  fields,
});

const row = (operationId: string, code: string, why: string, arrange: ErrorRow['arrange']): ErrorRow => {
  return { operationId, code, why, arrange };
};

/** The usual request of an operation with other fields. */
const withFields =
  (name: keyof typeof SCENES, change: (scene: Scene) => Fields): ErrorRow['arrange'] =>
  async (_api, customers) => {
    const scene = await SCENES[name](customers);
    return { scene, fields: { ...scene.usual, ...change(scene) } };
  };

/** The usual request of a binding in an application that does not record. */
const recorded =
  (operationId: string, mode: string, fields: () => Fields): ErrorRow['arrange'] =>
  async (api) =>
    asked(await bare(api, mode), operationId, { ...fields(), recordFlag: 'true' });

/** A binding on an X that takes none. */
const frozen =
  (operationId: string, mode: string, fields: (x: string) => Fields): ErrorRow['arrange'] =>
  async (api) => {
    const customer = await bare(api, mode);
    const x = await customer.addX();
    await api.admin.send('PATCH', `/numbers/${x}`, { state: 'bind-frozen' });
    return asked(customer, operationId, fields(x));
  };

const twoUsers = () => ({ callerNum: nextUser(), calleeNum: nextUser() });

export const ERROR_ROWS: readonly ErrorRow[] = [
  row('bindAxb', '1012008', 'no X', async (api) => asked(await bare(api, 'AXB'), 'bindAxb', twoUsers())),
  row('bindAxb', '1012010', 'a user who stands on this X', async (_api, customers) => {
    const scene = await SCENES.bindAxb(customers);
    const { callerNum, relationNum } = scene.usual;
    await scene.customer.client.bind(String(callerNum), nextUser(), { relationNum });
    return { scene, fields: { callerNum: nextUser(), calleeNum: callerNum, relationNum } };
  }),
  row('bindAxb', '1012012', 'a recording', recorded('bindAxb', 'AXB', twoUsers)),
  row(
    'bindAxb',
    '1012102',
    'an X that takes no bindings',
    frozen('bindAxb', 'AXB', (relationNum) => ({ ...twoUsers(), relationNum })),
  ),
  row('modifyAxb', '1012010', 'a user who stands on this X', async (_api, customers) => {
    const scene = await SCENES.modifyAxb(customers);
    const [{ subscriptionId }, another] = [scene.usual, nextUser()];
    const { body } = await scene.customer.client.query({ subscriptionId: String(subscriptionId) });
    const [{ relationNum }] = body.relationNumList as [{ relationNum: string }];
    await scene.customer.client.bind(another, nextUser(), { relationNum });
    return { scene, fields: { subscriptionId, calleeNum: another } };
  }),
  row('modifyAxb', '1012012', 'a recording', async (api) => {
    const customer = await bare(api, 'AXB');
    await customer.addX();
    const subscriptionId = idOf(await customer.client.bind(nextUser(), nextUser()));
    return asked(customer, 'modifyAxb', { subscriptionId, recordFlag: 'true' });
  }),
  row(
    'queryAxb',
    '1012001',
    'an X that is no number',
    withFields('queryAxb', () => noNumber('relationNum')),
  ),

  row('bindAx', '1011002', 'no X', async (api) =>
    asked(await bare(api, 'AX'), 'bindAx', { origNum: nextUser(), ...somewhere }),
  ),
  row('bindAx', '1011003', 'a sixth X of one A', async (api) => {
    const [customer, origNum] = [await bare(api, 'AX'), nextUser()];
    for (let count = 0; count < MOST_X_OF_ONE_A; count++) {
      await customer.client.bindAx(origNum, { privateNum: await customer.addX() });
    }
    return asked(customer, 'bindAx', { origNum, privateNum: await customer.addX() });
  }),
  row('bindAx', '1011005', 'an X of another A', async (_api, customers) => {
    const scene = await SCENES.bindAx(customers);
    const { privateNum } = scene.usual;
    await scene.customer.client.bindAx(nextUser(), { privateNum });
    return { scene, fields: scene.usual };
  }),
  row('bindAx', '1016002', 'the same once more', async (_api, customers) => {
    const scene = await SCENES.bindAx(customers);
    const { origNum, privateNum } = scene.usual;
    await scene.customer.client.bindAx(String(origNum), { privateNum });
    return { scene, fields: scene.usual };
  }),
  row(
    'bindAx',
    '1012012',
    'a recording',
    recorded('bindAx', 'AX', () => ({ origNum: nextUser(), ...somewhere })),
  ),
  row(
    'bindAx',
    '1012102',
    'an X that takes no bindings',
    frozen('bindAx', 'AX', (privateNum) => ({ origNum: nextUser(), privateNum })),
  ),
  row('modifyAx', '1012012', 'a recording', async (api) => {
    const customer = await bare(api, 'AX');
    const privateNum = await customer.addX();
    await customer.client.bindAx(nextUser(), { privateNum });
    return asked(customer, 'modifyAx', { privateNum, recordFlag: 'true' });
  }),
  row('setTemporaryCallee', '1012010', 'A himself', async (_api, customers) => {
    const scene = await SCENES.setTemporaryCallee(customers);
    return { scene, fields: { ...scene.usual, calleeNum: scene.known.origNum } };
  }),

  row('bindAxe', '1012008', 'no X', async (api) =>
    asked(await bare(api, 'AXE'), 'bindAxe', { bindNum: nextUser(), areaCode: '0571' }),
  ),
  row('bindAxe', '1020167', 'an extension that is taken', async (_api, customers) => {
    const scene = await SCENES.bindAxe(customers);
    const fields = { virtualNum: scene.usual.virtualNum, extendNum: '0007' };
    await scene.customer.client.bindAxe(nextUser(), fields);
    return { scene, fields: { bindNum: nextUser(), ...fields } };
  }),
  row('bindAxe', '1016002', 'the same once more', async (_api, customers) => {
    const scene = await SCENES.bindAxe(customers);
    const fields = { ...scene.usual, extendNum: '0007' };
    await scene.customer.client.bindAxe(String(scene.usual.bindNum), fields);
    return { scene, fields };
  }),
  row(
    'bindAxe',
    '1012012',
    'a recording',
    recorded('bindAxe', 'AXE', () => ({ bindNum: nextUser(), areaCode: '0571' })),
  ),
  row(
    'bindAxe',
    '1012102',
    'an X that takes no bindings',
    frozen('bindAxe', 'AXE', (virtualNum) => ({ bindNum: nextUser(), virtualNum })),
  ),
  row('modifyAxe', '1012012', 'a recording', async (api) => {
    const customer = await bare(api, 'AXE');
    const virtualNum = await customer.addX();
    const subscriptionId = idOf(await customer.client.bindAxe(nextUser(), { virtualNum }));
    return asked(customer, 'modifyAxe', { subscriptionId, recordFlag: 'true' });
  }),

  row('bindAxyb', '1011002', 'no X', async (api) => {
    const customer = await bare(api, 'AXYB');
    return asked(customer, 'bindAxyb', { app_key: customer.appKey, origNum: nextUser() });
  }),
  row('bindAxyb', '1011003', 'a sixth X of one A', async (api) => {
    const [customer, origNum] = [await bare(api, 'AXYB'), nextUser()];
    for (let count = 0; count < MOST_X_OF_ONE_A; count++) {
      await customer.addX();
      await customer.client.bindAxyb(origNum);
    }
    await customer.addX();
    return asked(customer, 'bindAxyb', { app_key: customer.appKey, origNum });
  }),
  row('bindAxyb', '1012010', 'A as his own B', async (_api, customers) => {
    const scene = await SCENES.relateAxyb(customers);
    const { subscriptionId } = scene.usual;
    const { body } = await scene.customer.client.queryAxyb({ subscriptionId: String(subscriptionId) });
    const [{ numA }] = body.xyRelationNumList as [{ numA: string }];
    return { scene, fields: { ...scene.usual, origNum: numA } };
  }),
  row('bindAxyb', '1016002', 'a B who has a Y for this A', async (_api, customers) => {
    const scene = await SCENES.relateAxyb(customers);
    const { subscriptionId, origNum } = scene.usual;
    await scene.customer.client.bindAxyb(String(origNum), { subscriptionId });
    return { scene, fields: scene.usual };
  }),
  row('bindAxyb', '1012012', 'a recording', async (api) => {
    const customer = await bare(api, 'AXYB');
    const fields = { app_key: customer.appKey, origNum: nextUser(), recordFlag: 'true' };
    return asked(customer, 'bindAxyb', fields);
  }),
  row(
    'unbindAxyb',
    '1011004',
    'a Y that is no number',
    withFields('unbindAxyb', () => ({ yNum: 'y' })),
  ),
  row(
    'queryAxyb',
    '1011001',
    'an X that is no number',
    withFields('queryAxyb', () => noNumber('relationNum')),
  ),
];

function noNumber(field: string): Fields {
  return { subscriptionId: undefined, [field]: '170x' };
}
