import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadTokenCheck } from '../../src/admin/operatorToken.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.close());

async function load(setting = ''): Promise<{ isOperator: (token: string) => boolean; shown: string[] }> {
  const shown: string[] = [];
  const isOperator = await loadTokenCheck({ sql: database.sql, setting, show: (token) => shown.push(token) });
  return { isOperator, shown };
}

it('makes a token at first start, shows it once and keeps its hash only', async () => {
  const { isOperator, shown } = await load();
  const [token = ''] = shown;
  expect(token).toMatch(/^axb_[\w-]{43}$/);
  expect(isOperator(token)).toBe(true);
  expect(isOperator(`${token}x`)).toBe(false);
  expect(isOperator('')).toBe(false);
  const rows = await database.sql`SELECT encode(token_hash, 'escape') AS hash FROM operators`;
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(token);

  const later = await load();
  expect(later.shown).toEqual([]);
  expect(later.isOperator(token)).toBe(true);
});

it('lets one of several nodes that start together make the token', async () => {
  const nodes = await Promise.all([load(), load(), load(), load()]);
  const shown = nodes.flatMap((node) => node.shown);
  expect(shown).toHaveLength(1);
  for (const { isOperator } of nodes) expect(isOperator(shown[0] ?? '')).toBe(true);
});

it('takes the token of the settings alone when there is one', async () => {
  const made = (await load()).shown[0] ?? '';
  const { isOperator, shown } = await load('from-the-settings');
  expect(shown).toEqual([]);
  expect(isOperator('from-the-settings')).toBe(true);
  expect(isOperator(made)).toBe(false);
});
