import type { AdminClient } from './AdminClient.ts';
import { PartnerClient } from './PartnerClient.ts';

export type TenantMode = 'AXB' | 'AX' | 'AXE' | 'AXYB' | 'X';

type Fields = Readonly<Record<string, unknown>>;

/** Two people and the X between them. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly x: string;
  readonly subscriptionId: string;
}

/** A person and his X (AX); a stranger to both is somebody else. */
export interface Owned {
  readonly a: string;
  readonly x: string;
  readonly subscriptionId: string;
  /** A number that nobody has bound. */
  readonly stranger: string;
}

/** A person behind an extension of an X (AXE). */
export interface Extended extends Owned {
  readonly extension: string;
}

/** Two people, each behind a number for the other one (AXYB). */
export interface Crossed extends Pair {
  readonly y: string;
}

/** Numbers that nobody else in a test has. */
export class NumberPlan {
  #next = 0;

  /** The numbers of two people and an X. */
  next(): { a: string; b: string; x: string } {
    this.#next += 1;
    const digits = String(this.#next).padStart(4, '0');
    return { a: `+861390001${digits}`, b: `+861390002${digits}`, x: `+861700000${digits}` };
  }
}

/** A customer of the platform: his application, his X numbers and what he binds through the partner API. */
export class Tenant {
  readonly appKey: string;
  readonly appSecret: string;
  readonly mode: TenantMode;
  readonly partner: PartnerClient;
  readonly #admin: AdminClient;
  readonly #numbers: NumberPlan;

  private constructor(admin: AdminClient, partner: PartnerClient, numbers: NumberPlan, app: MadeApp) {
    this.#admin = admin;
    this.#numbers = numbers;
    this.partner = partner;
    this.appKey = app.appKey;
    this.appSecret = app.appSecret;
    this.mode = app.mode;
  }

  /** @param fields what the operator sets of the application; `mode` is AXB unless it says otherwise */
  static async create(
    admin: AdminClient,
    http: string,
    numbers: NumberPlan,
    { mode = 'AXB', ...fields }: Fields & { readonly mode?: TenantMode },
  ): Promise<Tenant> {
    const made = await admin.createApp({ name: 'ride', mode, ...fields });
    const partner = new PartnerClient(http, made.appKey, made.appSecret);
    return new Tenant(admin, partner, numbers, { ...made, mode });
  }

  /** Changes the application. */
  async change(fields: Fields): Promise<void> {
    await this.#admin.send('PATCH', `/apps/${this.appKey}`, fields);
  }

  /** The number of somebody whom nobody has bound. */
  person(): string {
    return this.#numbers.next().b;
  }

  /** A new X of the application, bound to nobody. */
  async addX(x = this.#numbers.next().x): Promise<string> {
    await this.#admin.addNumber(this.appKey, x);
    return x;
  }

  /** A new X, and two people bound on it; strangers to all others unless named. @throws Error when it is refused */
  async bind(terms: Fields = {}, people: { readonly a?: string; readonly b?: string } = {}): Promise<Pair> {
    const { a, b, x } = { ...this.#numbers.next(), ...people };
    await this.addX(x);
    const { body } = await this.partner.bind(a, b, { relationNum: x, ...terms });
    return { a, b, x, subscriptionId: String(accepted(body).subscriptionId) };
  }

  /** AX: a new X for a new A. @throws Error when it is refused */
  async bindAx(terms: Fields = {}): Promise<Owned> {
    const { a, b: stranger, x } = this.#numbers.next();
    await this.addX(x);
    const { body } = await this.partner.bindAx(a, { privateNum: x, ...terms });
    return { a, stranger, x, subscriptionId: String(accepted(body).subscriptionId) };
  }

  /** AX: whom A reaches with the next call. @throws Error when it is refused */
  async setTemporaryCallee({ x }: Pick<Owned, 'x'>, callee: string, terms: Fields = {}): Promise<void> {
    accepted((await this.partner.setTemporaryCallee(callee, { privateNum: x, ...terms })).body);
  }

  /** AXE: an extension for a new A, of a new X unless one is named. @throws Error when it is refused */
  async bindAxe(terms: Fields = {}, { x: given }: Partial<Pick<Owned, 'x'>> = {}): Promise<Extended> {
    const { a, b: stranger, x: fresh } = this.#numbers.next();
    const x = given ?? (await this.addX(fresh));
    const { body } = await this.partner.bindAxe(a, { virtualNum: x, ...terms });
    const { subscriptionId, extendNum } = accepted(body);
    return { a, stranger, x, subscriptionId: String(subscriptionId), extension: String(extendNum) };
  }

  /**
   * AXYB: A behind a new X for B, B behind a new Y for A.
   * @param ofB terms of the second part
   * @throws Error when it is refused
   */
  async bindAxyb(terms: Fields = {}, ofB: Fields = {}): Promise<Crossed> {
    const { a, b } = this.#numbers.next();
    const areaCode = '0571';
    for (const { x } of [this.#numbers.next(), this.#numbers.next()]) await this.addX(x);
    const first = accepted((await this.partner.bindAxyb(a, { areaCode, ...terms })).body);
    const subscriptionId = String(first.subscriptionId);
    const second = accepted((await this.partner.bindAxyb(b, { subscriptionId, areaCode, ...ofB })).body);
    return { a, b, x: String(first.relationNumber), y: String(second.relationNumber), subscriptionId };
  }
}

interface MadeApp {
  readonly appKey: string;
  readonly appSecret: string;
  readonly mode: TenantMode;
}

/** The answer of the partner API. @throws Error when it is not a success */
function accepted<Body extends { readonly resultcode: string }>(body: Body): Body {
  if (body.resultcode !== '0') throw new Error(`refused: ${JSON.stringify(body)}`);
  return body;
}
