import { randomUUID } from 'node:crypto';
import type { XNumberState } from '../../routing/types.ts';
import type { Transaction } from './database.ts';

/** Why a number is out of service (facts 8.5). */
export type NumberCause =
  | 'deleted'
  | 'arrears'
  | 'stopped'
  | 'barred'
  | 'unbarred'
  | 'forwarding-on'
  | 'forwarding-off';

/** What a customer is told of one of his numbers. */
export interface NumberStatus {
  /** E.164. */
  readonly number: string;
  readonly state: XNumberState;
  /** Known where the state is `unavailable` or `returned`. */
  readonly cause?: NumberCause;
}

/** Who files messages about numbers: they are sent by this life of this node, or by whoever takes them over. */
export interface NumberStatusWriter {
  readonly sealer: { seal(text: string): Buffer };
  readonly life: string;
}

/** Of all messages about numbers; they belong to no call. */
const NUMBER_CHAIN = 'numbers';
/** Most numbers in one message (facts 8.5). */
const MOST_NUMBERS = 100;

/** `status` of facts 8.5. A number that was returned is none of the customer's any more, which is a cause of its own. */
const STATUS: Readonly<Record<XNumberState, string>> = {
  normal: '5',
  suspended: '9',
  unavailable: '10',
  'bind-frozen': '11',
  returned: '10',
};

/** `cause` of facts 8.5. */
const CAUSE: Readonly<Record<NumberCause, string>> = {
  deleted: '1',
  arrears: '2',
  stopped: '3',
  barred: '5',
  unbarred: '6',
  'forwarding-on': '7',
  'forwarding-off': '8',
};

/** The body of a message about numbers (facts 8.5). */
export function numberStatusBody(numbers: readonly NumberStatus[]): string {
  const numInfo = numbers.map(({ number, state, cause }) => ({
    number,
    status: STATUS[state],
    ...(cause !== undefined && { cause: CAUSE[cause] }),
  }));
  return JSON.stringify({ eventType: 'numStatus', numInfo });
}

/**
 * Files what a customer is to be told of his numbers, in the transaction that changes them, for a caller who holds the
 * lock of the application. Nothing where the application does not want to hear it, or has no URL for it.
 * @returns whether there is something to send
 */
export async function fileNumberStatus(
  transaction: Transaction,
  { sealer, life }: NumberStatusWriter,
  appKey: string,
  numbers: readonly NumberStatus[],
): Promise<boolean> {
  const [wanted] = await transaction`
    SELECT FROM apps
    WHERE app_key = ${appKey} AND push_number_status AND coalesce(number_status_url, status_url) IS NOT NULL`;
  if (wanted === undefined) return false;
  for (let first = 0; first < numbers.length; first += MOST_NUMBERS) {
    const body = numberStatusBody(numbers.slice(first, first + MOST_NUMBERS));
    await transaction`
      INSERT INTO outbox (app_key, session_id, kind, seq, id, body_sealed, owner)
      VALUES (${appKey}, ${NUMBER_CHAIN}, 'number', nextval('number_messages'), ${`numbers_${randomUUID()}`},
              ${sealer.seal(body)}, ${life})`;
  }
  return numbers.length > 0;
}
