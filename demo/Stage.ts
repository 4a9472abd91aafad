import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AdminClient } from '../test/kit/AdminClient.ts';
import { Application } from '../test/kit/Application.ts';
import { PartnerClient } from '../test/kit/PartnerClient.ts';
import { Phone } from '../test/kit/Phone.ts';
import { WebhookSink } from '../test/kit/WebhookSink.ts';
import type { Paint } from './Paint.ts';

/** The people of the demo. Their tones are their voices. */
export const ANNA = { number: '+8613900001001', hertz: 440 } as const;
export const BEN = { number: '+8613900001002', hertz: 660 } as const;
export const X = '+8617000005001';

const HINT = 'record-hint.wav';
const HINT_FILE = join(import.meta.dirname, '..', 'freeswitch-conf', 'sounds', 'en', HINT);

/** Everything that one masked call needs, running, with a binding between Anna and Ben. */
export interface Stage {
  readonly application: Application;
  readonly sink: WebhookSink;
  readonly anna: Phone;
  readonly ben: Phone;
  readonly admin: AdminClient;
  readonly appKey: string;
  readonly appSecret: string;
  readonly subscriptionId: string;
  close(): Promise<void>;
}

/**
 * Starts axbridge on free ports with a throw-away database, a customer's server and two phones, and makes an
 * application, an X, a trunk and a binding through the HTTP APIs, as an operator and a customer would.
 */
export async function setStage(paint: Paint): Promise<Stage> {
  const began = Date.now();
  const [application, sink, anna, ben] = await Promise.all([
    Application.start(),
    WebhookSink.start(),
    Phone.start({ name: 'Anna', toneHz: ANNA.hertz }),
    Phone.start({ name: 'Ben', toneHz: BEN.hertz }),
  ]);
  const close = async (): Promise<void> => {
    await application.stop();
    await Promise.all([anna.close(), ben.close(), sink.close()]);
  };
  try {
    const { sip, http, ops, dataDir } = application;
    paint.line(` PostgreSQL, SIP server, media server and axbridge are up after ${secondsSince(began)} s`);
    paint.line(paint.in('dim', ` SIP ${sip.host}:${sip.port}   ${http}   ${ops}/metrics`));
    paint.line(paint.in('dim', ` data ${dataDir}`));
    anna.dialVia(sip);
    return { application, sink, anna, ben, close, ...(await setUp(paint, application, sink, ben)) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function setUp(paint: Paint, application: Application, sink: WebhookSink, ben: Phone) {
  const admin = new AdminClient(application.http, application.adminToken);
  const told = (request: string, answer: string): void => {
    paint.line(` ${paint.in('cyan', request.padEnd(44))} ${paint.in('dim', '→')} ${answer}`);
  };
  const { appKey, appSecret } = await admin.createApp({
    name: 'ride',
    mode: 'AXB',
    recording: true,
    statusUrl: `${sink.url}/status`,
    feeUrl: `${sink.url}/fee`,
  });
  told('POST /admin/v1/apps', `appKey ${appKey}`);
  await admin.addNumber(appKey, X);
  told('POST /admin/v1/numbers', `X ${X} (Hangzhou)`);
  await admin.addTrunk({
    name: 'carrier-a',
    host: ben.host,
    port: ben.port,
    transport: 'udp',
    sources: ['127.0.0.1/32'],
  });
  told('POST /admin/v1/trunks', `carrier-a at ${ben.host}:${ben.port}`);
  await admin.addAnnouncement(HINT, readFileSync(HINT_FILE));
  told('POST /admin/v1/announcements', HINT);
  const bound = await new PartnerClient(application.http, appKey, appSecret).bind(ANNA.number, BEN.number, {
    relationNum: X,
    recordFlag: 'true',
    recordHintTone: HINT,
    userData: 'order-77',
  });
  if (bound.body.resultcode !== '0') throw new Error(`bind: ${JSON.stringify(bound.body)}`);
  const subscriptionId = String(bound.body.subscriptionId);
  told('POST /rest/caas/relationnumber/partners/v1.0', 'Anna and Ben on X, by X-AKSK');
  return { admin, appKey, appSecret, subscriptionId };
}

function secondsSince(began: number): string {
  return ((Date.now() - began) / 1000).toFixed(1);
}
