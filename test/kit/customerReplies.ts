import type { SinkAnswer, SinkReply, SinkRequest, SinkRule } from './WebhookSink.ts';

type Fields = Readonly<Record<string, unknown>>;

/** JSON of a customer's server, whatever it says. */
export const sayJson = (body: unknown): SinkReply => ({
  headers: { 'content-type': 'application/json;charset=UTF-8' },
  body: JSON.stringify(body),
});

/** Mode X: the customer's server has the callee rung (facts 6). @param terms further fields of connectInfo */
export const connectTo = (calleeNum: string, terms: Fields = {}): SinkReply =>
  sayJson({ operation: 'connect', connectInfo: [{ calleeNum, ...terms }] });

/** Mode X: the customer's server turns the call down. @param terms fields of closeInfo */
export const turnDown = (terms: Fields = {}): SinkReply =>
  sayJson({ operation: 'close', closeInfo: [terms] });

/** Whether this is the question of mode X that stops the call until it is answered. */
export function isQuestion({ body }: Pick<SinkRequest, 'body'>): boolean {
  const { eventType, statusInfo } = JSON.parse(body);
  return eventType === 'callin' && statusInfo.notifyMode === 'Block';
}

/** A server that answers questions about calls in this way, and hears everything else with an empty 200. */
export const answeringQuestions =
  (answer: SinkAnswer): SinkRule =>
  (request) =>
    isQuestion(request) ? answer : 200;
