import Srf from 'drachtio-srf';
import { afterEach, expect } from 'vitest';
import { DrachtioServer, type DrachtioServerOptions } from '../../../embedded/drachtio/DrachtioServer.ts';
import {
  Dialog,
  type InviteClientTransaction,
  makeRequest,
  newCallId,
  newTag,
  nextHopOf,
  type SipRequest,
  type SipResponse,
  SipStack,
  type SipStackOptions,
  type TransportName,
} from '../../../embedded/sip/index.ts';
import { quickTimers } from '../sip/wireKit.ts';

export const secret = 'cymru';

const owned: (() => Promise<void> | void)[] = [];
const failures: unknown[] = [];

afterEach(async () => {
  for (const close of owned.splice(0).reverse()) await close();
  expect(failures.splice(0)).toEqual([]);
});

/** A server on free ports with short timers. Ends with the test, which fails on any inner error. */
export async function startServer(
  options: Partial<Omit<DrachtioServerOptions, 'sip'>> & { sip?: Partial<SipStackOptions> } = {},
): Promise<DrachtioServer> {
  const server = new DrachtioServer({
    admin: { host: '127.0.0.1', port: 0 },
    secret,
    onError: (error) => failures.push(error),
    ...options,
    sip: {
      listen: [
        { transport: 'udp', host: '127.0.0.1', port: 0 },
        { transport: 'tcp', host: '127.0.0.1', port: 0 },
      ],
      timers: quickTimers,
      ...options.sip,
    },
  });
  await server.start();
  owned.push(() => server.stop());
  return server;
}

/** An unmodified drachtio-srf, connected. */
export async function connectSrf(server: DrachtioServer): Promise<Srf> {
  const srf = new Srf();
  // A late request on a dialog that is gone is told here; without a listener it would end the process.
  srf.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    srf.on('connect', (error) => (error ? reject(error) : resolve()));
    srf.connect({ host: '127.0.0.1', port: server.adminPort, secret });
  });
  connected.add(srf);
  owned.push(() => leave(srf));
  return srf;
}

const connected = new Set<Srf>();

/** The application goes away. */
export function leave(srf: Srf): void {
  if (connected.delete(srf)) srf.disconnect();
}

/** What drachtio-srf can do and its typings leave out. */
interface Unlisted {
  request(
    uri: string,
    options: object,
    callback: (
      error: Error | null,
      request: { on(event: 'response', listener: (res: Srf.SrfResponse) => void): void },
    ) => void,
  ): void;
}

/**
 * Sends a request outside of dialogs by drachtio-srf and waits for its final response. By callback: a promise is
 * fulfilled too late to hear a response that came in the same piece as the server's word that the request is out.
 */
export function askBySrf(srf: Srf, uri: string, options: object): Promise<Srf.SrfResponse> {
  return new Promise((resolve, reject) => {
    (srf as unknown as Unlisted).request(uri, options, (error, request) => {
      if (error) {
        reject(error);
        return;
      }
      request.on('response', (res) => {
        if (res.status >= 200) resolve(res);
      });
    });
  });
}

/** Sets drachtio-srf's handler of requests with this method. */
export function handle(
  srf: Srf,
  method: string,
  handler: (req: Srf.SrfRequest, res: Srf.SrfResponse) => void,
): void {
  const setters = srf as unknown as Record<
    string,
    (handler: (req: Srf.SrfRequest, res: Srf.SrfResponse) => void) => void
  >;
  setters[method.toLowerCase()]?.call(srf, handler);
}

/** A bare SIP stack as the peer of the server. */
export async function startPhone(options: Partial<SipStackOptions> = {}): Promise<SipStack> {
  const phone = new SipStack({
    listen: [
      { transport: 'udp', host: '127.0.0.1', port: 0 },
      { transport: 'tcp', host: '127.0.0.1', port: 0 },
    ],
    timers: quickTimers,
    onError: (error) => failures.push(error),
    ...options,
  });
  await phone.start();
  owned.push(() => phone.close());
  return phone;
}

/** `sip:user@host:port` of a server or a phone. */
export function uriOf(
  element: DrachtioServer | SipStack,
  user: string,
  transport: TransportName = 'udp',
): string {
  const { host, port } = (element instanceof SipStack ? element : element.stack).listeningPoint(transport);
  return `sip:${user}@${host}:${port}${transport === 'udp' ? '' : `;transport=${transport}`}`;
}

