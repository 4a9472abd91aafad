import { setTimeout as delay } from 'node:timers/promises';
import { tableRows } from './tableRows.ts';
import type { WholeSystem } from './WholeSystem.ts';

/** Transactions are remembered for 32 seconds after their end (RFC 3261, 64 × T1), and drachtio-server counts now and then. */
const PATIENCE_MS = 90_000;
const LOOK_EVERY_MS = 1000;
/** The trunk is asked with OPTIONS all the time: so many transactions are none of a call's. */
const OF_NO_CALL = 4;
const TABLES = ['outbox', 'lines', 'open calls'];

/** Waits until nothing is held of any call. @returns what still is when patience ends; nothing, when all is well */
export async function whatIsLeft(system: WholeSystem): Promise<string[]> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const { bounded } = await tableRows(system.sql);
    const held = Object.entries(await system.servers.held().catch(() => ({ 'servers that do not tell': 1 })));
    const rows = TABLES.map((table) => [table, bounded[table] ?? 0] as const);
    const left = [...held, ...rows].filter(
      ([name, count]) => count > (name === 'transactions' ? OF_NO_CALL : 0),
    );
    if (left.length === 0 || performance.now() > until)
      return left.map(([name, count]) => `${count} ${name}`);
    await delay(LOOK_EVERY_MS);
  }
}
