import { randomUUID } from 'node:crypto';
import type { App } from '../../src/store/apps.ts';
import { type BenchDatabase, partyNumber } from '../BenchDatabase.ts';
import type { Standing } from './standing.ts';

/** What is measured of a mode, or of bare statements: making something, reading it and ending it. */
export interface Load {
  readonly name: string;
  /** @returns what names it from then on */
  bind(): Promise<string>;
  query(id: string): Promise<unknown>;
  unbind(id: string): Promise<unknown>;
}

const plain = { areaCode: '0571', areaMatchMode: '0', recordFlag: false } as const;
const limits = { maxDuration: 0, privateSms: true, preVoice: {} };

/** Bindings of an A, in AXYB, that relations are added to in turns: few have more than one at a time. */
const FIRST_PARTS = 2000;

/**
 * The modes, each through its own bindings; AXYB's two steps are a load each.
 * @param firstPerson index from which nobody is bound
 */
export async function loadsOf(
  { modes }: BenchDatabase,
  axbApp: App,
  { ax, axe, axyb }: Standing,
  firstPerson: number,
): Promise<Load[]> {
  let people = firstPerson;
  const person = (): string => partyNumber(people++);
  const direction = { callDirection: 0, duration: 0 } as const;
  const bindFirst = async (): Promise<string> =>
    (await modes.axyb.bind(axyb, { ...plain, ...direction, origNum: person() })).subscriptionId;
  const firsts = await Promise.all(Array.from({ length: FIRST_PARTS }, bindFirst));
  return [
    {
      name: 'AXB',
      bind: async () => {
        const pair = { callerNum: person(), calleeNum: person() };
        return (await modes.axb.bind(axbApp, { ...plain, ...limits, ...direction, ...pair })).subscriptionId;
      },
      query: (subscriptionId) => modes.axb.query(axbApp, { subscriptionId, pageIndex: 1, pageSize: 50 }),
      unbind: (subscriptionId) => modes.axb.unbind(axbApp, { subscriptionId }),
    },
    {
      name: 'AX',
      bind: async () => {
        const request = { ...plain, ...limits, origNum: person(), showsCaller: false };
        return (await modes.ax.bind(ax, request)).subscriptionId;
      },
      query: (subscriptionId) => modes.ax.query(ax, { subscriptionId }),
      unbind: (subscriptionId) => modes.ax.unbind(ax, { subscriptionId }),
    },
    {
      name: 'AXE',
      bind: async () => {
        const times = { timeUnit: 0, bindExpiredTime: 0, callbackExpiredTime: 0 } as const;
        const request = { ...plain, ...times, bindNum: person(), showsCaller: false };
        return (await modes.axe.bind(axe, request)).subscriptionId;
      },
      query: (subscriptionId) => modes.axe.query(axe, { subscriptionId }),
      unbind: (subscriptionId) => modes.axe.unbind(axe, { subscriptionId }),
    },
    {
      name: 'AXYB, A with X',
      bind: bindFirst,
      query: (subscriptionId) => modes.axyb.query(axyb, { subscriptionId }),
      unbind: (subscriptionId) => modes.axyb.unbind(axyb, subscriptionId),
    },
    {
      name: 'AXYB, B with Y',
      bind: async () => {
        const subscriptionId = firsts[people % FIRST_PARTS] ?? '';
        const request = { ...plain, subscriptionId, origNum: person(), ybDuration: 0 };
        return `${subscriptionId} ${await modes.axyb.relate(axyb, request)}`;
      },
      query: (id) => modes.axyb.query(axyb, { subscriptionId: id.split(' ')[0] ?? '' }),
      unbind: (id) => {
        const [subscriptionId = '', yNum = ''] = id.split(' ');
        return modes.axyb.unrelate(axyb, subscriptionId, { yNum });
      },
    },
  ];
}

/** One row by one statement and one commit, in a table as wide as AXB's with its primary key and nothing else. */
export async function bareLoad({ sql, sealer }: BenchDatabase, app: App, rows: number): Promise<Load> {
  const digest = sealer.digest(partyNumber(0));
  const sealed = sealer.seal(partyNumber(0));
  await sql`CREATE TABLE bare (LIKE bindings INCLUDING DEFAULTS)`;
  await sql`
    INSERT INTO bare (app_key, subscription_id, mode, x, a_digest, a_sealed, b_digest, b_sealed)
    SELECT ${app.appKey}, gen_random_uuid(), 'AXB', '+8617000000000', ${digest}, ${sealed}, ${digest}, ${sealed}
    FROM generate_series(1, ${rows}) g`;
  await sql`ALTER TABLE bare ADD PRIMARY KEY (app_key, subscription_id)`;
  return {
    name: 'bare statements',
    bind: async () => {
      const id = randomUUID();
      await sql`
        INSERT INTO bare (app_key, subscription_id, mode, x, a_digest, a_sealed, b_digest, b_sealed)
        VALUES (${app.appKey}, ${id}, 'AXB', '+8617000000000', ${digest}, ${sealed}, ${digest}, ${sealed})`;
      return id;
    },
    query: (id) => sql`SELECT * FROM bare WHERE app_key = ${app.appKey} AND subscription_id = ${id}`,
    unbind: (id) => sql`DELETE FROM bare WHERE app_key = ${app.appKey} AND subscription_id = ${id}`,
  };
}
