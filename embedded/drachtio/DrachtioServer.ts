import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { hostText, SipStack, type SipStackOptions } from '../sip/index.ts';
import { AppClient, type AppClientEvents } from './AppClient.ts';
import { ClientRegistry } from './ClientRegistry.ts';
import type { ClientMessage } from './clientMessage.ts';
import { DialogEnder } from './DialogEnder.ts';
import { DialogRequests } from './DialogRequests.ts';
import { DialogTable } from './DialogTable.ts';
import { IncomingRequests } from './IncomingRequests.ts';
import { OutgoingRequests } from './OutgoingRequests.ts';
import { defaultPatience, type PatienceSettings, type ServerContext } from './ServerContext.ts';
import { StrangerLimit, type StrangerLimits } from './StrangerLimit.ts';
import { authenticated, notOk, ok, wrongSecret } from './serverMessage.ts';

/** Connections that have not named the secret yet. */
const maxUnauthenticated = 64;

export interface DrachtioServerOptions {
  readonly sip: Omit<SipStackOptions, 'onError' | 'admits'>;
  readonly admin: { readonly host: string; readonly port: number };
  /** What clients have to name before anything else. */
  readonly secret: string;
  readonly patience?: Partial<PatienceSettings>;
  /** What addresses may send that no client has let in. */
  readonly strangers?: Partial<StrangerLimits>;
  /** Hears of errors in our own code while one message was handled; the server goes on. */
  readonly onError?: (error: unknown) => void;
}

export interface DrachtioServerStats {
  readonly dialogs: number;
  readonly inviteServerTransactions: number;
  /** All other transactions, lingering ones included. */
  readonly otherTransactions: number;
  /** Requests from the network that a client has still to answer. */
  readonly unansweredRequests: number;
  /** INVITEs of clients without a final response. */
  readonly pendingInvites: number;
  readonly clients: number;
  readonly connections: number;
  /** Messages that were not handled, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** A SIP server that applications drive over drachtio's wire protocol. `start` binds its ports, `stop` ends everything. */
export class DrachtioServer {
  readonly #options: DrachtioServerOptions;
  readonly #stack: SipStack;
  readonly #context: ServerContext;
  readonly #incoming: IncomingRequests;
  readonly #outgoing: OutgoingRequests;
  readonly #inDialog: DialogRequests;
  readonly #admin: Server;
  #clientErrors = 0;

