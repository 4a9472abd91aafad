import { describe, expect, it } from 'vitest';
import { offersG711 } from '../../media/offeredAudio.ts';

const sdp = (...lines: string[]) =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 't=0 0', ...lines, ''].join('\r\n');

describe('offersG711', () => {
  it.each([
    ['A-law by its number', sdp('m=audio 4000 RTP/AVP 8')],
    ['µ-law after others', sdp('m=audio 4000 RTP/AVP 18 96 0', 'a=rtpmap:96 opus/48000/2')],
    ['A-law under another number', sdp('m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 pcma/8000')],
    ['audio after video', sdp('m=video 4002 RTP/AVP 99', 'm=audio 4000 RTP/AVP 8')],
    ['bare line ends', sdp('m=audio 4000 RTP/AVP 8').replaceAll('\r', '')],
    ['an encrypted line beside a plain one', sdp('m=audio 4000 RTP/SAVP 8', 'm=audio 4002 RTP/AVP 8')],
  ])('finds %s', (_, offer) => expect(offersG711(offer)).toBe(true));

  it.each([
    ['other codecs only', sdp('m=audio 4000 RTP/AVP 18 101', 'a=rtpmap:101 telephone-event/8000')],
    ['G.711 at another rate', sdp('m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 PCMA/16000')],
    ['a map of a number that is not offered', sdp('m=audio 4000 RTP/AVP 18', 'a=rtpmap:97 PCMA/8000')],
    ['SDES only', sdp('m=audio 4000 RTP/SAVP 8')],
    ['DTLS only', sdp('m=audio 4000 UDP/TLS/RTP/SAVPF 8')],
    ['a line that is switched off', sdp('m=audio 0 RTP/AVP 8')],
    ['video alone', sdp('m=video 4002 RTP/AVP 8')],
    ['no media', sdp()],
    ['no SDP', 'hello'],
  ])('does not find %s', (_, offer) => expect(offersG711(offer)).toBe(false));
});
