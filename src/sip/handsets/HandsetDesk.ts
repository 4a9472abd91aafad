import type { Handset, HandsetContact, HandsetSource } from '../../store/handsets.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Headers, SrfRequest, SrfResponse } from '../drachtio.ts';
import { HandsetGate } from './HandsetGate.ts';
import type { Sign } from './Nonces.ts';
import { formatContacts, type Registration, register } from './registration.ts';

/** The handsets as SIP sees them (`HandsetDirectory` in store). */
export interface Handsets {
  withUsername(username: string): Handset | undefined;
  registeredAt(source: HandsetSource): Handset | undefined;
  /** @returns false when the handset is gone or has another password by now */
  change(
    handset: Handset,
    change: (before: readonly HandsetContact[]) => readonly HandsetContact[] | undefined,
  ): Promise<boolean>;
}

export interface HandsetDeskOptions {
  readonly handsets: Handsets;
  readonly realm: string;
  readonly sign: Sign;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
}

/** Whose call an INVITE is, or how it is turned down. */
export type HandsetCall =
  | { readonly kind: 'call'; readonly number: string }
  | { readonly kind: 'refused'; readonly status: number; readonly headers: Headers };

/** A phone that hears that the database is away should try again after so long. */
const RETRY_AFTER_SECONDS = 10;

/**
 * What test handsets ask for: REGISTER (RFC 3261, 10.3), and who calls. Handsets are at home on no trunk; whoever
 * comes from an address that belongs to none is asked for credentials.
 */
export class HandsetDesk {
  readonly #options: HandsetDeskOptions;
  readonly #gate: HandsetGate;

  constructor(options: HandsetDeskOptions) {
    this.#options = options;
    const { handsets, realm, sign, clock, logger } = options;
    const handsetOf = (username: string) => handsets.withUsername(username);
    this.#gate = new HandsetGate({ realm, handsetOf, sign, clock, logger });
  }

  /** Whether a request is a handset's, also where its address belongs to a trunk as well. */
  knows(request: SrfRequest): boolean {
    return this.isRegisteredAt(request) || this.#gate.isClaimed(request.get('Proxy-Authorization'));
  }

  /** Whether a handset is registered from exactly where a request came from. */
  isRegisteredAt(request: SrfRequest): boolean {
    return this.#registeredAt(request) !== undefined;
  }

  /** Who calls: the handset that proves its password, whatever `From` says. */
  caller(request: SrfRequest): HandsetCall {
    const verdict = this.#gate.check({
      method: 'INVITE',
      requestUri: request.uri,
      credentials: request.get('Proxy-Authorization'),
      likely: this.#registeredAt(request) ?? this.#named(request.get('From')),
      address: request.source_address,
    });
    if (verdict.kind === 'known') return { kind: 'call', number: verdict.handset.number };
    if (verdict.kind === 'refused') return { ...verdict, headers: {} };
    return { kind: 'refused', status: 407, headers: fields('Proxy-Authenticate', verdict.challenges) };
  }

  /** Answers a REGISTER. @throws what drachtio-srf throws when its server is gone */
  async register(request: SrfRequest, response: SrfResponse): Promise<void> {
    const verdict = this.#gate.check({
      method: 'REGISTER',
      requestUri: request.uri,
      credentials: request.get('Authorization'),
      likely: this.#named(request.get('To')),
      address: request.source_address,
    });
    if (verdict.kind === 'challenged') {
      response.send(401, { headers: fields('WWW-Authenticate', verdict.challenges) });
      return;
    }
    if (verdict.kind === 'refused') {
      response.send(verdict.status);
      return;
    }
    const unsupported = request.get('Require');
    if (unsupported !== undefined) {
      response.send(420, { headers: { Unsupported: unsupported } });
      return;
    }
    const source = sourceOf(request);
    if (source === undefined || !isAddressOf(verdict.handset, request.get('To') ?? '')) {
      response.send(403);
      return;
    }
    try {
      await this.#register(verdict.handset, source, request, response);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'a handset could not be registered');
      response.send(503, { headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) } });
    }
  }

  #registeredAt(request: SrfRequest): Handset | undefined {
    const source = sourceOf(request);
    return source && this.#options.handsets.registeredAt(source);
  }

  /** The handset whose user name stands in an address. */
  #named(address: string | undefined): Handset | undefined {
    return this.#options.handsets.withUsername(userOf(address ?? '') ?? '');
  }

  async #register(
    handset: Handset,
    source: HandsetSource,
    request: SrfRequest,
    response: SrfResponse,
  ): Promise<void> {
    const { handsets, clock } = this.#options;
    const asked = {
      contact: request.get('Contact'),
      expires: request.get('Expires'),
      callId: request.get('Call-ID') ?? '',
      cseq: Number.parseInt(request.get('CSeq') ?? '0', 10),
      source,
    };
    const now = clock();
    let outcome: Registration | undefined;
    const isKnown = await handsets.change(handset, (before) => {
      outcome = register(before, asked, now);
      return outcome.kind === 'contacts' && outcome.changed ? outcome.contacts : undefined;
    });
    if (!isKnown || outcome === undefined) response.send(403);
    else if (outcome.kind === 'refused') response.send(outcome.status, { headers: outcome.headers ?? {} });
    else {
      const contact = formatContacts(outcome.contacts, now);
      const date = { Date: new Date(now).toUTCString() };
      response.send(200, { headers: contact === undefined ? date : { ...date, Contact: contact } });
    }
  }
}

/**
 * Several values of a header that must not be joined by commas (RFC 3261, 7.3.1). drachtio-srf knows no such header
 * and writes a value as it is, so the later ones go with their names inside the first.
 */
function fields(name: string, values: readonly string[]): Headers {
  return { [name]: values.join(`\r\n${name}: `) };
}

/** A handset registers itself and nobody else: its user name, or its number. */
function isAddressOf({ username, number }: Handset, to: string): boolean {
  const user = userOf(to);
  return user === username || user === number;
}

/** The user part of the first SIP URI in a header. */
function userOf(address: string): string | undefined {
  return /sips?:([^@;>\s]+)@/i.exec(address)?.[1];
}

function sourceOf({ protocol, source_address: address, source_port: port }: SrfRequest) {
  const transport = protocol.toLowerCase();
  if (transport !== 'udp' && transport !== 'tcp' && transport !== 'tls') return undefined;
  return { transport, address, port } as const;
}
