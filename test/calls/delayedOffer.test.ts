import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Dialog,
  makeRequest,
  newCallId,
  newTag,
  type SipResponse,
  SipStack,
} from '../../embedded/sip/index.ts';
import { Phone } from '../kit/Phone.ts';
import { A, CallsUnderTest, X } from './callsUnderTest.ts';

const SDP = (port: number) =>
  `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n`;

/** A SIP server with the timers of RFC 3261 waits 32 s for an ACK. */
const ACK_TIMEOUT_MS = 45_000;

let calls: CallsUnderTest;
let stack: SipStack;
let bob: Phone;

beforeAll(async () => {
  calls = await CallsUnderTest.start({ sip: { timers: { t1Ms: 50, t4Ms: 100 } } });
});

afterAll(() => calls.stop());

beforeEach(async () => {
  stack = new SipStack({ listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] });
  stack.onRequest((_request, transaction) => transaction.reply(200));
  await stack.start();
  bob = await Phone.start({ name: 'bob', sound: false });
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.bind();
});

afterEach(async () => {
  await stack.close();
  await bob.close();
  expect(calls.calls.activeCalls).toBe(0);
});

/** A caller who leaves the offer to the other side: sends INVITE without SDP, and the ACK with `answer` or not at all. */
async function callWithoutOffer(answer: string | undefined) {
  const hop = { transport: 'udp', ...calls.sipAddress } as const;
  const { port } = stack.listeningPoint('udp');
  const invite = makeRequest('INVITE', `sip:${X}@127.0.0.1`, {
    'Max-Forwards': '70',
    From: `<sip:${A}@127.0.0.1>;tag=${newTag()}`,
    To: `<sip:${X}@127.0.0.1>`,
    'Call-ID': newCallId(),
    CSeq: '1 INVITE',
    Contact: `<sip:caller@127.0.0.1:${port}>`,
  });
  const answered = Promise.withResolvers<{ response: SipResponse; dialog: Dialog }>();
  const transaction = stack.invite(invite, hop, {
    onProvisional: () => {},
    onFinal: (response, { essentials }) => {
      const dialog = Dialog.ofUac(invite, response, essentials);
      if (response.status < 300 && answer !== undefined) {
        const ack = dialog.ack(1, { 'Content-Type': 'application/sdp' }, answer);
        transaction.acknowledge(ack, dialog.nextHop, essentials.toTag ?? '');
      }
      answered.resolve({ response, dialog });
    },
    onTimeout: () => answered.reject(new Error('no answer')),
    onTransportError: answered.reject,
  });
  return answered.promise;
}

describe('an INVITE without an offer', () => {
  it("gets the callee's, and the answer in the ACK goes back to him", async () => {
    const called = callWithoutOffer(SDP(40_000));
    const incoming = await bob.nextCall();
    expect(incoming.invite.body).toBe('');
    incoming.ring();
    await incoming.answer();
    const { response, dialog } = await called;
    expect(response.body).toContain('m=audio 9 RTP/AVP 8 101');
    const ack = bob.packets.findLast(({ direction, bytes }) => direction === 'in' && bytes.startsWith('ACK'));
    expect(ack?.bytes).toContain('m=audio 40000 RTP/AVP 8');
    await calls.journal.messages.when(({ body }) => body.eventType === 'answer');
    stack.request(dialog.request('BYE'), dialog.nextHop, {
      onFinal: () => {},
      onTimeout: () => {},
      onTransportError: () => {},
    });
    expect((await incoming.end()).how).toBe('other-hung-up');
    expect((await calls.journal.call()).stateCode).toBe(0);
  });

  it('and without an ACK is given up by the stack; the callee, who waits for his, is released', async () => {
    const called = callWithoutOffer(undefined);
    const incoming = await bob.nextCall();
    const acknowledged = incoming.answer().catch(() => {});
    await called;
    expect((await calls.journal.call(1, ACK_TIMEOUT_MS)).stateCode).toBe(7505);
    await incoming.end();
    await acknowledged;
    expect(calls.journal.records).toHaveLength(1);
  }, 60_000);

  it('and with an ACK that holds no answer is ended', async () => {
    const called = callWithoutOffer('');
    const incoming = await bob.nextCall();
    const acknowledged = incoming.answer().catch(() => {});
    await called;
    expect((await calls.journal.call()).stateCode).toBe(7506);
    await incoming.end();
    await acknowledged;
  });
});
