import { isIPv6 } from 'node:net';
import type { Law } from '../audio/g711.ts';
import type { NegotiatedMedia } from '../rtp/MediaSession.ts';
import type { Direction, RemoteAudio } from './remoteSdp.ts';

/** What our SDP says about ourselves. Neither names a user or a host beyond the address that media goes to. */
export interface LocalMedia {
  readonly address: string;
  readonly port: number;
  /** Fixed for a session (RFC 8866, 5.2). */
  readonly sessionId: string;
  /** Goes up by one with each different SDP (RFC 3264, 8). */
  readonly version: number;
}

const TELEPHONE_EVENT_TYPE = 101;
const PTIME_MS = 20;
const OFFERED: readonly { payloadType: number; law: Law }[] = [
  { payloadType: 8, law: 'PCMA' },
  { payloadType: 0, law: 'PCMU' },
];

/** What we may do when the other side has said what it does (RFC 3264, 6.1). */
const ANSWER_TO: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** Our offer, for an INVITE that came without one. */
export function offerSdp(local: LocalMedia): string {
  return sessionText(local, [audioText(local.port, OFFERED, TELEPHONE_EVENT_TYPE, 'sendrecv')]);
}

/** Our answer to an offer: its first codec that we have, its telephone-event, and every other stream refused. */
export function answerSdp(local: LocalMedia, remote: RemoteAudio): string {
  const streams = remote.lines.map(({ type, protocol, formats }, index) =>
    index === remote.index
      ? audioText(local.port, [remote.codecs[0]], remote.telephoneEventType, ANSWER_TO[remote.direction])
      : `m=${type} 0 ${protocol} ${formats}\r\n`,
  );
  return sessionText(local, streams);
}

/** What a session shall do after an exchange with this SDP of the other side, offer or answer. */
export function negotiatedMedia(remote: RemoteAudio): NegotiatedMedia {
  const ours = ANSWER_TO[remote.direction];
  const [codec] = remote.codecs;
  const accepted = new Map(remote.codecs.map(({ payloadType, law }) => [payloadType, law]));
  return {
    remote: remote.address === undefined ? undefined : { address: remote.address, port: remote.port },
    remoteRtcpPort: remote.rtcpPort,
    law: codec.law,
    payloadType: codec.payloadType,
    acceptedPayloadTypes: accepted,
    telephoneEventType: remote.telephoneEventType,
    sends: remote.address !== undefined && (ours === 'sendrecv' || ours === 'sendonly'),
    receives: ours === 'sendrecv' || ours === 'recvonly',
  };
}

function sessionText(local: LocalMedia, streams: readonly string[]): string {
  const address = `IN ${isIPv6(local.address) ? 'IP6' : 'IP4'} ${local.address}`;
  return [
    'v=0\r\n',
    `o=- ${local.sessionId} ${local.version} ${address}\r\n`,
    's=-\r\n',
    `c=${address}\r\n`,
    't=0 0\r\n',
    ...streams,
  ].join('');
}

function audioText(
  port: number,
  codecs: readonly { payloadType: number; law: Law }[],
  telephoneEventType: number | undefined,
  direction: Direction,
): string {
  const types = codecs.map(({ payloadType }) => payloadType);
  if (telephoneEventType !== undefined) types.push(telephoneEventType);
  const lines = [
    `m=audio ${port} RTP/AVP ${types.join(' ')}`,
    ...codecs.map(({ payloadType, law }) => `a=rtpmap:${payloadType} ${law}/8000`),
  ];
  if (telephoneEventType !== undefined) {
    lines.push(`a=rtpmap:${telephoneEventType} telephone-event/8000`, `a=fmtp:${telephoneEventType} 0-15`);
  }
  lines.push(`a=ptime:${PTIME_MS}`, `a=${direction}`);
  return `${lines.join('\r\n')}\r\n`;
}
