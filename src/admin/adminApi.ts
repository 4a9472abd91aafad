import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Platform, RoutingTable } from '../../routing/types.ts';
import type { Bindings } from '../bindings/Bindings.ts';
import type { AddressBlocks } from '../store/AddressBlocks.ts';
import type { BlackList } from '../store/BlackList.ts';
import type { LadderSoFar } from '../store/callDetails.ts';
import type { Changes } from '../store/changes.ts';
import type { Sql } from '../store/database.ts';
import type { DeadLetterSearch } from '../store/deadLetters.ts';
import type { HandsetDirectory } from '../store/HandsetDirectory.ts';
import type { Sealer } from '../store/sealing.ts';
import type { Logger } from '../telemetry/logger.ts';
import { accountRoutes } from './accountRoutes.ts';
import { announcementRoutes } from './announcementRoutes.ts';
import { appRoutes } from './appRoutes.ts';
import { bindingRoutes } from './bindingRoutes.ts';
import { blackListRoutes } from './blackListRoutes.ts';
import { blockedAddressRoutes } from './blockedAddressRoutes.ts';
import { callRoutes } from './callRoutes.ts';
import { callSearchRoutes } from './callSearchRoutes.ts';
import { deadLetterRoutes } from './deadLetterRoutes.ts';
import { explainRoutes } from './explainRoutes.ts';
import { handsetRoutes } from './handsetRoutes.ts';
import { numberRoutes } from './numberRoutes.ts';
import type { TokenCheck } from './operatorToken.ts';
import { Problem, refuse, sendProblem } from './problem.ts';
import { refuseUnstorable } from './storableText.ts';
import { trunkRoutes } from './trunkRoutes.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** What the admin API works on. */
export interface AdminApiOptions {
  readonly sql: Sql;
  readonly sealer: Sealer;
  readonly changes: Changes;
  /** The same bindings that customers make and end. */
  readonly bindings: Bindings;
  /** The same table that calls are routed by. */
  readonly table: RoutingTable;
  /** The same platform that calls are decided on. */
  readonly platform: Platform;
  /** Folder of the announcement files, where the media server reads them. */
  readonly announcementsDir: string;
  /** An uploaded announcement waits until an operator approves it. */
  readonly reviewsAnnouncements: boolean;
  /** What calls know of test handsets, to be read again after a change; undefined where they are switched off. */
  readonly handsets: Pick<HandsetDirectory, 'reload'> | undefined;
  /** What calls know of the black list, to be read again after a change. */
  readonly blackList: Pick<BlackList, 'reload'>;
  /** What the partner API knows of blocked addresses, to be read again after a change. */
  readonly blocks: Pick<AddressBlocks, 'reload'>;
  readonly isOperator: TokenCheck;
  /** Sends given-up notifications again (`Pusher.resend`). Gives their number. */
  readonly resend: (search: DeadLetterSearch) => Promise<number>;
  /** The life of this node, which sends what is filed about numbers. */
  readonly life: string;
  /** Sends what was just filed about an application's numbers (`Pusher.sendFiled`). */
  readonly sendFiled: (appKey: string) => void;
  /** The SIP ladder of a call that is in progress on this node, or has just ended (`CallDetails.soFar`). */
  readonly ladderOf: (sessionId: string) => LadderSoFar | undefined;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/**
 * The operator's API under `/admin/v1`: JSON, collections and items, `Authorization: Bearer <token>`.
 * A body is taken for JSON whatever `Content-Type` says: `curl -d` says something else.
 * Errors are problem details (RFC 9457) that name the bad value and what was expected. PATCH is a merge patch
 * (RFC 7396): what is absent stays, `null` takes an optional value away.
 */
export async function adminApi(fastify: FastifyInstance, options: AdminApiOptions): Promise<void> {
  await fastify.register(
    async (admin) => {
      admin.removeAllContentTypeParsers();
      admin.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) =>
        parseJson(body),
      );
      admin.setErrorHandler((error, request, reply) => refuse(error, request, reply, options.log));
      admin.setNotFoundHandler((request, reply) =>
        sendProblem(
          reply,
          new Problem('not-found', `${request.method} ${request.url.split('?', 1)[0]}: no such path.`),
        ),
      );
      admin.addHook('onRequest', async ({ headers }) => {
        const presented = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
        if (presented === undefined) {
          throw new Problem('not-authorised', 'Expected Authorization: Bearer <operator token>.');
        }
        if (!options.isOperator(presented))
          throw new Problem('not-authorised', 'The token is no operator token.');
      });
      admin.addHook('preValidation', async ({ params, query, body }) => {
        refuseUnstorable('The path', params);
        refuseUnstorable('The query', query);
        refuseUnstorable('The body', body);
      });
      accountRoutes(admin, options);
      appRoutes(admin, options);
      numberRoutes(admin, options);
      bindingRoutes(admin, options);
      trunkRoutes(admin, options);
      handsetRoutes(admin, options);
      blackListRoutes(admin, options);
      blockedAddressRoutes(admin, options);
      explainRoutes(admin, options);
      deadLetterRoutes(admin, options);
      callRoutes(admin, options);
      callSearchRoutes(admin, options);
      await announcementRoutes(admin, options);
    },
    { prefix: '/admin/v1' },
  );
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(UTF8.decode(body));
  } catch {
    throw new Problem('invalid-body', 'The body: expected JSON in UTF-8.');
  }
}
