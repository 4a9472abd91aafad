import type { HandsetContact, HandsetSource } from '../../store/handsets.ts';

/** Seconds of a contact that asks for none (RFC 3261, 10.2.1.1), and the most that one gets. */
const LONGEST_EXPIRES_SECONDS = 3600;
/** A phone that wants to register more often than this is told 423. */
const SHORTEST_EXPIRES_SECONDS = 30;
/** Of more contacts the oldest are forgotten: phones that restart leave some behind. */
const MOST_CONTACTS = 10;

const MOST_URI_CHARACTERS = 512;

/** What of a REGISTER matters once its sender is known. */
export interface RegisterRequest {
  /** All values of `Contact`, joined by commas. */
  readonly contact: string | undefined;
  readonly expires: string | undefined;
  readonly callId: string;
  /** Number of `CSeq`. */
  readonly cseq: number;
  /** Where it came from; the contact is reached there, whatever it calls itself (NAT, TCP, TLS). */
  readonly source: HandsetSource;
}

export type Registration =
  /** The contacts from now on; `changed` is false for a REGISTER that only asks. */
  | { readonly kind: 'contacts'; readonly contacts: readonly HandsetContact[]; readonly changed: boolean }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 423 | 500;
      readonly headers?: Readonly<Record<string, string>>;
    };

interface WantedContact {
  readonly uri: string;
  readonly expiresSeconds: number | undefined;
}

/** One value of Contact: an address in brackets or bare, then its parameters. */
const NAME_ADDRESS = /^(?:"(?:[^"\\]|\\.)*"\s*|[^"<]*)<([^<>]*)>(.*)$/;
const CONTACT_URI = /^sips?:[!#-;=?-~]+$/i;

/**
 * What a REGISTER makes of the contacts of its handset (RFC 3261, 10.3, steps 6 to 8).
 * @param before the contacts until now, expired ones included
 * @param nowMs milliseconds since the epoch
 */
export function register(
  before: readonly HandsetContact[],
  request: RegisterRequest,
  nowMs: number,
): Registration {
  const alive = liveContacts(before, nowMs);
  if (request.contact === undefined) return { kind: 'contacts', contacts: alive, changed: false };
  if (request.contact.trim() === '*') return removeAll(alive, request);
  const wanted = contactsIn(request.contact);
  if (wanted === undefined) return { kind: 'refused', status: 400 };
  let contacts = alive;
  for (const { uri, expiresSeconds } of wanted) {
    const known = alive.find((each) => each.uri === uri);
    if (known && isOutOfOrder(known, request)) return { kind: 'refused', status: 500 };
    const seconds = expiresSeconds ?? secondsOf(request.expires) ?? LONGEST_EXPIRES_SECONDS;
    if (seconds > 0 && seconds < SHORTEST_EXPIRES_SECONDS) {
      const headers = { 'Min-Expires': String(SHORTEST_EXPIRES_SECONDS) };
      return { kind: 'refused', status: 423, headers };
    }
    contacts = contacts.filter((each) => each.uri !== uri);
    if (seconds === 0) continue;
    const { source, callId, cseq } = request;
    const expiresAt = nowMs + Math.min(seconds, LONGEST_EXPIRES_SECONDS) * 1000;
    contacts = [...contacts, { uri, source, callId, cseq, registeredAt: nowMs, expiresAt }];
  }
  return { kind: 'contacts', contacts: contacts.slice(-MOST_CONTACTS), changed: true };
}

/** Those that have not expired, the one that registered last at the end. */
export function liveContacts(contacts: readonly HandsetContact[], nowMs: number): readonly HandsetContact[] {
  return contacts.filter(({ expiresAt }) => expiresAt > nowMs);
}

/** The Contact header of a 200 to REGISTER (RFC 3261, 10.3, step 8); undefined without contacts. */
export function formatContacts(contacts: readonly HandsetContact[], nowMs: number): string | undefined {
  if (contacts.length === 0) return undefined;
  return contacts
    .map(({ uri, expiresAt }) => `<${uri}>;expires=${Math.max(1, Math.ceil((expiresAt - nowMs) / 1000))}`)
    .join(', ');
}

/** `Contact: *` is for leaving, and for nothing else. */
function removeAll(alive: readonly HandsetContact[], request: RegisterRequest): Registration {
  if (secondsOf(request.expires) !== 0) return { kind: 'refused', status: 400 };
  if (alive.some((each) => isOutOfOrder(each, request))) return { kind: 'refused', status: 500 };
  return { kind: 'contacts', contacts: [], changed: true };
}

/** An older REGISTER of the same phone that arrives late must not undo the newer one. */
function isOutOfOrder(contact: HandsetContact, { callId, cseq }: RegisterRequest): boolean {
  return contact.callId === callId && cseq <= contact.cseq;
}

/** A number of seconds; what is none counts as absent (RFC 3261, 10.2.1.1). */
function secondsOf(text: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,10})\s*$/.exec(text ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** @returns undefined when one of them is no address that can be called */
function contactsIn(header: string): WantedContact[] | undefined {
  const values = header.match(/(?:"(?:[^"\\]|\\[\s\S]?)*(?:"|$)|<[^>]*(?:>|$)|[^,"<])+/g) ?? [];
  const wanted: WantedContact[] = [];
  for (const value of values) {
    const [, bracketed, after] = NAME_ADDRESS.exec(value.trim()) ?? [];
    const [bare = '', ...bareParameters] = value.trim().split(';');
    const uri = (bracketed ?? bare).trim().split('?', 1)[0] ?? '';
    if (uri.length > MOST_URI_CHARACTERS || !CONTACT_URI.test(uri)) return undefined;
    const parameters = bracketed === undefined ? bareParameters : (after ?? '').split(';');
    const expires = parameters.map((each) => /^\s*expires\s*=\s*"?(\d+)/i.exec(each)?.[1]).find(Boolean);
    wanted.push({ uri, expiresSeconds: secondsOf(expires) });
  }
  return wanted.length === 0 ? undefined : wanted;
}
