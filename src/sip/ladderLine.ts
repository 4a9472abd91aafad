import { isIP } from 'node:net';
import type { LadderLine } from '../store/callDetails.ts';
import { maskText } from '../telemetry/fault.ts';
import {
  CREDENTIALS,
  MEDIA_KEYS,
  partsOf,
  plainNumber,
  requestHost,
  WRITTEN_NUMBERS,
} from './messageParts.ts';

/** A SIP message as it was seen at the SIP server. */
export interface SeenMessage {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly way: 'in' | 'out';
  /** `udp`, `tcp`, `tls` … */
  readonly transport: string;
  readonly address: string;
  readonly port: string;
  /** The message whole. */
  readonly text: string;
}

const REQUEST_LINE = /^([A-Z]+) \S/;
const STATUS_LINE = /^SIP\/2\.0 (\d{3}[^\r\n]*)/;
const CSEQ = /^CSeq\s*:\s*\d+\s+([A-Z]+)/im;
const FROM = /^(?:From|f)\s*:[^\r\n]*?\b(?:sips?|tel):([^@>;\s]+)/im;
const TO = /^(?:To|t)\s*:[^\r\n]*?\b(?:sips?|tel):([^@>;\s]+)/im;
const REASON = /^Reason\s*:\s*([^\r\n]+)/im;
const CONNECTION = /^c=IN IP[46] ([^\s/]+)/m;
const AUDIO = /^m=audio (\d+) \S+ ([^\r\n]*)/m;
const DIRECTION = /^a=(sendonly|recvonly|inactive)\b/m;
const RTPMAP = /^a=rtpmap:(\d+) ([\w.-]+)/gm;
/** Payload types that need no rtpmap (RFC 3551), as far as telephones use them. */
const STATIC_CODECS: Readonly<Record<string, string>> = {
  0: 'PCMU',
  3: 'GSM',
  8: 'PCMA',
  9: 'G722',
  18: 'G729',
};
/** A user name that is a number, however it is written. */
const WRITTEN_NUMBER = /^(?:%[\da-f]{2}|[+\d().-])+$/i;

const LONGEST_WORD = 120;
/** A usual message has a tenth of it. What is longer would fill memory and database, not help anyone. */
const LONGEST_TEXT = 16_384;

/** What a ladder tells of one message. It never throws, whatever the message holds. */
export function ladderLine(leg: LadderLine['leg'], message: SeenMessage): LadderLine {
  const { at, way, text } = message;
  const { head, body } = partsOf(text);
  const status = STATUS_LINE.exec(head)?.[1];
  const request = status === undefined ? REQUEST_LINE.exec(head)?.[1] : undefined;
  const reason = REASON.exec(head)?.[1];
  const sdp = body === undefined ? undefined : sdpInShort(body);
  return {
    ...{ at, leg, way, peer: peerOf(message) },
    what: cleaned(status ?? request ?? '?'),
    method: CSEQ.exec(head)?.[1] ?? request ?? '?',
    ...(request !== undefined && partiesOf(head)),
    ...(reason !== undefined && { reason: cleaned(reason) }),
    ...(sdp !== undefined && { sdp }),
  };
}

function peerOf(message: SeenMessage): string {
  const { transport, address, port } = message;
  const peer = requestHost(message) ?? `${address}:${port}`;
  return `${transport === '' ? '' : `${transport}/`}${cleaned(peer)}`;
}

function partiesOf(head: string): Pick<LadderLine, 'from' | 'to'> {
  const from = FROM.exec(head)?.[1];
  const to = TO.exec(head)?.[1];
  return {
    ...(from !== undefined && { from: party(from) }),
    ...(to !== undefined && { to: party(to) }),
  };
}

/** A user name, or a host where there is none. */
function party(text: string): string {
  return cleaned(WRITTEN_NUMBER.test(text) && isIP(text) === 0 ? plainNumber(text) : text);
}

function sdpInShort(body: string): string | undefined {
  const audio = AUDIO.exec(body);
  if (audio === null) return undefined;
  const names = new Map([...body.matchAll(RTPMAP)].map(([, type, name]) => [type, name]));
  const types = (audio[2] ?? '').trim().split(/\s+/);
  const codecs = types.map((type) => names.get(type) ?? STATIC_CODECS[type] ?? type);
  const where = `${CONNECTION.exec(body)?.[1] ?? '?'}:${audio[1]}`;
  const direction = DIRECTION.exec(body)?.[1];
  const words = [where, ...codecs, ...(direction === undefined ? [] : [direction])];
  return words.join(' ').slice(0, LONGEST_WORD);
}

/** Others wrote it: numbers masked, nothing that would reach a terminal as a command, and no longer than a line. */
function cleaned(text: string): string {
  return maskText(text.slice(0, LONGEST_WORD)).replace(/\p{Cc}/gu, '?');
}

/** A message as it may be kept: without numbers, credentials, media keys and bodies that are no SDP, cut where it is long. */
export function keepableText(text: string): string {
  const { head, body = '' } = partsOf(text);
  const kept =
    body === '' || body.startsWith('v=0') ? body.replace(MEDIA_KEYS, '$1…') : `(${body.length} characters)`;
  const shown = head.replace(CREDENTIALS, '$1 …').replace(WRITTEN_NUMBERS, plainNumber);
  const whole = maskText(`${shown}\r\n\r\n${kept}`);
  return whole.length <= LONGEST_TEXT ? whole : `${whole.slice(0, LONGEST_TEXT)}…`;
}
