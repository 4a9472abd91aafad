import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import { type MediaDescription, parse, type SessionDescription, write } from 'sdp-transform';

/** Largest session description that is taken. Real ones are under 2 kB. */
const MOST_CHARACTERS = 16_384;

/** As long as a telephone number with its area code: no codec parameter is. */
const LIKE_A_NUMBER = /\d{10}/;
const HIGHEST_PORT = 65_535;
const LARGEST_BANDWIDTH = 2 ** 31;
const LONGEST_PACKET_MS = 1000;

/** Attributes that sdp-transform does not know and that fax and voice gateways need, by their whole value. */
const GATEWAY_ATTRIBUTE = /^(?:T38[A-Za-z]{1,24}(?::[A-Za-z0-9]{1,16})?|silenceSupp:[a-z]{2,3}(?: -){4})$/;

/**
 * Passes session descriptions from one side of a call to the other without what tells who the one side is.
 *
 * What goes through is a list, and everything else stays behind: media lines, the address and ports media goes to,
 * codecs and their parameters, packet time, direction, bandwidth, keys. So `o=` gets a name and ids of our own,
 * `s=` becomes `-`, and `i=`, `u=`, `e=`, `p=`, `a=ssrc` (cname), `a=msid`, `a=label`, `a=tool`, ICE candidates and
 * whatever a phone makes up are gone. Media goes to an address and not to a name, because names of phones hold their
 * numbers; what is let through is looked at for digits as long as a number. The result is plain ASCII, so that its
 * length is the same in bytes and in characters.
 *
 * One instance serves one direction of one call: RFC 3264, 8 wants the same session id and a version that grows with
 * each change.
 */
export class SdpCleaner {
  readonly #sessionId = String(randomInt(1, 2 ** 47));
  #version = 0;
  #lastInput: string | undefined;
  #lastOutput: string | undefined;
  #lastContent: string | undefined;

