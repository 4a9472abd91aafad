import { describe, expect, it } from 'vitest';
import { SdpCleaner, sdpOf } from '../../src/sip/sdp.ts';

const lines = (...text: string[]) => `${text.join('\r\n')}\r\n`;

const TELLING = lines(
  'v=0',
  'o=13900001001 20518 0 IN IP4 pbx-13900001001.example.com',
  's=Call from +8613900001001',
  'i=Li Lei',
  'u=http://example.com/13900001001',
  'e=li@example.com',
  'p=+86 139 0000 1001',
  'c=IN IP4 192.0.2.7',
  'b=AS:84',
  't=0 0',
  'a=tool:phone of 13900001001',
  'a=group:BUNDLE 13900001001',
  'm=audio 4000 RTP/AVP 8 0 101',
  'i=voice of 13900001001',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=ptime:20',
  'a=rtcp:4001 IN IP4 192.0.2.7',
  'a=ssrc:314159 cname:13900001001@example.com',
  'a=msid:13900001001 x',
  'a=label:13900001001',
  'a=mid:13900001001',
  'a=candidate:1 1 UDP 1 10.0.0.7 4000 typ host',
  'a=x-13900001001',
  'a=silenceSupp:off - - - -',
  'a=sendrecv',
);

const PLAIN = lines(
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.7',
  's=-',
  'c=IN IP4 192.0.2.7',
  't=0 0',
  'm=audio 4000 RTP/AVP 8 101',
  'a=rtpmap:8 PCMA/8000',
  'a=ptime:20',
);

describe('a number where codecs and addresses stand', () => {
  it.each([
    ['c=IN IP4 192.0.2.7', 'c=IN IP4 13900001001.phone.example.com'],
    ['m=audio 4000 RTP/AVP 8 101', 'm=audio 4000 RTP/AVP 8 13900001001'],
    ['m=audio 4000', 'm=audio 13900001001'],
    ['m=audio 4000', 'm=a13900001001 4000'],
  ])('makes the description unusable: %s as %s', (line, telling) => {
    expect(new SdpCleaner().clean(PLAIN.replace(line, telling))).toBeUndefined();
  });

  it.each(['c=IN IP4 13900001001.phone.example.com'])(
    'makes the description unusable in a media section too: %s',
    (line) => {
      expect(new SdpCleaner().clean(PLAIN + lines(line))).toBeUndefined();
    },
  );

  it.each([
    'a=fmtp:101 user=+8613900001001',
    'a=rtpmap:96 x13900001001/8000',
    'a=rtpmap:13900001001 PCMA/8000',
    'a=rtcp:13900001001 IN IP4 192.0.2.7',
    'a=rtcp:4001 IN IP4 13900001001.example.com',
    'b=AS:13900001001',
    'a=maxptime:13900001001',
    'a=maxptime:13.9.0.0',
  ])('stays behind: %s', (line) => {
    const cleaned = new SdpCleaner().clean(PLAIN + lines(line));
    expect(cleaned).toContain('m=audio 4000 RTP/AVP 8 101');
    expect(cleaned).not.toMatch(/13900001001|13\.9/);
  });
});

describe('a session description that goes to the other side', () => {
  const cleaned = new SdpCleaner().clean(TELLING) ?? '';

  it('holds nothing that tells who sent it', () => {
    expect(cleaned).not.toMatch(/139|Li Lei|example|tool|ssrc|msid|label|candidate|10\.0\.0\.7|x-/);
    expect(cleaned).toMatch(/^o=- \d+ 1 IN IP4 192\.0\.2\.7\r$/m);
    expect(cleaned).toMatch(/^s=-\r$/m);
  });

  it('still says where media goes and what it is', () => {
    for (const line of [
      'c=IN IP4 192.0.2.7',
      'b=AS:84',
      'm=audio 4000 RTP/AVP 8 0 101',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
      'a=ptime:20',
      'a=rtcp:4001 IN IP4 192.0.2.7',
      'a=silenceSupp:off - - - -',
      'a=sendrecv',
    ]) {
      expect(cleaned.split('\r\n')).toContain(line);
    }
  });

  it('keeps its session id and raises its version only when something changed', () => {
    const cleaner = new SdpCleaner();
    const first = cleaner.clean(TELLING);
    expect(cleaner.clean(TELLING)).toBe(first);
    expect(cleaner.clean(TELLING.replace('20518 0', '20518 1'))).toBe(first);
    const held = cleaner.clean(TELLING.replace('sendrecv', 'sendonly'));
    expect(held?.replace(/ 2 IN/, ' 1 IN').replace('sendonly', 'sendrecv')).toBe(first);
  });

  it('is ASCII, whatever bytes came', () => {
    const odd =
      new SdpCleaner().clean(TELLING.replace('0-16', '0-16;x=é😀').replace('s=Call', 's=呼叫')) ?? '';
    expect(Buffer.byteLength(odd)).toBe(odd.length);
  });

  it('keeps fax attributes', () => {
    const fax = lines(
      'v=0',
      'o=- 1 1 IN IP4 192.0.2.7',
      's=-',
      'c=IN IP4 192.0.2.7',
      't=0 0',
      'm=image 4002 udptl t38',
      'a=T38FaxVersion:0',
      'a=T38FaxUdpEC:t38UDPRedundancy',
    );
    expect(new SdpCleaner().clean(fax)).toMatch(
      /m=image 4002 udptl t38\r\na=T38FaxVersion:0\r\na=T38FaxUdpEC/,
    );
  });

  it.each([
    ['nothing', ''],
    ['no session description', 'hello'],
    ['no media', 'v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nt=0 0\r\n'],
    [
      'media without an address',
      'v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n',
    ],
    ['a media line that cannot be read', 'v=0\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=??? x\r\n'],
    ['an endless one', `v=0\r\n${'a=x\r\n'.repeat(5000)}`],
  ])('is not made from %s', (_what, sdp) => {
    expect(new SdpCleaner().clean(sdp)).toBeUndefined();
  });
});

describe('the session description of a message', () => {
  it('is the body', () => {
    expect(sdpOf({ contentType: 'application/sdp', body: 'v=0\r\n' })).toBe('v=0\r\n');
    expect(sdpOf({ contentType: undefined, body: 'v=0\r\n' })).toBe('v=0\r\n');
    expect(sdpOf({ contentType: 'application/sdp', body: '' })).toBeUndefined();
    expect(sdpOf({ contentType: 'text/plain', body: 'v=0\r\n' })).toBeUndefined();
  });

  it('is the SDP part of a body with ISUP', () => {
    const body = lines(
      '--b1',
      'Content-Type: application/ISUP;version=itu-t92+',
      '',
      '\u0001\u0000binary',
      '--b1',
      'Content-Type: application/sdp',
      'Content-Disposition: session',
      '',
      'v=0',
      's=-',
      '--b1--',
    );
    expect(sdpOf({ contentType: 'multipart/mixed;boundary=b1', body })).toBe('v=0\r\ns=-\r\n');
  });
});

it('a huge multipart body is not searched', () => {
  const body = '\r\nContent-Type: application/sdp'.repeat(50_000);
  const began = performance.now();
  expect(sdpOf({ contentType: 'multipart/mixed;boundary=x', body })).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(200);
});
