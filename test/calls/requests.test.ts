import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Dialog,
  makeRequest,
  newCallId,
  newTag,
  type SipRequest,
  type SipResponse,
  SipStack,
} from '../../embedded/sip/index.ts';
import { eventually } from '../kit/eventually.ts';
import { Phone } from '../kit/Phone.ts';
import { A, CallsUnderTest, X } from './callsUnderTest.ts';

let calls: CallsUnderTest;
let stack: SipStack;
let bob: Phone;

beforeAll(async () => {
  calls = await CallsUnderTest.start();
});

afterAll(() => calls.stop());

beforeEach(async () => {
  stack = new SipStack({ listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] });
  stack.onRequest((_request, transaction) => transaction.reply(200));
  await stack.start();
  bob = await Phone.start({ name: 'bob', sound: false });
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.journal.messages.items.length = 0;
  calls.rejectedSources = 0;
  calls.bind();
});

afterEach(async () => {
  await stack.close();
  await bob.close();
  await calls.calls.drain(0);
});

const hop = () => ({ transport: 'udp', ...calls.sipAddress }) as const;

function request(method: string, headers: Record<string, string | undefined> = {}, body = ''): SipRequest {
  const { port } = stack.listeningPoint('udp');
  return makeRequest(
    method,
    `sip:${X}@127.0.0.1`,
    {
      'Max-Forwards': '70',
      From: `<sip:${A}@127.0.0.1>;tag=${newTag()}`,
      To: `<sip:${X}@127.0.0.1>`,
      'Call-ID': newCallId(),
      CSeq: `1 ${method}`,
      Contact: `<sip:caller@127.0.0.1:${port}>`,
      ...headers,
    },
    body,
  );
}

function ask(sent: SipRequest): Promise<SipResponse> {
  return new Promise((resolve, reject) => {
    const events = {
      onFinal: resolve,
      onTimeout: () => reject(new Error('timeout')),
      onTransportError: reject,
    };
    if (sent.method === 'INVITE') stack.invite(sent, hop(), { ...events, onProvisional: () => {} });
    else stack.request(sent, hop(), events);
  });
}

describe('a request outside of any call', () => {
  it('OPTIONS is answered with what we can', async () => {
    const response = await ask(request('OPTIONS'));
    expect(response.status).toBe(200);
    expect(response.headers.get('allow')).toContain('INVITE');
  });

  it.each(['INVITE', 'SUBSCRIBE'])(
    '%s without a tag in From, which would end a drachtio-server, is 400',
    async (method) => {
      expect((await ask(request(method, { From: `<sip:${A}@127.0.0.1>` }))).status).toBe(400);
    },
  );

  it.each(['REGISTER', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH'])('%s is 405', async (method) => {
    const response = await ask(request(method, { Event: 'presence', 'Refer-To': '<sip:x@y>' }));
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('INVITE');
  });

  it.each(['BYE', 'UPDATE', 'INVITE'])('%s in a dialog that nobody knows is 481', async (method) => {
    const response = await ask(request(method, { To: `<sip:${X}@127.0.0.1>;tag=gone` }));
    expect(response.status).toBe(481);
  });

  it('from an address of no trunk is a bare 403, counted', async () => {
    calls.trunks.replace([calls.trunk('carrier', bob.port, { sources: ['192.0.2.0/24'] })]);
    expect((await ask(request('OPTIONS'))).status).toBe(403);
    const response = await ask(request('REGISTER'));
    expect(response.status).toBe(403);
    expect(response.headers.get('server')).toBeUndefined();
    expect(calls.rejectedSources).toBe(2);
  });
});

describe('an INVITE that cannot be a call', () => {
  it.each([
    ['with a body that is no SDP', 415, { 'Content-Type': 'text/plain' }, 'hello'],
    ['with an SDP that cannot be read', 488, { 'Content-Type': 'application/sdp' }, 'v=0\r\nnonsense\r\n'],
    ['that requires the unknown', 420, { Require: 'x-odd' }, ''],
  ])('%s is %i', async (_what, status, headers, body) => {
    expect((await ask(request('INVITE', headers, body))).status).toBe(status);
  });

  it('for no number is 404', async () => {
    const sent = request('INVITE');
    sent.uri = 'sip:reception@127.0.0.1';
    expect((await ask(sent)).status).toBe(404);
  });
});

describe('a caller who wants reliable progress (RFC 3262)', () => {
  it('gets it, and the call goes on', async () => {
    const sdp = callerSdp();
    const headers = { Require: '100rel', 'Content-Type': 'application/sdp' };
    const invite = request('INVITE', headers, sdp);
    const rung = Promise.withResolvers<SipResponse>();
    const answered = Promise.withResolvers<SipResponse>();
    const transaction = stack.invite(invite, hop(), {
      onProvisional: (response, { essentials }) => {
        if (response.status === 100) return;
        const dialog = Dialog.ofUac(invite, response, essentials);
        const rack = `${response.headers.get('rseq')} 1 INVITE`;
        const events = { onFinal: () => rung.resolve(response), onTimeout() {}, onTransportError() {} };
        stack.request(dialog.request('PRACK', { RAck: rack }), dialog.nextHop, events);
      },
      onFinal: (response, { essentials }) => {
        const dialog = Dialog.ofUac(invite, response, essentials);
        transaction.acknowledge(dialog.ack(1), dialog.nextHop, essentials.toTag ?? '');
        answered.resolve(response);
      },
      onTimeout: () => answered.reject(new Error('timeout')),
      onTransportError: answered.reject,
    });
    const incoming = await bob.nextCall();
    incoming.ring();
    expect((await rung.promise).headers.get('rseq')).toMatch(/^\d+$/);
    await incoming.answer();
    expect((await answered.promise).status).toBe(200);
    await incoming.hangUp();
    expect((await calls.journal.call()).stateCode).toBe(0);
  });
});

describe('a caller who wants the session refreshed (RFC 4028)', () => {
  it('is told that he refreshes it himself', async () => {
    const headers = {
      Supported: 'timer',
      'Session-Expires': '1800;refresher=uac',
      'Content-Type': 'application/sdp',
    };
    const answered = ask(request('INVITE', headers, callerSdp()));
    const incoming = await bob.nextCall();
    await incoming.answer();
    expect((await answered).headers.get('session-expires')).toBe('1800;refresher=uac');
  });
});

describe('while draining', () => {
  it('new calls and OPTIONS get 503 with Retry-After, from the SIP server, which sends us nothing any more', async () => {
    const { rejectedSources } = calls;
    calls.trunks.replace([]);
    await calls.frontEnd.drain(7);
    for (const method of ['INVITE', 'OPTIONS']) {
      const response = await ask(request(method));
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    }
    expect(calls.rejectedSources).toBe(rejectedSources);
  });

  it('it stays so when the connection to the SIP server is made anew', async () => {
    calls.trunks.replace([]);
    const up = once(calls.frontEnd, 'up');
    calls.cutConnection();
    await up;
    await eventually(
      'the SIP server to send nothing',
      async () => (await ask(request('OPTIONS'))).status === 503,
    );
  });
});

function callerSdp(): string {
  return 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n';
}
