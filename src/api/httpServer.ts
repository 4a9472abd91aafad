import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Logger } from '../telemetry/logger.ts';
import { addressList } from './addressList.ts';
import { answerInTime } from './answerInTime.ts';
import type { TlsIdentity } from './certificate.ts';
import { limitConnections } from './connectionLimits.ts';
import { PartnerError } from './errorCodes.ts';

/** Largest request body; a route that takes files sets its own. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** Time for a whole request to arrive: a slow sender does not hold a connection. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Of it, for the head: a connection that says nothing, or one octet now and then, ends after this. */
const HEAD_TIMEOUT_MS = 10_000;
/** How often it is looked whether a time is over. */
const TIMEOUT_CHECK_MS = 2_000;
/** A request that is there gets an answer within this time, whatever it waits for; the partner API has a shorter one. */
const ANSWER_WITHIN_MS = 10_000;
const MOST_CONNECTIONS = 10_000;
/** Longer than the idle time of common HTTP clients, so that the client closes first and no request is lost. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** Longer than every name that stands in a path: names of announcements, ids of calls. */
const LONGEST_PATH_PART = 512;
/** How long requests under way may take once the server is closing. */
const CLOSE_TIMEOUT_MS = 5_000;

export interface HttpServerOptions {
  readonly log: Logger;
  readonly host: string;
  readonly port: number;
  /** Other processes listen on the same ports, and the kernel gives each connection to one of them. */
  readonly sharesPorts?: boolean;
  /** Adds HTTPS, on the same address. */
  readonly tls?: { readonly port: number; readonly identity: TlsIdentity } | undefined;
  /** Addresses and CIDR ranges of proxies that say truly for whom they ask. */
  readonly trustedProxies?: readonly string[];
  /** Connections at a time of one address, unless it is a trusted proxy; absent for any number. */
  readonly connectionsOfOneAddress?: number;
  /** Milliseconds in which a request that is there gets an answer; 10,000 by default. */
  readonly answerWithinMs?: number;
  /** Registers what is served: the partner API and the admin API. */
  readonly routes: (fastify: FastifyInstance) => Promise<void>;
}

export interface ListeningPorts {
  readonly http: number;
  readonly https: number | undefined;
}

/** The HTTP and HTTPS doors of the partner and admin API: one set of routes, two listeners. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #fastify: FastifyInstance;
  readonly #secure: Server | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#fastify = Fastify({
      logger: false,
      bodyLimit: BODY_LIMIT_BYTES,
      trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
      requestTimeout: REQUEST_TIMEOUT_MS,
      http: { headersTimeout: HEAD_TIMEOUT_MS, connectionsCheckingInterval: TIMEOUT_CHECK_MS },
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      return503OnClosing: false,
      forceCloseConnections: 'idle',
      // Clients put an address that ends in a slash before a path that begins with one.
      routerOptions: {
        ignoreDuplicateSlashes: true,
        ignoreTrailingSlash: true,
        maxParamLength: LONGEST_PATH_PART,
      },
      frameworkErrors: refuseUrl,
      clientErrorHandler: refuseConnection,
    });
    answerInTime(this.#fastify, options.answerWithinMs ?? ANSWER_WITHIN_MS);
    this.#fastify.addHook('onResponse', async (request, reply) => {
      const { method, routeOptions } = request;
      const milliseconds = Math.round(reply.elapsedTime * 10) / 10;
      options.log.info(
        { method, route: routeOptions.url ?? 'unknown', status: reply.statusCode, milliseconds },
        'request',
      );
    });
    this.#fastify.setNotFoundHandler((_request, reply) => sendNotFound(reply));

    if (options.tls !== undefined) {
      const { certificate, privateKey } = options.tls.identity;
      const secure = createServer(
        {
          cert: certificate,
          key: privateKey,
          minVersion: 'TLSv1.2',
          requestTimeout: REQUEST_TIMEOUT_MS,
          headersTimeout: HEAD_TIMEOUT_MS,
          connectionsCheckingInterval: TIMEOUT_CHECK_MS,
          handshakeTimeout: HEAD_TIMEOUT_MS,
          keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
        },
        (request, response) => this.#fastify.routing(request, response),
      );
      secure.on('clientError', refuseConnection);
      this.#secure = secure;
    }
    this.#limitConnections();
  }

  /**
   * Starts both listeners.
   * @returns the ports they got (a port of 0 takes a free one)
   */
  async listen(): Promise<ListeningPorts> {
    const { host, port, tls, routes, sharesPorts: reusePort = false } = this.#options;
    await routes(this.#fastify);
    // fastify hands on what its types leave out.
    const door = { host, port, reusePort };
    await this.#fastify.listen(door);
    const http = portOf(this.#fastify.server.address());
    if (this.#secure === undefined || tls === undefined) return { http, https: undefined };
    const secure = this.#secure;
    await new Promise<void>((resolve, reject) => {
      secure.once('error', reject);
      secure.listen({ host, port: tls.port, reusePort }, () => {
        secure.off('error', reject);
        resolve();
      });
    });
    return { http, https: portOf(secure.address()) };
  }

  /** Takes no new connection, lets requests under way end for a few seconds, and closes. */
  async close(): Promise<void> {
    const secure = this.#secure;
    const impatience = setTimeout(() => {
      this.#fastify.server.closeAllConnections();
      secure?.closeAllConnections();
    }, CLOSE_TIMEOUT_MS);
    const secureClosed =
      secure?.listening === true
        ? new Promise<void>((resolve) => {
            secure.close(() => resolve());
            secure.closeIdleConnections();
          })
        : undefined;
    try {
      await Promise.all([this.#fastify.close(), secureClosed]);
    } finally {
      clearTimeout(impatience);
    }
  }

  /** HTTP and HTTPS each. */
  #limitConnections(): void {
    const { connectionsOfOneAddress, trustedProxies = [] } = this.#options;
    const limits = {
      mostOfOneAddress: connectionsOfOneAddress ?? MOST_CONNECTIONS,
      most: MOST_CONNECTIONS,
      exempt: addressList(trustedProxies),
    };
    limitConnections(this.#fastify.server, limits);
    if (this.#secure !== undefined) limitConnections(this.#secure, limits);
  }
}

function portOf(address: AddressInfo | string | null): number {
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function sendNotFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).type('application/problem+json').send({
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'Expected a path of the partner API (/rest/…) or of the admin API (/admin/v1/…).',
  });
}

/** A URL that cannot be decoded, or names an item by more than any name has. */
function refuseUrl(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const isTooLong = error.code === 'FST_ERR_MAX_PARAM_LENGTH';
  const expected = isTooLong ? `parts of at most ${LONGEST_PATH_PART} characters` : 'percent-encoded UTF-8';
  const detail = `The URL: expected ${expected}.`;
  if (request.raw.url?.startsWith('/admin/')) {
    return reply
      .code(400)
      .type('application/problem+json')
      .send({ type: 'about:blank', title: 'Bad Request', status: 400, code: 'invalid-path', detail });
  }
  const { httpStatus, envelope } = new PartnerError('invalid-request', detail);
  return reply.code(httpStatus).send(envelope);
}

/** What is no HTTP, or has too large a header: there is no request to answer yet, only a connection. */
function refuseConnection(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(new PartnerError('invalid-request', 'Expected an HTTP/1.1 request.').envelope);
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
