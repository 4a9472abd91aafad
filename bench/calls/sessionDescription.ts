import type { SipStack } from '../../embedded/sip/index.ts';

/** What the session description of a phone without sound names: nobody listens there. */
const NO_SOUND_PORT = 40_000;

/** Headers that a phone of the benches writes beside its session description. */
export function sessionHeaders(stack: SipStack): { Contact: string; 'Content-Type': string } {
  const { host, port } = stack.listeningPoint('udp');
  return { Contact: `<sip:load@${host}:${port}>`, 'Content-Type': 'application/sdp' };
}

/** A-law and digits. @param port where its phone listens, if it does */
export function description(port = NO_SOUND_PORT): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 8 101`,
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n');
}
