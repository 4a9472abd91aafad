import { describe, expect, it } from 'vitest';
import { answerSdp, negotiatedMedia, offerSdp } from '../../../../embedded/freeswitch/sdp/localSdp.ts';
import { readRemoteSdp } from '../../../../embedded/freeswitch/sdp/remoteSdp.ts';

const LOCAL = { address: '127.0.0.1', port: 20000, sessionId: '5', version: 1 };

function sdp(...lines: string[]): string {
  return [
    'v=0',
    'o=alice 1 1 IN IP4 10.0.0.1',
    's=secret name',
    'c=IN IP4 10.0.0.1',
    't=0 0',
    ...lines,
    '',
  ].join('\r\n');
}

describe('our side of offer and answer', () => {
  it('takes the first codec that both have, with the payload types of the offer', () => {
    const remote = readRemoteSdp(
      sdp(
        'm=audio 4000 RTP/AVP 9 97 8 96',
        'a=rtpmap:97 pcmu/8000',
        'a=rtpmap:96 telephone-event/8000',
        'a=ptime:30',
      ),
    );
    const answer = answerSdp(LOCAL, remote);
    expect(answer).toContain('m=audio 20000 RTP/AVP 97 96\r\n');
    expect(answer).toContain('a=rtpmap:97 PCMU/8000\r\n');
    expect(answer).not.toMatch(/alice|secret/);
    expect(negotiatedMedia(remote)).toMatchObject({ law: 'PCMU', payloadType: 97, telephoneEventType: 96 });
  });

  it.each([
    ['sendrecv', 'sendrecv', true, true],
    ['sendonly', 'recvonly', false, true],
    ['recvonly', 'sendonly', true, false],
    ['inactive', 'inactive', false, false],
  ])('answers %s with %s', (theirs, ours, sends, receives) => {
    const remote = readRemoteSdp(sdp('m=audio 4000 RTP/AVP 8', `a=${theirs}`));
    expect(answerSdp(LOCAL, remote)).toContain(`a=${ours}\r\n`);
    expect(negotiatedMedia(remote)).toMatchObject({ sends, receives });
  });

  it('takes an address of zeros for a hold', () => {
    const remote = readRemoteSdp(sdp('m=audio 4000 RTP/AVP 8', 'c=IN IP4 0.0.0.0'));
    expect(negotiatedMedia(remote)).toMatchObject({ sends: false, remote: undefined });
  });

  it('refuses every other stream in its place', () => {
    const remote = readRemoteSdp(
      sdp(
        'm=video 5000 RTP/AVP 99',
        'a=rtpmap:99 H264/90000',
        'm=audio 4000 RTP/AVP 0',
        'm=audio 4002 RTP/AVP 8',
      ),
    );
    const streams = answerSdp(LOCAL, remote).match(/^m=.*$/gm);
    expect(streams).toEqual(['m=video 0 RTP/AVP 99', 'm=audio 20000 RTP/AVP 0', 'm=audio 0 RTP/AVP 8']);
  });

  it.each([
    ['encrypted', 'm=audio 4000 RTP/SAVP 8'],
    ['no_audio', 'm=video 4000 RTP/AVP 99'],
    ['no_audio', 'm=audio 0 RTP/AVP 8'],
    ['no_common_codec', 'm=audio 4000 RTP/AVP 9'],
    ['no_audio', 'm=audio 99999 RTP/AVP 8'],
    ['no_common_codec', 'm=audio 4000 RTP/AVP 999\r\na=rtpmap:999 PCMA/8000'],
  ])('says %s to %s', (code, line) => {
    expect(() => readRemoteSdp(sdp(line))).toThrow(expect.objectContaining({ code }));
  });

  it('does without an RTCP port and an event type that cannot be', () => {
    const remote = readRemoteSdp(
      sdp('m=audio 4000 RTP/AVP 8 300', 'a=rtpmap:300 telephone-event/8000', 'a=rtcp:99999'),
    );
    expect(remote).toMatchObject({ rtcpPort: undefined, telephoneEventType: undefined });
  });

  it('offers both laws and telephone events, naming nobody', () => {
    expect(offerSdp(LOCAL)).toContain('m=audio 20000 RTP/AVP 8 0 101\r\n');
    expect(offerSdp(LOCAL)).toContain('o=- 5 1 IN IP4 127.0.0.1\r\ns=-\r\n');
  });
});
