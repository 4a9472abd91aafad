import { describe, expect, it } from 'vitest';
import { BatchedStatement } from '../../src/store/BatchedStatement.ts';

/** Doubles numbers; keeps the batches, and refuses some. */
function doubling(refused: readonly number[] = []) {
  const batches: number[][] = [];
  const run = async (numbers: readonly number[]): Promise<number[]> => {
    batches.push([...numbers]);
    if (numbers.some((number) => refused.includes(number)))
      throw new RangeError('one of them cannot be doubled');
    return numbers.map((number) => 2 * number);
  };
  return { batches, run };
}

describe('requests that share a statement', () => {
  it('come together in one batch, and each gets its own result', async () => {
    const { batches, run } = doubling();
    const statement = new BatchedStatement({ largest: 10, run });
    expect(await Promise.all([1, 2, 3].map((number) => statement.submit(number)))).toEqual([2, 4, 6]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('wait for the next batch when one is full, which is under way before the first is answered', async () => {
    const { batches, run } = doubling();
    const statement = new BatchedStatement({ largest: 2, run });
    const batchesAtAnswer: number[] = [];
    const ask = async (number: number): Promise<void> => {
      await statement.submit(number);
      batchesAtAnswer.push(batches.length);
    };
    await Promise.all([1, 2, 3].map(ask));
    expect(batches).toEqual([[1, 2], [3]]);
    expect(batchesAtAnswer).toEqual([2, 2, 2]);
  });

  it('all fail with a batch that fails', async () => {
    const { batches, run } = doubling([2]);
    const statement = new BatchedStatement({ largest: 10, run });
    const outcomes = await Promise.allSettled([1, 2, 3].map((number) => statement.submit(number)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(batches).toHaveLength(1);
  });

  it('are run one by one when the failure may be of one of them', async () => {
    const { batches, run } = doubling([2]);
    const isOfOne = (error: unknown): boolean => error instanceof RangeError;
    const statement = new BatchedStatement({ largest: 10, run, isOfOne });
    const outcomes = await Promise.allSettled([1, 2, 3].map((number) => statement.submit(number)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(batches).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it('are over when it says that nothing is under way', async () => {
    const { run } = doubling();
    const statement = new BatchedStatement({ largest: 1, run });
    let answered = 0;
    for (const number of [1, 2, 3]) void statement.submit(number).then(() => answered++);
    await statement.idle();
    await Promise.resolve();
    expect(answered).toBe(3);
  });
});
