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
