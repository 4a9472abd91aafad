import { connect } from './connect.ts';
import { type CloseReply, type ConnectReply, readReply } from './customerReply.ts';
import { guardConnect } from './guards.ts';
import { refuseInstead } from './refusals.ts';
import { STATE_CODE } from './stateCodes.ts';
import type { Ask, Connect, Decision, Found, Platform, Refuse, RouteCall } from './types.ts';

/** What came of asking the customer's server: a body that was JSON, or why there is none, in plain words. */
export type CustomerAnswer =
  | { readonly kind: 'answer'; readonly body: unknown }
  | { readonly kind: 'failed'; readonly why: string };

/** X mode: the customer's server decides. */
export function decideX({ app, number }: Found): Ask {
  return {
    kind: 'ask',
    app,
    number,
    because: [['x-of-application', app.appKey], ['customer-asked']],
  };
}

/**
 * Does what the customer's server says (facts 6). An answer that is late or none, or cannot be followed, ends the call
 * with 8020.
 * @param ask the decision by which the server was asked
 */
export function decideReply(call: RouteCall, ask: Ask, answer: CustomerAnswer, platform: Platform): Decision {
  if (answer.kind === 'failed') {
    return refuseInstead(ask, STATE_CODE.businessFault, 'business-fault', ['customer-silent', answer.why]);
  }
  const reply = readReply(answer.body);
  switch (reply.kind) {
    case 'connect':
      return decideConnect(call, ask, reply, platform);
    case 'close':
      return close(ask, reply);
    case 'bad':
      return refuseInstead(ask, STATE_CODE.businessFault, 'business-fault', [
        'customer-answer-bad',
        reply.why,
      ]);
  }
}

/** The callee sees the X; the real caller only where the platform shows him at all; nothing else (8024). */
function decideConnect(call: RouteCall, ask: Ask, reply: ConnectReply, platform: Platform): Decision {
  const x = ask.number.number;
  const { displayed = x } = reply;
  if (displayed !== x && displayed !== call.caller) {
    return ofReply(reply, refuseInstead(ask, STATE_CODE.realNumberShown, undefined, ['shown-not-allowed']));
  }
  const connected = connect(
    ask,
    { subscriptionId: '', ...reply },
    {
      callee: reply.callee,
      shown: displayed,
      ringback: reply.waitVoice,
      because: [
        ...ask.because,
        ['customer-connects'],
        [displayed === x ? 'callee-is' : 'callee-sees-caller', reply.callee],
      ],
    },
  );
  return guardConnect(call, connected, platform);
}

/**
 * The code is 8014, "X call not possible" (facts, Appendix A): in X mode it is the customer's server that knows the
 * relations, and it has just said that this caller has none. Only the tone that it names is played.
 */
function close(ask: Ask, reply: CloseReply): Refuse {
  const { closeHintTone: file } = reply;
  const refused = refuseInstead(ask, STATE_CODE.noBindingForCaller, undefined, ['customer-closes']);
  return ofReply(reply, { ...refused, ...(file !== undefined && { file }) });
}

function ofReply({ userData }: ConnectReply | CloseReply, refused: Refuse): Refuse {
  return userData === undefined ? refused : { ...refused, userData };
}

/**
 * The customer's answer named an announcement that is none (8006).
 * @param decided what the answer led to
 * @param name as the customer wrote it
 */
export function refuseNoFile(decided: Ask | Connect | Refuse, name: string): Refuse {
  return refuseInstead(decided, STATE_CODE.noAnnouncement, 'business-fault', ['file-missing', name]);
}
