import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { childNamed, residentMib } from '../../bench/processCpu.ts';
import { Fault, type FaultOptions, type FaultRow } from '../faults/Fault.ts';
import { eventually } from '../kit/eventually.ts';
import type { IncomingCall } from '../kit/IncomingCall.ts';
import { areRealServersNamed, RealServers } from '../kit/RealServers.ts';
import { type Pair, Scenario, type ScenarioOptions } from '../kit/Scenario.ts';
import { Traffic } from '../kit/Traffic.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

/**
 * What an attack may cost at its end: transactions live for 32 seconds (RFC 3261 17.2.1), 300 a second of strangers, and
 * Node takes its time with what is garbage.
 */
const MOST_GROWTH_MIB = 300;
/** Connections that come and go by themselves: to the database, to the customer's server. */
const MOST_MORE_DESCRIPTORS = 12;

/** Whether the SIP server is drachtio-server: one that stands already, or one of the tests' own. */
export const onRealServer = areRealServersNamed || process.env.AXBRIDGE_DRACHTIO !== undefined;

/** Calls of those who may call, while others attack: as many as in test/faults. */
const PAIRS = 20;
const CALL_EVERY_MS = 200;
const TALK_MS = 2000;

interface Figures {
  readonly descriptors: number;
  readonly mib: number;
}

/** This process, which attacks, may have no time for notifications meanwhile: they come again soon. */
const RETRIES = {
  AXBRIDGE_PUSH_RETRY_SECONDS: '1,1,1,2,4,8,16',
  AXBRIDGE_PUSH_PROBE_SECONDS: '1',
};

/** What an attack cost those who may call. */
export interface Siege {
  readonly row: FaultRow;
  /** Calls that Ben got meanwhile besides theirs. */
  readonly others: readonly IncomingCall[];
}

/**
 * A whole axbridge with one trunk, which is attacked: what its calls, its memory and its descriptors must be like afterwards.
 * Its trunk takes only 127.0.0.1; attackers have other addresses of 127.0.0.0/8.
 */
export class Besieged {
  readonly scenario: Scenario;
  /** Those of the tests' own; absent where the servers are embedded, or stand already. */
  readonly servers: RealServers | undefined;
  readonly #pids: readonly number[];
  readonly #before: readonly Figures[];
  #pairs: readonly Pair[] = [];

  private constructor(scenario: Scenario, servers: RealServers | undefined) {
    this.scenario = scenario;
    this.servers = servers;
    const { pid } = scenario.application;
    this.#pids = onRealServer ? [pid] : [pid, childNamed(pid, 'drachtio/process')];
    this.#before = this.#figures();
  }

  static async start(options: ScenarioOptions = {}): Promise<Besieged> {
    const database = await createTestDatabase({ max: 1 });
    await database.close();
    const servers = areRealServersNamed ? await RealServers.start() : undefined;
    const scenario = await Scenario.start({
      database: database.url,
      anna: { sound: false },
      ben: { sound: false },
      ...(servers && { sip: servers.sip }),
      ...options,
      env: { ...RETRIES, ...servers?.settings, ...options.env },
      trunk: false,
    });
    const { ben, admin } = scenario;
    const { host, port } = ben;
    await admin.addTrunk({ name: 'carrier-a', host, port, transport: 'udp', sources: ['127.0.0.1/32'] });
    const besieged = new Besieged(scenario, servers);
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

  /**
   * Calls of the trunk while something goes on, counted as in test/faults; their row is printed as docs/faults.md has it.
   * @param options which calls the attack may take, and what Ben does with calls of others; absent: he answers them, too
   */
  async siege(
    what: string,
    attack: () => Promise<unknown>,
    options: Pick<FaultOptions, 'takes' | 'closes'> & {
      readonly answers?: (call: IncomingCall) => void;
    } = {},
  ): Promise<Siege> {
    const { anna, ben, sink } = this.scenario;
    const pairs = await this.#pairsOfCalls();
    const callsBefore = ben.calls.items.length;
    const isOwn = ({ wantedNumber }: IncomingCall) => pairs.some(({ b }) => b === wantedNumber);
    const stream = new Traffic({ anna, ben, pairs, everyMs: CALL_EVERY_MS, talkMs: TALK_MS });
    const { answers, ...excuses } = options;
    if (answers !== undefined) {
      const answerOwn = ben.onCall;
      ben.onCall = (call) => (isOwn(call) ? answerOwn : answers)(call);
    }
    try {
      await eventually('calls flow', () => stream.talking.length >= TALK_MS / CALL_EVERY_MS - 2, 60_000);
      const fault = new Fault({ what, stream, sink, ...excuses });
      await attack();
      await eventually('a call is answered', () => fault.answered().length > 0, 60_000);
      fault.mended();
      const row = await fault.count();
      return { row, others: ben.calls.items.slice(callsBefore).filter((call) => !isOwn(call)) };
    } finally {
      // An attack that fails its test leaves no calls to the tests behind it.
      await stream.end();
      ben.onCall = () => undefined;
    }
  }

  async #pairsOfCalls(): Promise<readonly Pair[]> {
    if (this.#pairs.length > 0) return this.#pairs;
    const pairs: Pair[] = [];
    for (let count = 0; count < PAIRS; count += 1) pairs.push(await this.scenario.bind());
    this.#pairs = pairs;
    return pairs;
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
    const bad = application.log.items
      .filter(({ level }) => level === 'error' || Number(level) >= 50)
      // A SIP server that the tests start again may end.
      .filter(({ msg }) => this.servers === undefined || msg !== 'lost the connection to the SIP server');
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

  async close(): Promise<void> {
    await this.scenario.close();
    await this.servers?.stop();
  }

  #figures(): Figures[] {
    return this.#pids.map((pid) => ({
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      mib: residentMib(pid),
    }));
  }
}
