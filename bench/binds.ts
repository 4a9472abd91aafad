import { defineBench, single } from './Bench.ts';
import { BenchApplication } from './BenchApplication.ts';
import { BenchDatabase, CONNECTIONS, partyNumber, xNumber } from './BenchDatabase.ts';
import { bareInsert, makeBareTable } from './binds/bareInsert.ts';
import { SignedClient } from './binds/SignedClient.ts';
import { inTurns, rate } from './rounds.ts';
import { count, median, percent, spread } from './statistics.ts';

const NUMBERS = 1000;
const WARM_UP_SECONDS = 1.5;

export const binds = defineBench({
  name: 'binds',
  summary:
    'AXB binds a second, in process and over signed HTTP, beside single-row INSERTs on the same PostgreSQL',
  flags: {
    rounds: { fallback: [3], meaning: 'rounds of each side' },
    seconds: { fallback: [1.5], meaning: 'length of each turn' },
    inFlight: { fallback: [1, 8, 64], meaning: 'requests under way at a time' },
  },
  async run({ rounds, seconds, inFlight }, report) {
    await using database = await BenchDatabase.start();
    const { sql, bindings } = database;
    const { app, appSecret } = await database.addApp(NUMBERS);
    await makeBareTable(sql);
    await using served = await BenchApplication.start({
      DATABASE_URL: database.url,
      AXBRIDGE_SEAL_KEY: database.sealKey.toString('base64'),
    });
    await using client = new SignedClient(served.http, app.appKey, appSecret);

    let parties = 0;
    const next = (): string => partyNumber(parties++);
    const bare = bareInsert(database, app.appKey, () => xNumber(parties++ % NUMBERS));
    const bind = (): Promise<unknown> =>
      bindings.bind(app, {
        ...{ callerNum: next(), calleeNum: next(), callDirection: 0, duration: 0 },
        ...{ recordFlag: false, maxDuration: 0, privateSms: true, preVoice: {} },
      });
    const overHttp = (): Promise<string> => client.bind(next(), next());
    for (const work of [bare, bind, overHttp]) await rate(32, WARM_UP_SECONDS, work);
    await sql`ANALYZE`;

    const rows: string[][] = [];
    for (const each of inFlight) {
      const figures = await inTurns(single(rounds), [
        ['bare', () => rate(each, single(seconds), bare)],
        ['bind', () => rate(each, single(seconds), bind)],
        ['http', () => rate(each, single(seconds), overHttp)],
      ]);
      const ofBare = (values: readonly number[]): string => percent(median(values) / median(figures.bare));
      rows.push(
        [`${each} in flight: bare INSERT`, spread(figures.bare, count), ''],
        [`${each} in flight: bind, AxbBindings`, spread(figures.bind, count), ofBare(figures.bind)],
        [`${each} in flight: bind, signed HTTP`, spread(figures.http, count), ofBare(figures.http)],
      );
    }
    report.line(
      `A bare INSERT writes one row as wide as a binding, with one primary key, and commits; a bind also`,
    );
    report.line(
      `seals and digests two numbers, chooses one of ${count(NUMBERS)} X, writes both parties and tells all nodes.`,
    );
    report.line(
      `${CONNECTIONS} connections each, fsync on; the HTTP side is the whole application in a process of its own.`,
    );
    report.line(`${single(rounds)} rounds of ${single(seconds)} s; median (least–greatest).`);
    report.line();
    report.table(['', 'a second', 'of bare'], rows);
  },
});
