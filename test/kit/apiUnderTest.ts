import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminApi } from '../../src/admin/adminApi.ts';
import { adminOperations } from '../../src/admin/adminOperations.ts';
import { loadTokenCheck } from '../../src/admin/operatorToken.ts';
import type { TlsIdentity } from '../../src/api/certificate.ts';
import { downloadOperations } from '../../src/api/downloadOperations.ts';
import { HttpServer } from '../../src/api/httpServer.ts';
import { partnerApi } from '../../src/api/partnerApi.ts';
import { partnerOperations } from '../../src/api/partnerOperations.ts';
import { recordingDownload } from '../../src/api/recordingDownload.ts';
import { Bindings } from '../../src/bindings/Bindings.ts';
import { PlaceSearch } from '../../src/bindings/PlaceSearch.ts';
import { createPlatform } from '../../src/calls/platform.ts';
import { readConfig } from '../../src/config.ts';
import { apiInfo } from '../../src/openapi/apiInfo.ts';
import { documentRoutes } from '../../src/openapi/documentRoutes.ts';
import { RecordingFolder } from '../../src/recordings/RecordingFolder.ts';
import { Recordings } from '../../src/recordings/Recordings.ts';
import { startGate } from '../../src/startGate.ts';
import { AppDirectory } from '../../src/store/AppDirectory.ts';
import { BlackList } from '../../src/store/BlackList.ts';
import { askToStop } from '../../src/store/callStops.ts';
import { Changes } from '../../src/store/changes.ts';
import type { Sql } from '../../src/store/database.ts';
import type { DeadLetterSearch } from '../../src/store/deadLetters.ts';
import { DatabaseRoutingTable } from '../../src/store/routingTable.ts';
import { Sealer } from '../../src/store/sealing.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import { AdminClient } from './AdminClient.ts';
import { createTestDatabase, type TestDatabase } from './testDatabase.ts';

export const OPERATOR_TOKEN = 'operator-token-of-the-tests';

/** The two HTTP APIs on a database of their own: everything that `src/main.ts` runs, without calls. */
export interface ApiUnderTest {
  /** `http://127.0.0.1:port` */
  readonly base: string;
  readonly secureBase: string | undefined;
  readonly admin: AdminClient;
  readonly database: TestDatabase;
  readonly sql: Sql;
  readonly announcementsDir: string;
  /** Where recordings lie. */
  readonly recordingFolder: RecordingFolder;
  readonly sealer: Sealer;
  readonly changes: Changes;
  /** Its name among the nodes, where it has no row. */
  readonly nodeId: string;
  readonly blackList: BlackList;
  /** Every method and path that is served. */
  readonly routes: readonly { readonly method: string | string[]; readonly url: string }[];
  /** What was logged, oldest first. */
  readonly logged: readonly { readonly level: string; readonly message: string; readonly fields: object }[];
  /** What `resend` was asked for. */
  readonly resent: DeadLetterSearch[];
  /** Applications about whose numbers a message was filed. */
  readonly filed: readonly string[];
  /** How often the directory of handsets was to be read again. */
  readonly reloaded: { handsets: number };
  stop(): Promise<void>;
}

export interface ApiOptions {
  /** Adds HTTPS on a free port. */
  readonly tls?: TlsIdentity;
  readonly publicUrl?: string;
  /** False switches test handsets off. */
  readonly handsets?: boolean;
  /** The time for recordings and their addresses, milliseconds since the epoch. */
  readonly recordingsClock?: () => number;
  /** Settings of what guards the partner API; of their defaults only the block of addresses is off. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly answerWithinMs?: number;
  /** Takes what is logged; without it, that stands in `logged`. */
  readonly log?: Logger;
  /** Makes this a second node, on the database and with the key of that one. */
  readonly beside?: ApiUnderTest;
}

