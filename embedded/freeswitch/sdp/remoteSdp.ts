import { isIP } from 'node:net';
import { parse, type SessionDescription } from 'sdp-transform';
import type { Law } from '../audio/g711.ts';

/** Direction of a stream from the point of view of who wrote the SDP (RFC 8866, 6.7). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One audio codec of an offer that we can take. */
export interface OfferedCodec {
  readonly payloadType: number;
  readonly law: Law;
}

/** What we use of the other side's SDP: its first audio stream that we can take part in. */
export interface RemoteAudio {
  /** Which of its media lines that is. */
  readonly index: number;
  /** Address and port for RTP; nothing for a hold in the old way (`c=0.0.0.0`). */
  readonly address: string | undefined;
  readonly port: number;
  readonly rtcpPort: number | undefined;
  /** In the order of the offer, which is its order of preference (RFC 3264, 5.1). */
  readonly codecs: readonly [OfferedCodec, ...OfferedCodec[]];
  readonly telephoneEventType: number | undefined;
  readonly direction: Direction;
  readonly ptimeMs: number | undefined;
  /** The media lines as they were, for those that must be refused one by one. */
  readonly lines: readonly RemoteLine[];
}

export interface RemoteLine {
  readonly type: string;
  readonly protocol: string;
  readonly formats: string;
}

export type SdpFailure = 'unparsable' | 'no_audio' | 'encrypted' | 'no_common_codec';

/** An SDP that we cannot take part in; answered 488. */
export class SdpError extends Error {
  override readonly name = 'SdpError';
  readonly code: SdpFailure;

  constructor(code: SdpFailure, message: string) {
    super(message);
    this.code = code;
  }
}

const HIGHEST_PORT = 65_535;
const HIGHEST_PAYLOAD_TYPE = 127;

type MediaLine = SessionDescription['media'][number];

/** RTP payload types that need no `a=rtpmap` (RFC 3551, table 4). */
const STATIC_LAWS: ReadonlyMap<number, Law> = new Map([
  [0, 'PCMU'],
  [8, 'PCMA'],
]);

/**
 * Reads an SDP and picks its audio stream.
 *
 * @throws SdpError
 */
export function readRemoteSdp(text: string): RemoteAudio {
  let session: SessionDescription;
  try {
    session = parse(text);
  } catch {
    throw new SdpError('unparsable', 'SDP cannot be parsed');
  }
  const media = session.media ?? [];
  const lines = media.map(({ type, protocol, payloads }) => ({ type, protocol, formats: payloads ?? '0' }));
  const audio = media.filter(({ type, port }) => type === 'audio' && isPort(port));
  if (audio.length === 0) throw new SdpError('no_audio', 'SDP without an audio stream');
  const plain = audio.filter(({ protocol }) => /^RTP\/AVPF?$/i.test(protocol));
  if (plain.length === 0) throw new SdpError('encrypted', 'of the RTP profiles only RTP/AVP is supported');
  for (const line of plain) {
    const [first, ...others] = offeredCodecs(line);
    if (!first) continue;
    const address = line.connection?.ip ?? session.connection?.ip ?? '';
    return {
      index: media.indexOf(line),
      address: isIP(address) && address !== '0.0.0.0' && address !== '::' ? address : undefined,
      port: line.port,
      rtcpPort: isPort(line.rtcp?.port) ? line.rtcp?.port : undefined,
      codecs: [first, ...others],
      telephoneEventType: telephoneEventType(line),
      direction: directionOf(line.direction ?? session.direction),
      ptimeMs: Number(line.ptime) || undefined,
      lines,
    };
  }
  throw new SdpError('no_common_codec', 'SDP offers neither PCMA nor PCMU');
}

function payloadTypes(line: MediaLine): number[] {
  // sdp-transform gives a single payload type as a number.
  return String(line.payloads ?? '')
    .split(/\s+/)
    .filter(Boolean)
    .map(Number)
    .filter((payloadType) => payloadType >= 0 && payloadType <= HIGHEST_PAYLOAD_TYPE);
}

function isPort(port: number | undefined): boolean {
  return port !== undefined && port > 0 && port <= HIGHEST_PORT;
}

function offeredCodecs(line: MediaLine): OfferedCodec[] {
  const codecs: OfferedCodec[] = [];
  for (const payloadType of payloadTypes(line)) {
    const map = line.rtp.find(({ payload }) => payload === payloadType);
    const name = map?.codec.toUpperCase() ?? STATIC_LAWS.get(payloadType);
    const rate = map?.rate ?? 8000;
    if ((name === 'PCMA' || name === 'PCMU') && rate === 8000) codecs.push({ payloadType, law: name });
  }
  return codecs;
}

function telephoneEventType(line: MediaLine): number | undefined {
  const offered = payloadTypes(line);
  return line.rtp.find(
    ({ payload, codec, rate }) =>
      codec.toLowerCase() === 'telephone-event' && (rate ?? 8000) === 8000 && offered.includes(payload),
  )?.payload;
}

function directionOf(text: string | undefined): Direction {
  return text === 'sendonly' || text === 'recvonly' || text === 'inactive' ? text : 'sendrecv';
}
