import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { childNamed, residentMib } from '../../bench/processCpu.ts';
import { eventually } from '../kit/eventually.ts';
import type { IncomingCall } from '../kit/IncomingCall.ts';
import { type Pair, Scenario, type ScenarioOptions } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

/**
 * What an attack may cost at its end: transactions live for 32 seconds (RFC 3261 17.2.1), 300 a second of strangers, and
 * Node takes its time with what is garbage.
 */
const MOST_GROWTH_MIB = 300;
/** Connections that come and go by themselves: to the database, to the customer's server. */
const MOST_MORE_DESCRIPTORS = 12;

export const onRealServer = process.env.AXBRIDGE_DRACHTIO !== undefined;

interface Figures {
  readonly descriptors: number;
  readonly mib: number;
}

/**
 * A whole axbridge with one trunk, which is attacked: what its calls, its memory and its descriptors must be like afterwards.
 * Its trunk takes only 127.0.0.1; attackers have other addresses of 127.0.0.0/8.
 */
export class Besieged {
  readonly scenario: Scenario;
  readonly #pids: readonly number[];
  readonly #before: readonly Figures[];

  private constructor(scenario: Scenario) {
    this.scenario = scenario;
    const { pid } = scenario.application;
    this.#pids = onRealServer ? [pid] : [pid, childNamed(pid, 'drachtio/process')];
    this.#before = this.#figures();
  }

  static async start(options: ScenarioOptions = {}): Promise<Besieged> {
    const database = await createTestDatabase({ max: 1 });
    await database.close();
    const scenario = await Scenario.start({
      database: database.url,
      anna: { sound: false },
      ben: { sound: false },
      ...options,
      trunk: false,
    });
    const { ben, admin } = scenario;
    const { host, port } = ben;
    await admin.addTrunk({ name: 'carrier-a', host, port, transport: 'udp', sources: ['127.0.0.1/32'] });
    const besieged = new Besieged(scenario);
    await besieged.callWorks();
    return besieged;
  }

  /** A call of a new pair is made, answered and ended, and the customer is told of it. @returns how long it took to ring; ms */
  async callWorks(): Promise<number> {
    return this.callOn(await this.scenario.bind());
  }

  /** As `callWorks`, on a pair that is bound already. */
  async callOn(pair: Pair): Promise<number> {
    const { anna, ben } = this.scenario;
    const begun = performance.now();
    const atAnna = await anna.call(pair.x, { from: pair.a });
    const atBen: IncomingCall = await ben.nextCallTo(pair.b);
    const rang = performance.now() - begun;
    expect(atBen.shownNumber).toBe(pair.x);
    await Promise.all([atBen.answer(), atAnna.answered]);
    await atAnna.hangUp();
    await atBen.end();
    return rang;
  }

  /** Nothing of what was done stays: no call, no more memory than caches take, no descriptor; and calls work. */
  async isUnharmed(): Promise<void> {
    const { application } = this.scenario;
    await eventually(
      'calls in progress to end',
      async () => (await application.callsInProgress()) === 0,
      60_000,
    );
    await this.callWorks();
    const bad = application.log.items.filter(({ level }) => level === 'error' || Number(level) >= 50);
    expect(bad).toEqual([]);
    expect((await fetch(`${application.ops}/readyz`)).status).toBe(200);
    await eventually('descriptors to be given back', () =>
      this.#figures().every(
        ({ descriptors }, at) => descriptors <= (this.#before[at]?.descriptors ?? 0) + MOST_MORE_DESCRIPTORS,
      ),
    );
    for (const [at, { mib }] of this.#figures().entries())
      expect(mib).toBeLessThan((this.#before[at]?.mib ?? 0) + MOST_GROWTH_MIB);
  }

  close(): Promise<void> {
    return this.scenario.close();
  }

  #figures(): Figures[] {
    return this.#pids.map((pid) => ({
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      mib: residentMib(pid),
    }));
  }
}