  constructor(options: DrachtioServerOptions) {
    this.#options = options;
    const strangers = new StrangerLimit(options.strangers);
    this.#stack = new SipStack({
      ...options.sip,
      admits: (remoteHost) => strangers.admits(remoteHost),
      onError: (error) => options.onError?.(error),
    });
    const dialogs = new DialogTable();
    this.#context = {
      stack: this.#stack,
      registry: new ClientRegistry(),
      dialogs,
      ender: new DialogEnder(this.#stack, dialogs),
      patience: { ...defaultPatience, ...options.patience },
      strangers,
    };
    this.#incoming = new IncomingRequests(this.#context);
    this.#outgoing = new OutgoingRequests(this.#context);
    this.#inDialog = new DialogRequests(this.#context, this.#outgoing);
    this.#stack.onRequest((request, transaction) => this.#incoming.receive(request, transaction));
    this.#stack.onAck((ack, arrival) => this.#incoming.receiveAck(ack, arrival));
    const events: AppClientEvents = {
      onMessage: (message, client) => this.#receive(message, client),
      onBadFrame: (error) => this.#options.onError?.(error),
      onClose: (client) => this.#stack.guarded(() => this.#leave(client)),
    };
    this.#admin = createServer((socket) => this.#welcome(new AppClient(socket, events)));
  }

  /** Binds SIP and admin ports. @throws SipStackError SIP_LISTEN, or the system's error for the admin port */
  async start(): Promise<void> {
    await this.#stack.start();
    this.#incoming.started();
    const { host, port } = this.#options.admin;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#admin.once('error', reject);
        this.#admin.listen(port, host, resolve);
      });
      this.#admin.on('error', (error) => this.#options.onError?.(error));
    } catch (error) {
      await this.#stack.close();
      throw error;
    }
  }

  /** Ends clients, dialogs, transactions and sockets at once. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#admin.close(() => resolve()));
    this.#incoming.stop();
    this.#context.dialogs.clear();
    for (const client of [...this.#context.registry.clients]) client.close();
    await this.#stack.close();
    await closed;
  }

  get adminPort(): number {
    const address = this.#admin.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  /** `transport/host:port` of every SIP listener, as clients are told. */
  get hostports(): string {
    return this.#stack.listeningPoints
      .map(({ transport, host, port }) => `${transport}/${hostText(host)}:${port}`)
      .join(',');
  }

  get stack(): SipStack {
    return this.#stack;
  }

  stats(): DrachtioServerStats {
    const stack = this.#stack.stats();
    const dropped =
      this.#clientErrors === 0 ? stack.dropped : { ...stack.dropped, 'client-error': this.#clientErrors };
    return {
      dialogs: this.#context.dialogs.count,
      inviteServerTransactions: stack.inviteServerTransactions,
      otherTransactions:
        stack.inviteClientTransactions +
        stack.nonInviteClientTransactions +
        stack.nonInviteServerTransactions,
      unansweredRequests: this.#incoming.pendingCount,
      pendingInvites: this.#outgoing.pendingInviteCount,
      clients: this.#context.registry.count,
      connections: stack.connections,
      dropped,
    };
  }

  /** Of those who have not named the secret, the one that came first makes room: who has it names it at once. */
  #welcome(client: AppClient): void {
    const { registry } = this.#context;
    const strangers = [...registry.clients].filter(({ isAuthenticated }) => !isAuthenticated);
    if (strangers.length >= maxUnauthenticated) strangers[0]?.close();
    registry.add(client);
  }

  #receive(message: ClientMessage, client: AppClient): void {
    if (message.type === 'authenticate') this.#authenticate(message, client);
    else if (!client.isAuthenticated) client.close();
    else {
      try {
        this.#handle(message, client);
      } catch (error) {
        // What cannot be done costs the client one NOK, whatever the reason.
        this.#clientErrors += 1;
        client.send(notOk(message.id, error instanceof Error ? error.message : 'internal error'));
      }
    }
  }

  #handle(message: Exclude<ClientMessage, { type: 'authenticate' }>, client: AppClient): void {
    const { registry } = this.#context;
    switch (message.type) {
      case 'route':
        registry.addRoute(message.verb, client);
        if (message.verb === 'invite') this.#incoming.clientCame();
        client.send(ok(message.id));
        return;
      case 'removeRoute':
        if (registry.removeRoute(message.verb, client)) client.send(ok(message.id));
        else client.send(notOk(message.id, 'not supported'));
        return;
      case 'ping':
        client.send(ok(message.id, 'pong'));
        return;
      case 'request':
        this.#outgoing.send(client, message.id, message.request, message.routeUri);
        return;
      case 'dialogRequest':
        this.#inDialog.send(client, message.id, message.request, message.dialogId);
        return;
      case 'cancel':
        this.#outgoing.cancel(client, message.id, message.request, message.transactionId);
        return;
      case 'response':
        this.#incoming.respond(client, message.id, message.response, message.transactionId);
        return;
      case 'refused':
        client.send(notOk(message.id, message.reason));
        return;
    }
  }

  #authenticate(message: Extract<ClientMessage, { type: 'authenticate' }>, client: AppClient): void {
    if (!isSameSecret(message.secret, this.#options.secret)) {
      client.send(wrongSecret(message.id));
      client.end();
      return;
    }
    client.isAuthenticated = true;
    client.tags = message.tags;
    client.send(authenticated(message.id, this.hostports));
  }

  /** A client has gone: its calls in the making end, its dialogs go on until their peers or their time end them. */
  #leave(client: AppClient): void {
    this.#context.registry.remove(client);
    this.#incoming.abandon(client);
    this.#outgoing.abandon(client);
    for (const dialog of this.#context.dialogs.ofClient(client)) {
      dialog.orphanTimer = this.#stack.schedule(this.#context.patience.orphanDialogSeconds * 1000, () =>
        this.#context.ender.hangUp(dialog, 'Application gone'),
      );
    }
  }
}

function isSameSecret(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
