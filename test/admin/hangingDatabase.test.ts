import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';

let api: ApiUnderTest;

beforeEach(async () => {
  api = await startApi({ answerWithinMs: 500 });
});

afterEach(() => api.stop());

describe('an operator who asks a database that hangs', () => {
  it('is told so in time, and gets his answer when it goes on', async () => {
    const locked = Promise.withResolvers<void>();
    const unlock = Promise.withResolvers<void>();
    const locking = api.sql.begin(async (sql) => {
      await sql`LOCK TABLE trunks IN ACCESS EXCLUSIVE MODE`;
      locked.resolve();
      await unlock.promise;
    });
    await locked.promise;
    await expect(api.admin.send('GET', '/trunks')).rejects.toThrow(/503 .*"code":"database-unavailable"/);
    unlock.resolve();
    await locking;
    // On a busy machine the next answer may be too late, too.
    await expect
      .poll(() => api.admin.send('GET', '/trunks').catch(() => undefined), { timeout: 20_000 })
      .toMatchObject({ items: [] });
  });
});
