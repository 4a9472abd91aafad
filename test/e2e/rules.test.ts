import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PARTNER_ERRORS, type PartnerErrorName } from '../../src/api/errorCodes.ts';
import { Application } from '../kit/Application.ts';
import { PartnerClient, type PartnerReply } from '../kit/PartnerClient.ts';
import { NumberPlan, Tenant } from '../kit/Tenant.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { Ledger } from './rules/Ledger.ts';
import { brokenRules } from './rules/rules.ts';
import { BOUND_MODES, type BoundMode, type Player, TURNS } from './rules/turns.ts';

const CLIENTS = 200;
/** How long they go on. The issue asks for a minute; a few seconds keep the daily run short. */
const SECONDS = Number(process.env.AXBRIDGE_TEST_CLIENTS_SECONDS ?? 4);
/**
 * How long the slowest request may take, milliseconds. Held to a second on a quiet machine with a disk of its own; elsewhere a
 * commit alone may wait for that long. What takes five is a fault anywhere.
 */
const SLOWEST_MS = Number(process.env.AXBRIDGE_TEST_SLOWEST_MS ?? 5000);
/** Between two looks at the rules: each reads all that is bound. */
const LOOK_EVERY_MS = 100;

/** X numbers and people of each mode: few, so that everything runs out and everybody is in everybody's way. */
const POOLS: Readonly<Record<BoundMode, { readonly numbers: number; readonly people: number }>> = {
  AXB: { numbers: 5, people: 40 },
  AX: { numbers: 20, people: 8 },
  AXE: { numbers: 5, people: 20 },
  AXYB: { numbers: 20, people: 8 },
};

/** Nine extensions an X. */
const OF_MODE: Readonly<Partial<Record<BoundMode, object>>> = { AXE: { extensionDigits: 1 } };

/** The rules that may forbid what was asked. Anything else is a failure. */
const RULES: readonly PartnerErrorName[] = [
  ...(['number-already-bound', 'no-free-x', 'no-such-record', 'x-taken', 'binding-exists'] as const),
  ...(['too-many-x', 'no-free-private-number', 'no-such-binding', 'no-free-extension'] as const),
];
const EXPECTED: ReadonlySet<string> = new Set(['0', ...RULES.map((name) => PARTNER_ERRORS[name].code)]);

let database: TestDatabase;
let nodes: [Application, Application];

beforeAll(async () => {
  database = await createTestDatabase({ max: 1 });
  const node = (name: string, sealKey: string) =>
    Application.start({
      database: database.url,
      env: { AXBRIDGE_NODE_ID: name, AXBRIDGE_SEAL_KEY: sealKey },
    });
  const sealKey = randomBytes(32).toString('base64');
  nodes = [await node('one', sealKey), await node('two', sealKey)];
});

afterAll(async () => {
  await Promise.all((nodes ?? []).map((node) => node.stop()));
  await database?.close();
});

/** What was asked, how it went, and how long the slowest of it took. */
class Tally {
  slowestMs = 0;
  slowestMode: BoundMode | undefined;
  requests = 0;
  readonly byCode = new Map<string, number>();
  /** Answers that are neither a success nor a rule. */
  readonly unexpected = new Set<string>();

  take(mode: BoundMode, { resultcode: code, resultdesc }: PartnerReply['body'], tookMs: number): void {
    this.requests += 1;
    if (tookMs > this.slowestMs) {
      this.slowestMs = tookMs;
      this.slowestMode = mode;
    }
    this.byCode.set(code, (this.byCode.get(code) ?? 0) + 1);
    if (!EXPECTED.has(code)) this.unexpected.add(`${mode}: ${code} ${resultdesc}`);
  }
}

describe('200 clients at two nodes that bind, modify and unbind at random, in every mode, on a few numbers', () => {
  it(
    `break no rule at any moment of ${SECONDS} seconds, and get no fault`,
    async () => {
      const plan = new NumberPlan();
      const tenants = new Map<BoundMode, { tenant: Tenant; player: Omit<Player, 'partner'> }>();
      for (const mode of BOUND_MODES) {
        const { admin, http } = nodes[0];
        const tenant = await Tenant.create(admin, http, plan, { mode, ...OF_MODE[mode] });
        const numbers: string[] = [];
        for (let count = 0; count < POOLS[mode].numbers; count++) numbers.push(await tenant.addX());
        const people = Array.from({ length: POOLS[mode].people }, () => tenant.person());
        tenants.set(mode, { tenant, player: { numbers, people, ledger: new Ledger() } });
      }
      const clients = nodes.flatMap((node) =>
        [...tenants].map(([mode, { tenant, player }]) => ({
          mode,
          player: { ...player, partner: new PartnerClient(node.http, tenant.appKey, tenant.appSecret) },
        })),
      );

      const tally = new Tally();
      const until = performance.now() + SECONDS * 1000;
      const play = async ({ mode, player }: { mode: BoundMode; player: Player }): Promise<void> => {
        while (performance.now() < until) {
          const askedAt = performance.now();
          const { body } = await TURNS[mode](player);
          tally.take(mode, body, performance.now() - askedAt);
        }
      };
      let looks = 0;
      const watch = async (): Promise<void> => {
        while (performance.now() < until) {
          expect(await brokenRules(database.sql)).toEqual([]);
          looks += 1;
          await setTimeout(LOOK_EVERY_MS);
        }
      };
      const playing = Array.from({ length: CLIENTS }, (_, nth) => clients[nth % clients.length]);
      await Promise.all([
        watch(),
        ...playing.flatMap((client) => (client === undefined ? [] : play(client))),
      ]);

      const seen = [...tally.byCode]
        .toSorted(([, a], [, b]) => b - a)
        .map(([code, count]) => `${code} ×${count}`);
      console.log(
        `${CLIENTS} clients: ${tally.requests} requests in ${SECONDS} s, the slowest ${Math.round(tally.slowestMs)} ms (${tally.slowestMode}); ` +
          `the rules were read ${looks} times; ${seen.join(', ')}`,
      );
      expect([...tally.unexpected]).toEqual([]);
      expect(await brokenRules(database.sql)).toEqual([]);
      for (const { tenant, player } of tenants.values()) {
        expect(await player.ledger.differences(database.sql, tenant.appKey)).toEqual([]);
      }
      // Each mode had something to bind, to refuse and to end.
      expect(tally.byCode.size).toBeGreaterThan(RULES.length / 2);
      expect(looks).toBeGreaterThan(SECONDS / 4);
      expect(tally.slowestMs).toBeLessThan(SLOWEST_MS);
    },
    (SECONDS + 60) * 1000,
  );
});
