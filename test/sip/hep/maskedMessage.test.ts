import { describe, expect, it } from 'vitest';
import { maskedMessage } from '../../../src/sip/hep/maskedMessage.ts';

const INVITE = [
  'INVITE sip:13900001002@192.0.2.9:5060;user=phone SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK7765551234567',
  'From: "+86 13900001001" <sip:+8613900001001@192.0.2.1>;tag=1928301774',
  'To: <tel:+8613900001002>',
  'Call-ID: 84769871234567@192.0.2.1',
  'CSeq: 314159265 INVITE',
  'X-Customer: 013900001003',
  'Authorization: Digest username="anna", response="6629fae49393a05397450978507c4ef1"',
  'Content-Type: application/sdp',
  'Content-Length: 200',
  '',
  'v=0',
  'o=+8613900001001 3724394400 3724394405 IN IP4 192.0.2.1',
  's=+8613900001001',
  'm=audio 4000 RTP/SAVP 8',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj',
  '',
].join('\r\n');

describe('a message for a capture server', () => {
  const text = maskedMessage(INVITE);

  it('shows nobody’s number, no credentials and no media key', () => {
    expect(text).not.toMatch(/13900001|6629fae|anna|d0Rmdm/);
    expect(text).toContain('<sip:+86139****1001@192.0.2.1>;tag=1928301774');
    expect(text).toContain('INVITE sip:139***');
  });

  it('is as long as before, in every line', () => {
    const lengths = (message: string) => message.split('\r\n').map((line) => line.length);
    expect(lengths(text)).toEqual(lengths(INVITE));
  });

  it('keeps what orders messages: Via, Call-ID, CSeq, tags', () => {
    for (const kept of [
      'branch=z9hG4bK7765551234567',
      '84769871234567@192.0.2.1',
      '314159265',
      'tag=1928301774',
    ]) {
      expect(text).toContain(kept);
    }
    expect(text).toContain(' 3724394400 3724394405 IN IP4 192.0.2.1');
  });

  it.each(['+86-139-0000-1001', '(139)0000.1001', '%2b86139%30%30001001'])(
    'shows no number that is written as %s',
    (written) => {
      const invite = INVITE.replace('+86 13900001001', '+86 139 0000 1001').replace(
        '<sip:+8613900001001',
        `<sip:${written}`,
      );
      const masked = maskedMessage(invite);
      expect(masked.length).toBe(invite.length);
      expect(masked).not.toContain(written);
      expect(masked).not.toMatch(/0000.?1001|001001/);
      expect(masked).toContain('@192.0.2.1>;tag=1928301774');
    },
  );

  it('shows nothing of credentials that go on in the next line', () => {
    const folded = INVITE.replace('anna", response', 'anna",\r\n response');
    expect(maskedMessage(folded)).not.toMatch(/6629fae|anna/);
    expect(maskedMessage(folded)).toContain('\r\nContent-Type: application/sdp\r\n');
  });

  it('shows no number in an SDP, in whichever line it stands', () => {
    const lines = [
      'i=+8613900001001',
      'u=tel:+8613900001001',
      'e=13900001001@example.com',
      'p=+8613900001001',
    ];
    const masked = maskedMessage(INVITE.replace('m=audio', `${lines.join('\r\n')}\r\nm=audio`));
    expect(masked).not.toContain('13900001001');
    expect(masked.length).toBe(INVITE.length + lines.join('\r\n').length + 2);
  });

  it('hides keys that were pressed', () => {
    const info =
      'INFO sip:x SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160\r\n';
    expect(maskedMessage(info)).toBe(
      'INFO sip:x SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\n********\r\n************\r\n',
    );
  });
});
