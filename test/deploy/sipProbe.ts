import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { within } from '../kit/Series.ts';

/** An SDP offer of G.711, with SRTP where `profile` says so. */
export function offerOf(profile: 'RTP/AVP' | 'RTP/SAVP'): string {
  const key = Buffer.alloc(30, 7).toString('base64');
  return [
    'v=0',
    'o=probe 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio 40000 ${profile} 8 0 101`,
    'a=rtpmap:101 telephone-event/8000',
    ...(profile === 'RTP/SAVP' ? [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}`] : []),
    '',
  ].join('\r\n');
}

export interface Probe {
  readonly port: number;
  /** own address */
  readonly from?: string;
  readonly offer?: string;
  /** where FreeSWITCH is to open its event socket to */
  readonly eventSocket?: string;
}

/** The final response to one INVITE for a channel, as axbridge's SIP server sends it. Nothing is acknowledged. */
export async function inviteFor({
  port,
  from = '127.0.0.1',
  offer,
  eventSocket,
}: Probe): Promise<{ readonly status: number; readonly sdp: string }> {
  const socket = createSocket('udp4');
  socket.bind(0, from);
  await once(socket, 'listening');
  const own = `${from}:${socket.address().port}`;
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on('message', (message) => {
    const text = message.toString();
    if (!/^SIP\/2\.0 1\d\d/.test(text)) resolve(text);
  });
  const id = randomUUID();
  const body = offer ?? '';
  const request = [
    `INVITE sip:drachtio@127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${own};branch=z9hG4bK${id};rport`,
    'Max-Forwards: 70',
    `From: <sip:probe@${own}>;tag=${id}`,
    `To: <sip:drachtio@127.0.0.1:${port}>`,
    `Call-ID: ${id}`,
    'CSeq: 1 INVITE',
    `Contact: <sip:probe@${own}>`,
    ...(eventSocket === undefined ? [] : [`X-esl-outbound: ${eventSocket}`]),
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
  try {
    socket.send(request, port, '127.0.0.1');
    const response = await within(promise, 'a final response', 10_000);
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(response)?.[1]);
    return { status, sdp: response.slice(response.indexOf('\r\n\r\n') + 4) };
  } finally {
    socket.close();
  }
}