/** A session description of one audio stream. */
export function sdp(direction = 'sendrecv', version = 1): string {
  return [
    'v=0',
    `o=- 4711 ${version} IN IP4 127.0.0.1`,
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    'm=audio 40000 RTP/AVP 8 101',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** A new request from a phone. */
export function newRequest(
  phone: SipStack,
  method: string,
  uri: string,
  headers: Record<string, string> = {},
  body = '',
): SipRequest {
  return makeRequest(
    method,
    uri,
    {
      'Max-Forwards': '70',
      From: `<sip:alice@127.0.0.1>;tag=${newTag()}`,
      To: `<${uri}>`,
      'Call-ID': newCallId(),
      CSeq: `1 ${method}`,
      Contact: `<${uriOf(phone, 'alice')}>`,
      ...(body === '' ? {} : { 'Content-Type': 'application/sdp' }),
      ...headers,
    },
    body,
  );
}

/** Sends a request other than INVITE and waits for its final response. */
export function ask(
  phone: SipStack,
  request: SipRequest,
  hop = nextHopOf(request.uri),
): Promise<SipResponse> {
  return new Promise((resolve, reject) => {
    phone.request(request, hop, {
      onFinal: resolve,
      onTimeout: () => reject(new Error(`${request.method} timed out`)),
      onTransportError: reject,
    });
  });
}

export interface PhoneCall {
  readonly response: SipResponse;
  readonly dialog: Dialog;
  readonly provisionals: SipResponse[];
}

/** Calls from a phone and ACKs the answer. */
export function call(
  phone: SipStack,
  request: SipRequest,
  onProvisional?: (response: SipResponse, invite: InviteClientTransaction) => void,
): Promise<PhoneCall> {
  return new Promise((resolve, reject) => {
    const provisionals: SipResponse[] = [];
    const invite = phone.invite(request, nextHopOf(request.uri), {
      onProvisional: (response) => {
        provisionals.push(response);
        onProvisional?.(response, invite);
      },
      onFinal: (response, { essentials }) => {
        const dialog = Dialog.ofUac(request, response, essentials);
        if (response.status < 300) {
          invite.acknowledge(dialog.ack(essentials.cseq), dialog.nextHop, essentials.toTag ?? '');
        }
        resolve({ response, dialog, provisionals });
      },
      onTimeout: () => reject(new Error('INVITE timed out')),
      onTransportError: reject,
    });
  });
}

/** Makes a phone answer every call and every other request; the calls' dialogs, as they are answered. */
export function answerAll(
  phone: SipStack,
  body = sdp(),
): { dialogs: Dialog[]; requests: SipRequest[]; acks: number } {
  const seen = { dialogs: [] as Dialog[], requests: [] as SipRequest[], acks: 0 };
  phone.onAck(() => {
    seen.acks += 1;
  });
  phone.onRequest((request, transaction) => {
    seen.requests.push(request);
    if (transaction.kind !== 'invite') {
      transaction.reply(200);
      return;
    }
    const { essentials } = transaction.arrival;
    if (essentials.toTag === undefined)
      seen.dialogs.push(Dialog.ofUas(request, essentials, transaction.localTag));
    transaction.reply(180);
    transaction.reply(200, {
      headers: { Contact: `<${uriOf(phone, 'bob')}>`, 'Content-Type': 'application/sdp' },
      body,
    });
  });
  return seen;
}

/** A server with an application that answers every call; the dialogs it has answered. */
export async function startAnswering(options: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer(options);
  const srf = await connectSrf(server);
  const dialogs: Srf.Dialog[] = [];
  srf.invite((req, res) => {
    srf.createUAS(req, res, { localSdp: sdp() }).then(
      (dialog) => dialogs.push(dialog),
      () => {},
    );
  });
  return { server, srf, dialogs };
}

/** Waits until the server holds nothing any more: no dialog, no transaction, nothing unanswered. */
export async function expectDrained(server: DrachtioServer): Promise<void> {
  await expect
    .poll(
      () => {
        const { clients, connections, dropped, ...rest } = server.stats();
        return rest;
      },
      { timeout: 15_000, interval: 50 },
    )
    .toEqual({
      dialogs: 0,
      inviteServerTransactions: 0,
      otherTransactions: 0,
      unansweredRequests: 0,
      pendingInvites: 0,
    });
}
