import { AdminClient } from '../test/kit/AdminClient.ts';
import { Application } from '../test/kit/Application.ts';
import { type ToldCall, toldCalls } from '../test/kit/customer.ts';
import { PartnerClient, type PartnerReply } from '../test/kit/PartnerClient.ts';
import { Phone } from '../test/kit/Phone.ts';
import { WebhookSink } from '../test/kit/WebhookSink.ts';
import type { Checklist } from './Checklist.ts';
import type { Paint } from './Paint.ts';
import { type Person, voiceOf } from './people.ts';
import { LANGUAGE } from './sounds.ts';

const REQUEST_COLUMNS = 46;
const STORY_PATIENCE_MS = 10_000;

/** A number of the platform's, and what the story calls it. */
export interface Numbered {
  readonly name: string;
  readonly number: string;
}

/** The customer of a story, and his client of the partner API. */
export interface Customer {
  readonly appKey: string;
  readonly appSecret: string;
  readonly partner: PartnerClient;
}

/** Everything that a story needs, running: axbridge, a customer's server, and the phones of two carriers. */
export class Stage {
  readonly paint: Paint;
  readonly list: Checklist;
  readonly application: Application;
  readonly sink: WebhookSink;
  readonly admin: AdminClient;
  /** The phones of all who dial, at the carrier whose calls come in. */
  readonly callers: Phone;
  /** The phones of all who are rung, at the carrier to which calls go out. */
  readonly callees: Phone;
  /** Draws what happens beside the wires into the scene that plays. */
  note: (text: string) => void = () => undefined;
  /** Sessions of which a story has taken note. */
  readonly #noted = new Set<string>();

  private constructor(
    parts: Pick<Stage, 'paint' | 'list' | 'application' | 'sink' | 'admin' | 'callers' | 'callees'>,
  ) {
    this.paint = parts.paint;
    this.list = parts.list;
    this.application = parts.application;
    this.sink = parts.sink;
    this.admin = parts.admin;
    this.callers = parts.callers;
    this.callees = parts.callees;
  }

  /** Starts axbridge on free ports with a throw-away database, the customer's server and the phones. */
  static async set(paint: Paint, list: Checklist): Promise<Stage> {
    const began = Date.now();
    const application = await Application.start({ env: { AXBRIDGE_LANGUAGE: LANGUAGE } });
    const { sip, http, ops, dataDir, adminToken } = application;
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    paint.line(` PostgreSQL, SIP server, media server and axbridge are up after ${seconds} s`);
    paint.line(paint.in('dim', ` SIP ${sip.host}:${sip.port}   ${http}   ${ops}/metrics`));
    paint.line(paint.in('dim', ` data ${dataDir}`));
    const [sink, callers, callees] = await Promise.all([
      WebhookSink.start(),
      Phone.start({ name: 'the calling phone', toneHz: voiceOf }),
      Phone.start({ name: 'the called phone', toneHz: voiceOf }),
    ]);
    callers.dialVia(sip);
    const admin = new AdminClient(http, adminToken);
    return new Stage({ paint, list, application, sink, admin, callers, callees });
  }

  /** An application of this mode with its numbers and a trunk, made through the admin API as an operator would. */
  async newCustomer(
    mode: string,
    numbers: readonly Numbered[],
    app: Readonly<Record<string, unknown>> = {},
  ): Promise<Customer> {
    const { admin, application, callees, sink } = this;
    const { appKey, appSecret } = await admin.createApp({
      name: 'ride',
      mode,
      statusUrl: `${sink.url}/status`,
      feeUrl: `${sink.url}/fee`,
      ...app,
    });
    this.told('POST /admin/v1/apps', `${mode}, appKey ${appKey}`);
    for (const { name, number } of numbers) {
      await admin.addNumber(appKey, number);
      this.told('POST /admin/v1/numbers', `${name} ${number} (Hangzhou)`);
    }
    const { host, port } = callees;
    const sources = ['127.0.0.1/32'];
    await admin.addTrunk({ name: 'carrier-a', host, port, transport: 'udp', sources });
    this.told('POST /admin/v1/trunks', `carrier-a at ${host}:${port}`);
    return { appKey, appSecret, partner: new PartnerClient(application.http, appKey, appSecret) };
  }

  /** A file of the operator's. */
  async addAnnouncement(name: string, wav: Buffer): Promise<void> {
    await this.admin.addAnnouncement(name, wav);
    this.told('POST /admin/v1/announcements', name);
  }

  /** A request of the customer's; `what` it is for, in a few words. @throws Error when it is refused */
  async asked(request: string, what: string, reply: Promise<PartnerReply>): Promise<PartnerReply['body']> {
    const { body } = await reply;
    if (body.resultcode !== '0') throw new Error(`${request}: ${JSON.stringify(body)}`);
    this.told(request, what);
    return body;
  }

  /** What the customer's server was told of this person's next call, once that is complete; undefined: not in time. */
  async storyOf(caller: Person, x: string): Promise<ToldCall | undefined> {
    const complete = (): ToldCall | undefined =>
      toldCalls(this.sink).find(
        ({ sessionId, events, records }) =>
          !this.#noted.has(sessionId) &&
          records.some(({ fields }) => fields.callerNum === caller.number && fields.bindNum === x) &&
          events.some(({ eventType }) => eventType === 'disconnect'),
      );
    await this.sink.waitFor(() => complete() !== undefined, STORY_PATIENCE_MS).catch(() => undefined);
    const told = complete();
    if (told !== undefined) this.#noted.add(told.sessionId);
    return told;
  }

  async close(): Promise<void> {
    await this.application.stop();
    await Promise.all([this.callers.close(), this.callees.close(), this.sink.close()]);
  }

  /** Says what was asked of axbridge, and what came of it. */
  told(request: string, answer: string): void {
    const { paint } = this;
    paint.line(` ${paint.in('cyan', request.padEnd(REQUEST_COLUMNS))} ${paint.in('dim', '→')} ${answer}`);
  }
}
