import type { AdminClient } from './AdminClient.ts';
import { Application, type ApplicationOptions } from './Application.ts';
import { type ToldCall, toldOf } from './customer.ts';
import type { IncomingCall } from './IncomingCall.ts';
import type { OutgoingCall } from './OutgoingCall.ts';
import { PartnerClient } from './PartnerClient.ts';
import { Phone, type PhoneOptions } from './Phone.ts';
import { WebhookSink } from './WebhookSink.ts';

/** Two people and the X between them. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly x: string;
  readonly subscriptionId: string;
}

/** A pair in a call, and what each phone holds of it. */
export interface TalkingPair {
  readonly pair: Pair;
  readonly atAnna: OutgoingCall;
  readonly atBen: IncomingCall;
}

export interface ScenarioOptions extends ApplicationOptions {
  readonly anna?: Partial<PhoneOptions>;
  readonly ben?: Partial<PhoneOptions>;
  /** Fields of the customer's application beyond name, mode and addresses. */
  readonly app?: Readonly<Record<string, unknown>>;
  /** False leaves the application without trunks. */
  readonly trunk?: boolean;
}

/** Settings that only make a test wait less. */
const IN_A_HURRY = { AXBRIDGE_RECORD_MERGE_MS: '50', AXBRIDGE_DRAIN_SECONDS: '2' };

export const ANNA_HZ = 440;
export const BEN_HZ = 660;

/**
 * A whole small world: axbridge as a process, a customer with a server of his own, Anna's carrier and Ben's. Bindings
 * are made through the partner API, everything else through the admin API.
 */
export class Scenario {
  readonly application: Application;
  readonly sink: WebhookSink;
  readonly anna: Phone;
  readonly ben: Phone;
  readonly app: { readonly appKey: string; readonly appSecret: string };
  #pairs = 0;

  private constructor(parts: Pick<Scenario, 'application' | 'sink' | 'anna' | 'ben' | 'app'>) {
    this.application = parts.application;
    this.sink = parts.sink;
    this.anna = parts.anna;
    this.ben = parts.ben;
    this.app = parts.app;
  }

  static async start({ anna, ben, app, trunk = true, ...options }: ScenarioOptions = {}): Promise<Scenario> {
    const [application, sink, annasPhone, bensPhone] = await Promise.all([
      Application.start({ ...options, env: { ...IN_A_HURRY, ...options.env } }),
      WebhookSink.start(),
      Phone.start({ name: 'Anna', toneHz: ANNA_HZ, ...anna }),
      Phone.start({ name: 'Ben', toneHz: BEN_HZ, ...ben }),
    ]);
    annasPhone.dialVia(application.sip);
    const { admin } = application;
    const made = await admin.createApp({
      name: 'ride',
      mode: 'AXB',
      statusUrl: `${sink.url}/status`,
      feeUrl: `${sink.url}/fee`,
      ...app,
    });
    if (trunk) {
      await admin.addTrunk({
        name: 'carrier-a',
        host: bensPhone.host,
        port: bensPhone.port,
        transport: ben?.transport ?? 'udp',
        sources: ['127.0.0.0/8'],
      });
    }
    return new Scenario({ application, sink, anna: annasPhone, ben: bensPhone, app: made });
  }

  get admin(): AdminClient {
    return this.application.admin;
  }

  get partner(): PartnerClient {
    return new PartnerClient(this.application.http, this.app.appKey, this.app.appSecret);
  }

  /** A new X, and two people bound on it; strangers to all others unless named. @throws Error when it is refused */
  async bind(
    terms: Readonly<Record<string, unknown>> = {},
    people: { readonly a?: string; readonly b?: string } = {},
  ): Promise<Pair> {
    this.#pairs += 1;
    const digits = String(this.#pairs).padStart(4, '0');
    const { a = `+861390001${digits}`, b = `+861390002${digits}` } = people;
    const x = `+861700000${digits}`;
    await this.admin.addNumber(this.app.appKey, x);
    const { body } = await this.partner.bind(a, b, { relationNum: x, ...terms });
    if (body.resultcode !== '0') throw new Error(`bind was refused: ${JSON.stringify(body)}`);
    return { a, b, x, subscriptionId: String(body.subscriptionId) };
  }

  /** Anna dials X. */
  dial(pair: Pick<Pair, 'a' | 'x'>): Promise<OutgoingCall> {
    return this.anna.call(pair.x, { from: pair.a });
  }

  /** Anna dials X, Ben's phone rings, Ben answers, both sides are connected. */
  async talk(terms: Readonly<Record<string, unknown>> = {}): Promise<TalkingPair> {
    return this.talkOn(await this.bind(terms));
  }

  /** As `talk`, on a pair that is bound already. */
  async talkOn(pair: Pair): Promise<TalkingPair> {
    const atAnna = await this.dial(pair);
    const atBen = await this.ben.nextCall();
    atBen.ring();
    await atAnna.progress.when(({ status }) => status === 180 || status === 183);
    await Promise.all([atBen.answer(), atAnna.answered]);
    return { pair, atAnna, atBen };
  }

  /** What the customer was told of calls on this X, once that is complete. */
  told(x: string, options?: { count?: number; patienceMs?: number }): Promise<readonly ToldCall[]> {
    return toldOf(this.sink, x, options);
  }

  async close(): Promise<void> {
    await this.application.stop();
    await Promise.all([this.anna.close(), this.ben.close(), this.sink.close()]);
  }
}
