import { cryptoLine, keyIn, type SrtpKey } from './Srtp.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What a phone must know of the other side's session description. */
export interface RemoteMedia {
  readonly host: string;
  readonly port: number;
  readonly direction: Direction;
  /** Payload type of PCMA and of telephone-event there. */
  readonly audio: number;
  readonly digits: number;
  /** Where it speaks SRTP. */
  readonly key: SrtpKey | undefined;
}

export interface LocalMedia {
  readonly host: string;
  readonly port: number;
  readonly direction: Direction;
  readonly version: number;
  /** User name of the origin line. */
  readonly userName: string;
  /** Further lines of the session part, such as `i=…`. */
  readonly sessionLines: readonly string[];
  /** For SRTP. */
  readonly key: SrtpKey | undefined;
}

const answers: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** The direction that answers an offer (RFC 3264 6.1). */
export function answering(offered: Direction): Direction {
  return answers[offered];
}

/** An offer or answer of PCMA with telephone-event. */
export function writeSdp(local: LocalMedia): string {
  return [
    'v=0',
    `o=${local.userName} 20261122 ${local.version} IN IP4 ${local.host}`,
    's=-',
    ...local.sessionLines,
    `c=IN IP4 ${local.host}`,
    't=0 0',
    `m=audio ${local.port} RTP/${local.key === undefined ? 'AVP' : 'SAVP'} 8 101`,
    ...(local.key === undefined ? [] : [cryptoLine(local.key)]),
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=ptime:20',
    `a=${local.direction}`,
    '',
  ].join('\r\n');
}

/** Reads the audio line of a session description. @throws Error for one without audio */
export function readSdp(sdp: string): RemoteMedia {
  const media = /^m=audio (\d+) [^\r\n]*/m.exec(sdp);
  const mediaPart = media === null ? '' : sdp.slice(media.index);
  const host = (/^c=IN IP4 (\S+)/m.exec(mediaPart) ?? /^c=IN IP4 (\S+)/m.exec(sdp))?.[1];
  if (media === null || host === undefined) throw new Error(`no audio in the session description:\n${sdp}`);
  const direction = (/^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(mediaPart) ??
    /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(sdp))?.[1];
  return {
    host,
    port: Number(media[1]),
    direction: (direction ?? 'sendrecv') as Direction,
    audio: 8,
    digits: Number(/^a=rtpmap:(\d+) telephone-event\/8000/m.exec(mediaPart)?.[1] ?? 101),
    key: media[0].includes(' RTP/SAVP ') ? keyIn(mediaPart) : undefined,
  };
}
