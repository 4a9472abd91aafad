import { randomBytes } from 'node:crypto';
import { Bindings } from '../../src/bindings/Bindings.ts';
import { PlaceSearch } from '../../src/bindings/PlaceSearch.ts';
import { type App, insertApp, type NewApp } from '../../src/store/apps.ts';
import { Changes } from '../../src/store/changes.ts';
import type { Sql } from '../../src/store/database.ts';
import { getNumber, insertNumbers } from '../../src/store/numbers.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

export const START = Date.parse('2026-03-01T00:00:00Z');

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: console.error };

/** The bindings of two nodes on a database of their own, with a clock that stands until it is moved. */
export class BindingsUnderTest {
  readonly sql: Sql;
  readonly url: string;
  readonly nodes: readonly [Bindings, Bindings];
  /** The numbers that the first node told its own caches of, oldest first. */
  readonly told: string[] = [];
  now = START;
  readonly #sealer = new Sealer(randomBytes(32));
  readonly #close: () => Promise<void>;
  #people = 0;
  #numbers = 0;

  private constructor(sql: Sql, url: string, places: PlaceSearch, close: () => Promise<void>) {
    this.sql = sql;
    this.url = url;
    this.#close = close;
    const changes = new Changes({ url, log });
    changes.onChange(({ numbers = [] }) => this.told.push(...numbers));
    this.nodes = [this.#node(changes, places), this.#node(new Changes({ url, log }), places)];
  }

  static async start(): Promise<BindingsUnderTest> {
    const { sql, url, close } = await createTestDatabase();
    return new BindingsUnderTest(sql, url, await PlaceSearch.load(), close);
  }

  close(): Promise<void> {
    return this.#close();
  }

  async addApp(mode: App['mode'], more: Partial<NewApp> = {}): Promise<App> {
    return (await insertApp(this.sql, this.#sealer, { name: 'ride', mode, ...more })).app;
  }

  async addNumbers(app: App, count: number, areaCode = ''): Promise<string[]> {
    const numbers = Array.from({ length: count }, () => ({
      number: `+86170${String(++this.#numbers).padStart(8, '0')}`,
      areaCode,
    }));
    await insertNumbers(this.sql, app.appKey, numbers);
    return numbers.map(({ number }) => number);
  }

  /** A number that nobody else has. */
  person(): string {
    return `+86138${String(++this.#people).padStart(8, '0')}`;
  }

  /** What `numbers.bindings` says of an X. */
  async loadOf(x: string): Promise<number | undefined> {
    return (await getNumber(this.sql, x))?.bindings;
  }

  /** Notes who called last, as a call does. */
  async remember(app: App, x: string, extension = ''): Promise<void> {
    await this.sql`
      INSERT INTO call_backs (app_key, x, extension, caller_sealed)
      VALUES (${app.appKey}, ${x}, ${extension}, ${this.#sealer.seal(this.person())})`;
  }

  /** How many callers are remembered on an X. */
  async remembered(x: string): Promise<number> {
    const [row] = await this.sql<{ count: number }[]>`SELECT count(*)::int FROM call_backs WHERE x = ${x}`;
    return row?.count ?? 0;
  }

  /** Whether every number of an application carries as many bindings as its count says. */
  async isCountedRight(app: App): Promise<boolean> {
    const wrong = await this.sql`
      SELECT number FROM numbers n
      WHERE n.app_key = ${app.appKey} AND (n.bindings <> (SELECT count(*) FROM ax_bindings b WHERE b.x = n.number)
        + (SELECT count(*) FROM axe_bindings b WHERE b.x = n.number)
        + (SELECT count(*) FROM axyb_bindings b WHERE b.x = n.number)
        + (SELECT count(*) FROM axyb_relations r WHERE r.y = n.number)
      OR n.as_y <> EXISTS (SELECT FROM axyb_relations r WHERE r.y = n.number))`;
    return wrong.length === 0;
  }

  #node(changes: Changes, places: PlaceSearch): Bindings {
    return new Bindings({ sql: this.sql, sealer: this.#sealer, changes, places, clock: () => this.now });
  }
}

/** How many of some attempts succeeded, and the codes of those that were refused. */
export async function outcomesOf(
  attempts: readonly Promise<unknown>[],
): Promise<{ made: number; refused: string[] }> {
  const settled = await Promise.allSettled(attempts);
  const refused = settled.flatMap((each) => (each.status === 'rejected' ? [codeOf(each.reason)] : []));
  return { made: settled.length - refused.length, refused: [...new Set(refused)] };
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  throw error;
}
