import type { AdminClient } from './AdminClient.ts';
import { Application, type ApplicationOptions } from './Application.ts';
import { type ToldCall, toldOf } from './customer.ts';
import type { IncomingCall } from './IncomingCall.ts';
import type { OutgoingCall } from './OutgoingCall.ts';
import type { PartnerClient } from './PartnerClient.ts';
import { Phone, type PhoneOptions } from './Phone.ts';
import { NumberPlan, type Pair, Tenant, type TenantMode } from './Tenant.ts';
import { WebhookSink } from './WebhookSink.ts';

export type { Pair } from './Tenant.ts';

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
  /** The customer's application, of mode AXB. */
  readonly app: Tenant;
  readonly #numbers: NumberPlan;

  private constructor(
    parts: Pick<Scenario, 'application' | 'sink' | 'anna' | 'ben' | 'app'>,
    numbers: NumberPlan,
  ) {
    this.application = parts.application;
    this.sink = parts.sink;
    this.anna = parts.anna;
    this.ben = parts.ben;
    this.app = parts.app;
    this.#numbers = numbers;
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
    const numbers = new NumberPlan();
    const made = await Tenant.create(admin, application.http, numbers, { ...addressesOf(sink), ...app });
    if (trunk) {
      await admin.addTrunk({
        name: 'carrier-a',
        host: bensPhone.host,
        port: bensPhone.port,
        transport: ben?.transport ?? 'udp',
        sources: ['127.0.0.0/8'],
      });
    }
    return new Scenario({ application, sink, anna: annasPhone, ben: bensPhone, app: made }, numbers);
  }

  get admin(): AdminClient {
    return this.application.admin;
  }

  get partner(): PartnerClient {
    return this.app.partner;
  }

  /** Another customer of this mode, who is told at the same addresses. */
  tenant(mode: TenantMode, fields: Readonly<Record<string, unknown>> = {}): Promise<Tenant> {
    const app = { ...addressesOf(this.sink), ...fields, mode };
    return Tenant.create(this.admin, this.application.http, this.#numbers, app);
  }

  /** A new X, and two people bound on it; strangers to all others unless named. @throws Error when it is refused */
  bind(
    terms: Readonly<Record<string, unknown>> = {},
    people: { readonly a?: string; readonly b?: string } = {},
  ): Promise<Pair> {
    return this.app.bind(terms, people);
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

function addressesOf(sink: WebhookSink): { statusUrl: string; feeUrl: string } {
  return { statusUrl: `${sink.url}/status`, feeUrl: `${sink.url}/fee` };
}
