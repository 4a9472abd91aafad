import { defineBench, single } from './Bench.ts';
import { BenchDatabase } from './BenchDatabase.ts';
import { fromCache } from './decisions/fromCache.ts';
import { fromDatabase } from './decisions/fromDatabase.ts';

export const decisions = defineBench({
  name: 'decisions',
  summary: 'routing decisions a second, from the cache and cold, beside a bare lru-cache get',
  flags: {
    rounds: { fallback: [7], meaning: 'rounds of each side' },
    parties: { fallback: [1_000_000], meaning: 'parties in memory, eight on each X' },
  },
  async run({ rounds, parties }, report) {
    await using database = await BenchDatabase.start();
    await fromDatabase(database, Math.min(single(rounds), 3), report);
    await fromCache(single(parties), single(rounds), database.changes, report);
  },
});
