import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Changes } from '../../src/store/changes.ts';
import { Neighbours } from '../../src/store/Neighbours.ts';
import { NodeLife } from '../../src/store/nodes.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { silent } from '../push/pushUnderTest.ts';

let database: TestDatabase;
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
  await database.sql`TRUNCATE nodes`;
});
afterAll(() => database.close());

async function startChanges(url = database.url): Promise<Changes> {
  const changes = new Changes({ url, log: silent });
  running.push(changes);
  await changes.start();
  return changes;
}

async function startNeighbours(nodeId: string, changes: Changes, deadSeconds = 60): Promise<Neighbours> {
  const neighbours = new Neighbours({
    ...{ sql: database.sql, changes, nodeId, deadSeconds },
    ...{ log: silent, clock: Date.now },
  });
  running.push(neighbours);
  await neighbours.start();
  return neighbours;
}

async function startLife(nodeId: string): Promise<NodeLife> {
  const life = new NodeLife({
    ...{ sql: database.sql, nodeId, life: randomUUID() },
    ...{ deadSeconds: 60, logger: silent },
  });
  running.push(life);
  await life.start();
  return life;
}

describe('a node', () => {
  it('is alone beside its own lives', async () => {
    await startLife('one');
    await startLife('one');
    const before = Date.now();
    const { aloneSince } = await startNeighbours('one', await startChanges());
    expect(aloneSince).toBeGreaterThanOrEqual(before);
    expect(aloneSince).toBeLessThanOrEqual(Date.now());
  });

  it('hears of another one that comes, and of its end', async () => {
    await startLife('one');
    const neighbours = await startNeighbours('one', await startChanges());
    const first = neighbours.aloneSince ?? 0;
    const other = await startLife('two');
    await expect.poll(() => neighbours.aloneSince).toBeUndefined();
    const ended = Date.now();
    await other.stop();
    await expect.poll(() => neighbours.aloneSince).toBeGreaterThanOrEqual(ended);
    expect(neighbours.aloneSince).toBeGreaterThan(first);
  });

  it('finds another one that is there already', async () => {
    await startLife('two');
    expect((await startNeighbours('one', await startChanges())).aloneSince).toBeUndefined();
  });

  it('is alone again when the other one’s heart has stopped', async () => {
    await database.sql`INSERT INTO nodes (node_id, life) VALUES ('two', ${randomUUID()})`;
    const neighbours = await startNeighbours('one', await startChanges(), 1);
    expect(neighbours.aloneSince).toBeUndefined();
    await expect.poll(() => neighbours.aloneSince, { timeout: 10_000 }).toBeDefined();
  });

  it('does not take itself for alone while it would not hear of another one', async () => {
    const changes = await startChanges();
    const neighbours = await startNeighbours('one', changes);
    const first = neighbours.aloneSince ?? 0;
    await database.sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'axbridge changes' AND datname = current_database()`;
    await expect.poll(() => neighbours.aloneSince, { interval: 5 }).toBeUndefined();
    await expect.poll(() => neighbours.aloneSince, { timeout: 5000 }).toBeGreaterThan(first);
  });
});