export async function startApi(options: ApiOptions = {}): Promise<ApiUnderTest> {
  const { tls, publicUrl, recordingsClock = Date.now, beside } = options;
  const database = beside?.database ?? (await createTestDatabase());
  const { sql, url } = database;
  const dataDir = await mkdtemp(join(tmpdir(), 'axbridge-api-'));
  const announcementsDir = join(dataDir, 'announcements');
  const routes: { method: string | string[]; url: string }[] = [];
  const logged: { level: string; message: string; fields: object }[] = [];
  const say = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, message, fields });
  const own = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  const log = options.log ?? own;
  const resent: ApiUnderTest['resent'] = [];
  const filed: string[] = [];
  const reloaded = { handsets: 0 };

  const sealer = beside?.sealer ?? new Sealer(randomBytes(32));
  const clock = Date.now;
  const changes = new Changes({ url, log });
  await changes.start();
  const blackList = new BlackList({ sql, sealer, changes, log });
  await blackList.start();
  const apps = new AppDirectory({ sql, sealer, changes });
  const bindings = new Bindings({ sql, sealer, changes, places: await PlaceSearch.load(), clock });
  const table = new DatabaseRoutingTable(sql, sealer);
  const isOperator = await loadTokenCheck({ sql, setting: OPERATOR_TOKEN, show: () => undefined });
  const resend = async (search: DeadLetterSearch) => resent.push(search);

  const recordingFolder = new RecordingFolder(join(dataDir, 'recordings'));
  const recordings = new Recordings({
    folder: recordingFolder,
    bucket: undefined,
    freeBytes: 0,
    clock: recordingsClock,
    logger: log,
  });
  const parts = new AsyncDisposableStack();
  const nodeId = randomUUID();
  const config = readConfig({ AXBRIDGE_AUTH_FAILURES: 'off', ...options.settings });
  const { gate, blocks } = await startGate({ config, logger: log, parts }, { sql, changes, apps }, nodeId);
  const json = {
    largestBody: config.AXBRIDGE_BODY_KB * 1024,
    deepest: config.AXBRIDGE_JSON_DEPTH,
  };
  const sign = (text: string) => sealer.sign(text);
  const server = new HttpServer({
    log,
    host: '127.0.0.1',
    port: 0,
    tls: tls && { port: 0, identity: tls },
    trustedProxies: config.AXBRIDGE_TRUSTED_PROXIES,
    ...(options.answerWithinMs !== undefined && { answerWithinMs: options.answerWithinMs }),
    routes: async (fastify) => {
      fastify.addHook('onRoute', ({ method, url }) => void routes.push({ method, url }));
      await documentRoutes(fastify, {
        info: apiInfo(),
        partner: partnerOperations,
        others: [downloadOperations, adminOperations],
      });
      await partnerApi(fastify, {
        gate,
        json,
        bindings,
        stopCall: (appKey, sessionId) => askToStop(sql, changes, appKey, sessionId),
        recordings: { sql, recordings, sign, publicUrl, clock: recordingsClock },
        log,
      });
      await recordingDownload(fastify, { recordings, sign, log, clock: recordingsClock });
      await adminApi(fastify, {
        sql,
        sealer,
        changes,
        bindings,
        table,
        platform: createPlatform({ showsRealCallers: true, timeZone: 'Asia/Shanghai', blackList }),
        handsets: options.handsets === false ? undefined : { reload: async () => void reloaded.handsets++ },
        blackList,
        blocks,
        announcementsDir,
        isOperator,
        reviewsAnnouncements: config.AXBRIDGE_ANNOUNCEMENT_REVIEW === 'on',
        life: randomUUID(),
        sendFiled: (appKey) => filed.push(appKey),
        ladderOf: () => undefined,
        resend,
        log,
        clock,
      });
    },
  });
  const ports = await server.listen();
  const base = `http://127.0.0.1:${ports.http}`;
  return {
    base,
    secureBase: ports.https === undefined ? undefined : `https://127.0.0.1:${ports.https}`,
    admin: new AdminClient(base, OPERATOR_TOKEN),
    database,
    sql,
    announcementsDir,
    recordingFolder,
    sealer,
    changes,
    nodeId,
    blackList,
    routes,
    logged,
    resent,
    filed,
    reloaded,
    async stop() {
      await server.close();
      await parts.disposeAsync();
      await blackList.stop();
      await changes.stop();
      if (beside === undefined) await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
