import { describe, expect, it } from 'vitest';
import { keepableText, ladderLine, type SeenMessage } from '../../src/sip/ladderLine.ts';

const INVITE = [
  'INVITE sip:+8613900001002@192.0.2.9:5060 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds',
  'f: "Anna" <sip:+8613900001001@192.0.2.1>;tag=1928301774',
  'To: <sip:+8613900001002@192.0.2.9>',
  'Call-ID: a84b4c76e66710',
  'CSeq: 314159 INVITE',
  'Proxy-Authorization: Digest username="anna", response="6629fae49393a05397450978507c4ef1"',
  'Content-Type: application/sdp',
  '',
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.1',
  'c=IN IP4 192.0.2.1',
  'm=audio 4000 RTP/SAVP 8 0 101',
  'a=rtpmap:101 telephone-event/8000',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj',
  'a=sendonly',
  '',
].join('\r\n');

const seen = (text: string): SeenMessage => ({
  ...{ at: 1_000, way: 'in', transport: 'udp', address: '192.0.2.1', port: '5060' },
  text,
});

describe('a line of the ladder', () => {
  it('tells of a request who calls whom, masked, and what its SDP offers', () => {
    expect(ladderLine('caller', seen(INVITE))).toEqual({
      ...{ at: 1_000, leg: 'caller', way: 'in', peer: 'udp/192.0.2.1:5060' },
      ...{ what: 'INVITE', method: 'INVITE', from: '+86139****1001', to: '+86139****1002' },
      sdp: '192.0.2.1:4000 PCMA PCMU telephone-event sendonly',
    });
  });

  it.each(['+86-139-0000-1001', '(139)0000.1001', '%2b86139%30%30001001'])(
    'masks a number that is written as %s',
    (written) => {
      const { from = '' } = ladderLine('caller', seen(INVITE.replace('+8613900001001', written)));
      expect(from).toMatch(/^\+?\d+\*+1001$/);
      const kept = keepableText(
        INVITE.replace('"Anna"', '"139 0000 1001"').replace('+8613900001001', written),
      );
      expect(kept).not.toContain(written);
      expect(kept).not.toMatch(/0000.?1001/);
    },
  );

  it('leaves an address as it is', () => {
    const { from } = ladderLine('caller', seen(INVITE.replace('+8613900001001@192.0.2.1', '198.51.100.101')));
    expect(from).toBe('198.51.100.101');
    const named = ladderLine(
      'caller',
      seen(INVITE.replace('+8613900001001@192.0.2.1', 'anna.carrier.example')),
    );
    expect(named.from).toBe('anna.carrier.example');
    expect(keepableText(INVITE)).toContain('c=IN IP4 192.0.2.1');
    expect(keepableText(INVITE)).toContain('@192.0.2.1>');
  });

  it('tells of a response what it answers, and why it refuses', () => {
    const busy =
      'SIP/2.0 486 Busy Here\r\nCSeq: 2 INVITE\r\nReason: Q.850;cause=17;text="+8613900001002"\r\n\r\n';
    expect(ladderLine('callee', seen(busy))).toMatchObject({
      ...{ what: '486 Busy Here', method: 'INVITE' },
      reason: 'Q.850;cause=17;text="+86139****1002"',
    });
  });

  it('tells of a request of ours where it goes, whatever address the SIP server gives', () => {
    const invite = seen(INVITE.replace('192.0.2.9:5060', '192.0.2.9:5070;transport=udp'));
    expect(ladderLine('callee', { ...invite, way: 'out', transport: '' }).peer).toBe('192.0.2.9:5070');
    expect(ladderLine('callee', { ...invite, way: 'in', transport: '' }).peer).toBe('192.0.2.1:5060');
  });

  it('is made of anything, without control characters and without end', () => {
    expect(ladderLine('caller', seen(''))).toMatchObject({ what: '?', method: '?' });
    const strange = ladderLine('caller', seen(`SIP/2.0 200 \x1b[2J${'O'.repeat(9_000)}\r\n\r\nm=audio`));
    expect(strange.what).toMatch(/^200 \?\[2JO+$/);
    expect(strange.what.length).toBeLessThan(200);
  });
});

describe('a message that is kept', () => {
  it('holds no number, no credentials and no media key', () => {
    const kept = keepableText(INVITE);
    expect(kept).not.toMatch(/\d{7,}|6629fae|d0Rmdm/);
    expect(kept).toContain('Proxy-Authorization: …\r\n');
    expect(kept).toContain('a=crypto:…\r\n');
    expect(kept).toContain('a=sendonly');
  });

  it('holds nothing of credentials that go on in the next line', () => {
    const kept = keepableText(INVITE.replace('anna", response', 'anna",\r\n response'));
    expect(kept).not.toMatch(/6629fae|anna/);
    expect(kept).toContain('Proxy-Authorization: …\r\nContent-Type');
  });

  it('is cut where it is long, and no number shows for that', () => {
    const long = keepableText(`${INVITE}${'a=x:13900001001\r\n'.repeat(5_000)}`);
    expect(long.length).toBeLessThan(20_000);
    expect(long).toMatch(/…$/);
    expect(long).not.toMatch(/13900001/);
  });

  it('holds no body that is no SDP: keys that were pressed, texts', () => {
    const info =
      'INFO sip:x SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160\r\n';
    expect(keepableText(info)).toMatch(/\r\n\r\n\(24 characters\)$/);
  });
});
