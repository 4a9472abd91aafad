import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import type { PartnerReply } from '../kit/PartnerClient.ts';
import {
  type CustomerUnderTest,
  expectRefusal,
  idOf,
  newCustomer,
  nextUser,
  OK,
} from './customerUnderTest.ts';

const CALLEE_PATH = '/rest/caas/privatenumber/calleenumber/v1.0';

let api: ApiUnderTest;
let customer: CustomerUnderTest;

beforeAll(async () => {
  api = await startApi();
  customer = await newCustomer(api, 'AX');
});
afterAll(() => api.stop());

describe('the temporary callee', () => {
  const calleeOf = async (reply: PartnerReply) => {
    const [row] = await api.sql`
      SELECT callee_id, callee_user_data, extract(epoch FROM callee_expires_at - now())::float8 AS seconds,
             callee_sealed
      FROM ax_bindings WHERE subscription_id = ${idOf(reply)}`;
    return row;
  };

  it('is kept for 60 seconds, or for as long as is said; another one takes its place', async () => {
    const x = await customer.addX();
    const bound = await customer.client.bindAx(nextUser(), { privateNum: x });
    const { client } = customer;
    expect(await client.setTemporaryCallee(nextUser(), { privateNum: x })).toEqual(OK);
    const first = await calleeOf(bound);
    expect(first?.seconds).toBeGreaterThan(50);
    expect(first?.seconds).toBeLessThanOrEqual(60);
    const by = { subscriptionId: idOf(bound), duration: '600', userData: 'call-1' };
    expect(await client.setTemporaryCallee(nextUser(), by)).toEqual(OK);
    const second = await calleeOf(bound);
    expect(second).toMatchObject({ callee_user_data: 'call-1' });
    expect(second?.seconds).toBeGreaterThan(590);
    expect(second?.callee_id).not.toBe(first?.callee_id);
    await client.setTemporaryCallee(nextUser(), { ...by, duration: 0, userData: null });
    const third = await calleeOf(bound);
    expect(third).toMatchObject({ callee_user_data: null });
    expect(third?.seconds).toBeLessThanOrEqual(60);
  });

  it.each([
    '+8613900002002',
    '057112345678',
    '4001234567',
    '+864001234567',
    '95588',
    '+8695588',
    '+6591234567',
  ])('may be %s', async (callee) => {
    const x = await customer.addX();
    await customer.client.bindAx(nextUser(), { privateNum: x });
    expect(await customer.client.setTemporaryCallee(callee, { privateNum: x })).toEqual(OK);
  });

  it.each([
    ['no number', { calleeNum: null }, '1010002', 'calleeNum: expected a number of 1 to 32 characters'],
    ['a number that is none', { calleeNum: 'anna' }, '1010002', 'format is incorrect. calleeNum'],
    ['an emergency number', { calleeNum: '110' }, '1010002', 'format is incorrect. calleeNum'],
    ['a duration below 0', { duration: -1 }, '1010002', 'duration: expected seconds from 0 to 7776000'],
    ['a duration above 90 days', { duration: 7_776_001 }, '1010002', 'duration: expected seconds'],
    ['braces in userData', { userData: '}' }, '1010002', 'userData: expected at most 256 characters'],
  ])('is refused for %s', async (_, fields, resultcode, text) => {
    const privateNum = await customer.addX();
    const bound = await customer.client.bindAx(nextUser(), { privateNum });
    const answer = customer.client.send('PUT', CALLEE_PATH, { privateNum, calleeNum: nextUser(), ...fields });
    await expectRefusal(answer, resultcode, text);
    expect(await calleeOf(bound)).toMatchObject({ callee_id: null });
  });

  it('is not A himself', async () => {
    const [a, privateNum] = [nextUser(), await customer.addX()];
    await customer.client.bindAx(a, { privateNum });
    const answer = customer.client.setTemporaryCallee(a, { privateNum });
    await expectRefusal(answer, '1012010', `The number +86139****${a.slice(-4)} has been bound.`);
  });
});
