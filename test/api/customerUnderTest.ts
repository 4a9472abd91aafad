import { expect } from 'vitest';
import type { ApiUnderTest } from '../kit/apiUnderTest.ts';
import { PartnerClient, type PartnerReply } from '../kit/PartnerClient.ts';

/** A customer with an application and a client of his own. */
export interface CustomerUnderTest {
  readonly appKey: string;
  readonly secret: string;
  readonly client: PartnerClient;
  /** Adds an X that nobody else has. @returns it */
  addX(areaCode?: string): Promise<string>;
}

let people = 0;
let numbers = 0;

/** A number that no other test of the file uses. */
export const nextUser = (): string => `+86139${String(++people).padStart(8, '0')}`;

export async function newCustomer(
  api: ApiUnderTest,
  mode: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<CustomerUnderTest> {
  const { appKey, appSecret } = await api.admin.createApp({ name: 'ride', mode, ...more });
  return {
    appKey,
    secret: appSecret,
    client: new PartnerClient(api.base, appKey, appSecret),
    async addX(areaCode = '0571') {
      const number = `+86170${String(++numbers).padStart(8, '0')}`;
      await api.admin.addNumber(appKey, number, areaCode);
      return number;
    },
  };
}

/** The id of the binding that a reply tells of. */
export const idOf = (reply: PartnerReply): string => String(reply.body.subscriptionId);

/** Statuses of facts 1.4 that are not 403. */
const STATUS: Readonly<Record<string, number>> = { 1010002: 400, 1010003: 401, 1010006: 404 };

/** Expects the refusal with this code, whose text holds `text` and no number of a person. */
export async function expectRefusal(
  answer: Promise<PartnerReply>,
  resultcode: string,
  text = '',
): Promise<void> {
  const { status, body } = await answer;
  expect(body).toEqual({ resultcode, resultdesc: expect.stringContaining(text) });
  expect(status).toBe(STATUS[resultcode] ?? 403);
  expect(body.resultdesc).not.toMatch(/\d{11}/);
}

/** What every success begins with. */
export const OK = { status: 200, body: { resultcode: '0', resultdesc: 'Success' } };
