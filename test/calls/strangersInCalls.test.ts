import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeRequest, parseMessage, type SipResponse, SipStack } from '../../embedded/sip/index.ts';
import { Phone } from '../kit/Phone.ts';
import { A, CallsUnderTest, X } from './callsUnderTest.ts';

/** Somebody who knows Call-ID and tags of a call, as one does who has seen a log or a trace of it. */
const STRANGER = '127.0.0.66';
/** Of the carrier's addresses, but not the one that this call came from. */
const CARRIERS_OTHER_HOST = '127.0.0.2';

let calls: CallsUnderTest;
let anna: Phone;
let ben: Phone;

beforeAll(async () => {
  calls = await CallsUnderTest.start();
});

afterAll(() => calls.stop());

beforeEach(async () => {
  [anna, ben] = await Promise.all([
    Phone.start({ name: 'Anna', sound: false }),
    Phone.start({ name: 'Ben', sound: false }),
  ]);
  anna.dialVia(calls.sipAddress);
  const sources = ['127.0.0.1/32', `${CARRIERS_OTHER_HOST}/32`];
  calls.trunks.replace([calls.trunk('carrier', ben.port, { sources })]);
  calls.rejectedSources = 0;
  calls.journal.messages.items.length = 0;
  calls.bind();
});

afterEach(async () => {
  await Promise.all([anna.close(), ben.close()]);
  await calls.calls.drain(0);
});

async function talk() {
  const atAnna = await anna.call(X, { from: A });
  const atBen = await ben.nextCall();
  await Promise.all([atBen.answer(), atAnna.answered]);
  return { atAnna, atBen };
}

/** A request with Call-ID, tags and CSeq of Anna's dialog, sent from another address. */
async function asAnna(host: string, method: string, cseq: number, body = ''): Promise<SipResponse> {
  const ack = anna.packets.findLast(({ direction, bytes }) => direction === 'out' && bytes.startsWith('ACK'));
  const { message } = parseMessage(ack?.bytes ?? '');
  if (message?.kind !== 'request') throw new Error('Anna has acknowledged nothing');
  const stack = new SipStack({ listen: [{ transport: 'udp', host, port: 0 }] });
  await stack.start();
  try {
    const { port } = stack.listeningPoint('udp');
    const headers = {
      'Max-Forwards': '70',
      From: message.headers.get('from') ?? '',
      To: message.headers.get('to') ?? '',
      'Call-ID': message.headers.get('call-id') ?? '',
      CSeq: `${cseq} ${method}`,
      Contact: `<sip:thief@${host}:${port}>`,
      ...(body !== '' && { 'Content-Type': 'application/sdp' }),
    };
    const request = makeRequest(method, message.uri, headers, body);
    const hop = { transport: 'udp' as const, ...calls.sipAddress };
    return await new Promise((resolve, reject) => {
      const events = {
        onFinal: resolve,
        onProvisional: () => {},
        onTimeout: () => reject(new Error('timeout')),
        onTransportError: reject,
      };
      if (method === 'INVITE') stack.invite(request, hop, events);
      else stack.request(request, hop, events);
    });
  } finally {
    await stack.close();
  }
}

const sdpOf = (host: string) =>
  ['v=0', `o=- 1 1 IN IP4 ${host}`, 's=-', `c=IN IP4 ${host}`, 't=0 0', 'm=audio 40000 RTP/AVP 8', ''].join(
    '\r\n',
  );

describe('a request inside a call from an address of no trunk', () => {
  it.each(['INVITE', 'UPDATE', 'INFO'])(
    '%s is 403 and counted; nothing reaches the other side',
    async (method) => {
      const { atAnna } = await talk();
      const before = ben.packets.length;
      const response = await asAnna(STRANGER, method, 50, method === 'INFO' ? '' : sdpOf(STRANGER));
      expect(response.status).toBe(403);
      expect(calls.rejectedSources).toBe(1);
      expect(ben.packets.slice(before).join()).not.toContain(STRANGER);
      await atAnna.hangUp();
      expect((await calls.journal.call()).stateCode).toBe(0);
    },
  );

  it('leads no later request to him: the BYE still goes to the caller', async () => {
    const { atAnna, atBen } = await talk();
    expect((await asAnna(STRANGER, 'INVITE', 50, sdpOf(STRANGER))).status).toBe(403);
    await atBen.hangUp();
    await atAnna.end();
    expect(anna.packets.some(({ direction, bytes }) => direction === 'in' && bytes.startsWith('BYE'))).toBe(
      true,
    );
  });

  it('is taken from another address of the same carrier', async () => {
    const { atAnna } = await talk();
    expect((await asAnna(CARRIERS_OTHER_HOST, 'UPDATE', 50)).status).toBe(200);
    expect(calls.rejectedSources).toBe(0);
    await atAnna.hangUp();
  });

  it('BYE ends the call, since the SIP server knows it no longer; it is counted, and logged without a number', async () => {
    const { atBen } = await talk();
    expect((await asAnna(STRANGER, 'BYE', 50)).status).toBe(200);
    await atBen.end();
    expect(calls.rejectedSources).toBe(1);
    const line = calls.logged.find(({ message }) => message.includes('address of no trunk'));
    expect(line?.fields).toEqual({ address: STRANGER });
  });
});

describe('a callee whose network sends from elsewhere than its trunk lists', () => {
  it('is heard: his calls went to that address, or he named it', async () => {
    const far = await Phone.start({ name: 'Ben abroad', host: '127.0.0.3', sound: false });
    try {
      const sources = ['127.0.0.1/32'];
      calls.trunks.replace([calls.trunk('far', far.port, { host: '127.0.0.3', sources })]);
      const atAnna = await anna.call(X, { from: A });
      const atFar = await far.nextCall();
      await Promise.all([atFar.answer(), atAnna.answered]);
      expect((await atFar.reinvite('sendonly')).status).toBe(200);
      await atFar.hangUp();
      await atAnna.end();
      expect(calls.rejectedSources).toBe(0);
    } finally {
      await far.close();
    }
  });
});
