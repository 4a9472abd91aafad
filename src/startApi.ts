import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { adminApi } from './admin/adminApi.ts';
import { adminOperations } from './admin/adminOperations.ts';
import { loadTokenCheck } from './admin/operatorToken.ts';
import type { TlsIdentity } from './api/certificate.ts';
import { downloadOperations } from './api/downloadOperations.ts';
import { HttpServer, type ListeningPorts } from './api/httpServer.ts';
import type { JsonLimits } from './api/jsonBody.ts';
import { partnerApi } from './api/partnerApi.ts';
import { partnerOperations } from './api/partnerOperations.ts';
import { recordingDownload } from './api/recordingDownload.ts';
import { Bindings } from './bindings/Bindings.ts';
import { ExpiredBindingSweeper } from './bindings/ExpiredBindingSweeper.ts';
import { PlaceSearch } from './bindings/PlaceSearch.ts';
import type { Config } from './config.ts';
import { apiInfo } from './openapi/apiInfo.ts';
import { documentRoutes } from './openapi/documentRoutes.ts';
import type { Stores } from './openStores.ts';
import type { RecordingSource } from './recordings/OpenRecording.ts';
import type { Context } from './servers.ts';
import type { Seeing } from './startDetails.ts';
import { startGate } from './startGate.ts';
import type { Journaling } from './startJournal.ts';
import { askToStop } from './store/callStops.ts';
import type { Metrics } from './telemetry/metrics.ts';

const clock = Date.now;
const KB = 1024;

/** The partner and admin API over HTTP, and over HTTPS when there is a certificate. */
export async function startApi(
  context: Context,
  stores: Stores,
  { pusher, nodeId, life }: Pick<Journaling, 'pusher' | 'nodeId' | 'life'>,
  seeing: Seeing,
  recordings: RecordingSource,
  tls: TlsIdentity | undefined,
  metrics: Metrics,
): Promise<ListeningPorts> {
  const { config, logger, dataDir, parts } = context;
  const { sql, sealer, changes, table, platform, blackList } = stores;
  const announcementsDir = join(dataDir, 'announcements');
  mkdirSync(announcementsDir, { recursive: true });
  const isOperator = await loadTokenCheck({
    sql,
    setting: config.AXBRIDGE_ADMIN_TOKEN,
    show: (token) => process.stderr.write(`\nOperator token, shown this once: ${token}\n\n`),
  });
  const places = await PlaceSearch.load();
  const bindings = new Bindings({ sql, sealer, changes, places, clock });
  parts.defer(() => bindings.idle());
  const sweeper = new ExpiredBindingSweeper({ sql, log: logger, clock, duties: stores.duties });
  sweeper.start();
  parts.defer(() => sweeper.stop());
  const { gate, blocks } = await startGate(context, stores, nodeId);
  const sign = (text: string) => sealer.sign(text);
  const server = new HttpServer({
    log: logger,
    host: config.AXBRIDGE_HTTP_HOST,
    port: config.AXBRIDGE_HTTP_PORT,
    sharesPorts: config.AXBRIDGE_PROCESSES > 1,
    tls: tls === undefined ? undefined : { port: config.AXBRIDGE_TLS_PORT, identity: tls },
    trustedProxies: config.AXBRIDGE_TRUSTED_PROXIES,
    connectionsOfOneAddress: config.AXBRIDGE_HTTP_CONNECTIONS,
    routes: async (fastify) => {
      await partnerApi(fastify, {
        gate,
        json: jsonLimits(config),
        bindings,
        stopCall: (appKey, sessionId) => askToStop(sql, changes, appKey, sessionId),
        recordings: { sql, recordings, sign, publicUrl: config.AXBRIDGE_PUBLIC_URL, clock },
        log: logger,
        onRefused: (reason) => metrics.partnerRefused(reason),
      });
      await recordingDownload(fastify, { recordings, sign, log: logger, clock });
      if (config.AXBRIDGE_API_DOCS === 'on') {
        const others = [downloadOperations, adminOperations];
        await documentRoutes(fastify, { info: apiInfo(), partner: partnerOperations, others });
      }
      await adminApi(fastify, {
        sql,
        sealer,
        changes,
        bindings,
        table,
        platform,
        blackList,
        blocks,
        handsets: stores.handsets,
        announcementsDir,
        reviewsAnnouncements: config.AXBRIDGE_ANNOUNCEMENT_REVIEW === 'on',
        isOperator,
        life,
        ladderOf: (sessionId) => seeing?.details.soFar(sessionId),
        sendFiled: (appKey) => pusher.sendFiled(appKey),
        resend: (search) => pusher.resend(search),
        log: logger,
        clock,
      });
    },
  });
  const ports = await server.listen();
  parts.defer(() => server.close());
  return ports;
}

function jsonLimits(config: Config): JsonLimits {
  return { largestBody: config.AXBRIDGE_BODY_KB * KB, deepest: config.AXBRIDGE_JSON_DEPTH };
}
