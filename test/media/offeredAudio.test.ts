import { describe, expect, it } from 'vitest';
import { offeredAudio, withoutKeysForRtp } from '../../media/offeredAudio.ts';

const sdp = (...lines: string[]) =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 't=0 0', ...lines, ''].join('\r\n');

const KEY = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}`;

describe('offeredAudio', () => {
  it.each([
    ['A-law by its number', sdp('m=audio 4000 RTP/AVP 8')],
    ['µ-law after others', sdp('m=audio 4000 RTP/AVP 18 96 0', 'a=rtpmap:96 opus/48000/2')],
    ['A-law under another number', sdp('m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 pcma/8000')],
    ['audio after video', sdp('m=video 4002 RTP/AVP 99', 'm=audio 4000 RTP/AVP 8')],
    ['bare line ends', sdp('m=audio 4000 RTP/AVP 8').replaceAll('\r', '')],
    [
      'an encrypted line without a key beside a plain one',
      sdp('m=audio 4000 RTP/SAVP 8', 'm=audio 4002 RTP/AVP 8'),
    ],
  ])('finds %s', (_, offer) => expect(offeredAudio(offer)).toBe('rtp'));

  it.each([
    ['SRTP with a key', sdp('m=audio 4000 RTP/SAVP 8', KEY)],
    ['SRTP before RTP', sdp('m=audio 4000 RTP/SAVP 8', KEY, 'm=audio 4002 RTP/AVP 8')],
  ])('finds %s', (_, offer) => expect(offeredAudio(offer)).toBe('srtp'));

  it.each([
    ['other codecs only', sdp('m=audio 4000 RTP/AVP 18 101', 'a=rtpmap:101 telephone-event/8000')],
    ['G.711 at another rate', sdp('m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 PCMA/16000')],
    ['a map of a number that is not offered', sdp('m=audio 4000 RTP/AVP 18', 'a=rtpmap:97 PCMA/8000')],
    ['SRTP without a key', sdp('m=audio 4000 RTP/SAVP 8')],
    ['a key of another line', sdp('m=audio 4000 RTP/SAVP 8', 'm=video 4002 RTP/SAVP 99', KEY)],
    ['DTLS only', sdp('m=audio 4000 UDP/TLS/RTP/SAVPF 8')],
    ['a line that is switched off', sdp('m=audio 0 RTP/AVP 8')],
    ['video alone', sdp('m=video 4002 RTP/AVP 8')],
    ['no media', sdp()],
    ['no SDP', 'hello'],
  ])('does not find %s', (_, offer) => expect(offeredAudio(offer)).toBeUndefined());
});

describe('withoutKeysForRtp', () => {
  it('takes the keys from lines of RTP, and from no other', () => {
    const lines = ['m=audio 4000 RTP/SAVP 8', KEY, 'm=audio 4002 RTP/AVP 8', 'a=ptime:20'];
    expect(withoutKeysForRtp(sdp(...lines, KEY, KEY.replace(':1', ':2'), 'a=sendrecv'))).toBe(
      sdp(...lines, 'a=sendrecv'),
    );
  });

  it('leaves all others as they are', () => {
    for (const each of [sdp(), sdp('m=audio 4000 RTP/AVP 8'), 'hello', '']) {
      expect(withoutKeysForRtp(each)).toBe(each);
    }
  });
});