  /**
   * @param sdp what one side sent
   * @returns what the other side gets, or undefined when it is no usable session description
   */
  clean(sdp: string): string | undefined {
    if (sdp === this.#lastInput) return this.#lastOutput;
    const session = parseSession(sdp);
    if (!session) return undefined;
    const content = toAscii(write(session));
    if (content !== this.#lastContent) this.#version += 1;
    this.#lastContent = content;
    this.#lastInput = sdp;
    this.#lastOutput = content.replace(UNNUMBERED, `o=- ${this.#sessionId} ${this.#version} `);
    return this.#lastOutput;
  }
}

/** The origin line of a description before it gets its session id and version. */
const UNNUMBERED = 'o=- 0 0 ';

/** The address of `o=` is the one media goes to, which the other side learns anyway. */
function originOf(connection: SessionDescription['connection']): SessionDescription['origin'] {
  return {
    username: '-',
    sessionId: 0,
    sessionVersion: 0,
    netType: 'IN',
    ipVer: connection?.version ?? 4,
    address: connection?.ip ?? '0.0.0.0',
  };
}

function parseSession(sdp: string): SessionDescription | undefined {
  if (sdp.length > MOST_CHARACTERS || !sdp.startsWith('v=0')) return undefined;
  const { connection, bandwidth, direction, setup, fingerprint, media } = parse(sdp);
  if (connection && isIP(connection.ip) === 0) return undefined;
  const cleaned: MediaDescription[] = [];
  for (const each of media) {
    const usable = cleanMedia(each, connection);
    if (!usable) return undefined;
    cleaned.push(usable);
  }
  if (cleaned.length === 0) return undefined;
  return {
    version: 0,
    origin: originOf(connection ?? cleaned[0]?.connection),
    name: '-',
    timing: { start: 0, stop: 0 },
    ...(connection && { connection }),
    ...(bandwidth && { bandwidth: bandwidth.filter(isBandwidth) }),
    ...(direction && { direction }),
    ...(setup && { setup }),
    ...(fingerprint && { fingerprint }),
    media: cleaned,
  };
}

function cleanMedia(
  media: MediaDescription,
  sessionConnection: SessionDescription['connection'],
): MediaDescription | undefined {
  const { type, port, protocol, payloads = '', connection } = media;
  if (type === undefined || port === undefined || port > HIGHEST_PORT || !protocol) return undefined;
  if (LIKE_A_NUMBER.test(`${type} ${protocol} ${payloads}`)) return undefined;
  if (connection && isIP(connection.ip) === 0) return undefined;
  if (!connection && !sessionConnection && port !== 0) return undefined;
  const { rtp, fmtp, ptime, maxptime, direction, bandwidth, rtcp, rtcpMux, crypto, setup, fingerprint } =
    media;
  const gateway = gatewayAttributes(media);
  return {
    type,
    port,
    protocol,
    ...(media.payloads !== undefined && { payloads }),
    ...(connection && { connection }),
    ...(bandwidth && { bandwidth: bandwidth.filter(isBandwidth) }),
    rtp: rtp.filter(({ payload, codec, rate, encoding }) => !isTelling([payload, codec, rate, encoding])),
    fmtp: fmtp.filter(({ payload, config }) => !isTelling([payload, config])),
    ...(isPacketTime(ptime) && { ptime }),
    ...(isPacketTime(maxptime) && { maxptime }),
    ...(direction && { direction }),
    ...(rtcp && rtcp.port <= HIGHEST_PORT && { rtcp: cleanRtcp(rtcp) }),
    ...(rtcpMux && { rtcpMux }),
    ...(crypto && { crypto }),
    ...(setup && { setup }),
    ...(fingerprint && { fingerprint }),
    ...(gateway.length > 0 && { invalid: gateway }),
  };
}

function cleanRtcp(rtcp: NonNullable<MediaDescription['rtcp']>): NonNullable<MediaDescription['rtcp']> {
  return rtcp.address !== undefined && isIP(rtcp.address) !== 0 ? rtcp : { port: rtcp.port };
}

function isBandwidth({ limit }: { readonly limit: number | string }): boolean {
  return Number(limit) < LARGEST_BANDWIDTH;
}

function isPacketTime(milliseconds: number | undefined): milliseconds is number {
  return milliseconds !== undefined && milliseconds > 0 && milliseconds <= LONGEST_PACKET_MS;
}

function isTelling(parts: readonly (string | number | undefined)[]): boolean {
  return parts.some((part) => LIKE_A_NUMBER.test(String(part)));
}

/** sdp-transform keeps attributes that it does not know under `invalid`, which its types leave out. */
function gatewayAttributes(media: MediaDescription): { value: string }[] {
  if (!('invalid' in media) || !Array.isArray(media.invalid)) return [];
  const attributes: unknown[] = media.invalid;
  return attributes.flatMap((attribute) => {
    if (typeof attribute !== 'object' || attribute === null || !('value' in attribute)) return [];
    const value = String(attribute.value);
    return GATEWAY_ATTRIBUTE.test(value) ? [{ value }] : [];
  });
}

function toAscii(text: string): string {
  return text.replace(/[^\r\n -~]/g, '?');
}

/** A message as far as its session description goes. */
export interface SdpCarrier {
  readonly contentType: string | undefined;
  readonly body: string | undefined;
}

/**
 * The session description of a message: the body itself or, as gateways with ISUP (RFC 3204) send it, one part of a
 * multipart body.
 * @returns undefined when there is none
 */
export function sdpOf({ contentType, body }: SdpCarrier): string | undefined {
  if (!body) return undefined;
  if (contentType === undefined || /^\s*application\/sdp\b/i.test(contentType)) return body;
  if (!/^\s*multipart\//i.test(contentType) || body.length > MOST_CHARACTERS) return undefined;
  const start = /\r?\nContent-Type:\s*application\/sdp\b[\s\S]*?\r?\n\r?\n/i.exec(`\r\n${body}`);
  if (!start) return undefined;
  const rest = `\r\n${body}`.slice(start.index + start[0].length);
  const end = rest.search(/\r?\n--/);
  return end < 0 ? rest : `${rest.slice(0, end)}\r\n`;
}
