import { createHmac, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { defineBench, single } from './Bench.ts';
import { BenchDatabase } from './BenchDatabase.ts';
import { ForkedPart } from './ForkedPart.ts';
import { eventBody, NotifyingNode } from './notifications/NotifyingNode.ts';
import { inTurns, rate } from './rounds.ts';
import { count, median, percent, spread } from './statistics.ts';

/** Requests under way, as many as the application allows one target. */
const IN_FLIGHT = 32;
const CALLS_AT_A_TIME = 400;
/** Fewer than a lane keeps in memory: more would be read back from the outbox. */
const MOST_ON_THE_WAY = 4000;
const NOTIFICATIONS_A_CALL = 6;

/** Signed POSTs of one and the same event, and nothing else. @returns how many a second */
async function bareLoop(url: string, seconds: number): Promise<number> {
  const pool = new Pool(url, { connections: IN_FLIGHT });
  const body = JSON.stringify(eventBody('callout', randomUUID()));
  const perSecond = await rate(IN_FLIGHT, seconds, async () => {
    const digest = createHmac('sha256', 'secret')
      .update(`${randomUUID()}.${Date.now()}.${body}`)
      .digest('base64');
    const headers = { 'content-type': 'application/json;charset=UTF-8', 'webhook-signature': `v1,${digest}` };
    const reply = await pool.request({ method: 'POST', path: '/status', headers, body });
    await reply.body.dump();
  });
  await pool.close();
  return perSecond;
}

/**
 * Calls through journal, outbox and pusher, as many as can be told of: whoever makes calls waits while too much is on its
 * way. It ends when the outbox is empty.
 * @returns notifications a second
 */
async function wholeWay({ sql }: BenchDatabase, node: NotifyingNode, seconds: number): Promise<number> {
  const startedAt = performance.now();
  let calls = 0;
  await rate(CALLS_AT_A_TIME, seconds, async () => {
    while (node.pusher.stats().depth > MOST_ON_THE_WAY) await delay(1);
    await node.call();
    calls += 1;
  });
  const isEmpty = async () => (await sql`SELECT FROM outbox LIMIT 1`).length === 0;
  while (!(await isEmpty())) await delay(10);
  return (1000 * NOTIFICATIONS_A_CALL * calls) / (performance.now() - startedAt);
}

/** User and system time of this process since then, milliseconds. */
function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

export const notifications = defineBench({
  name: 'notifications',
  summary:
    'events and records a second to one fast customer, beside a loop of signed undici POSTs to the same server',
  flags: {
    rounds: { fallback: [3], meaning: 'rounds' },
    seconds: { fallback: [5], meaning: 'seconds of each turn' },
  },
  async run({ rounds, seconds: [seconds = 0] }, report) {
    await using sink = new ForkedPart(join(import.meta.dirname, 'notifications', 'sink.ts'));
    const { port } = await sink.hear<{ port: number }>();
    const url = `http://127.0.0.1:${port}`;
    await using database = await BenchDatabase.start();
    await using node = await NotifyingNode.start(database, url);
    const cpuMs = { bare: [] as number[], whole: [] as number[] };
    const figures = await inTurns(single(rounds), [
      [
        'bare',
        async () => {
          const before = process.cpuUsage();
          const startedAt = performance.now();
          const perSecond = await bareLoop(url, seconds);
          cpuMs.bare.push(cpuMsSince(before) / ((perSecond * (performance.now() - startedAt)) / 1000));
          return perSecond;
        },
      ],
      [
        'whole',
        async () => {
          const before = process.cpuUsage();
          const delivered = node.pusher.stats().delivered;
          const perSecond = await wholeWay(database, node, seconds);
          cpuMs.whole.push(cpuMsSince(before) / (node.pusher.stats().delivered - delivered));
          return perSecond;
        },
      ],
    ]);
    report.line(
      'Bare: signed POSTs of one event. Whole way: journal entry, sealed outbox row, commit, signed POST,',
    );
    report.line(
      `delete; a call is five events and a record, records merged. ${single(rounds)} rounds of ${seconds} s;`,
    );
    report.line('median (least–greatest).');
    report.line();
    report.table(
      ['', 'a second', 'of bare'],
      [
        ['bare loop, POSTs', spread(figures.bare, count), ''],
        [
          'whole way, events and records',
          spread(figures.whole, count),
          percent(median(figures.whole) / median(figures.bare)),
        ],
      ],
    );
    report.line(
      `CPU of the application: ${median(cpuMs.whole).toFixed(3)} ms a POST, journal and outbox included;`,
    );
    report.line(`of the bare loop: ${median(cpuMs.bare).toFixed(3)} ms`);
  },
});
