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
