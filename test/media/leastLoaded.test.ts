import { describe, expect, it } from 'vitest';
import { leastLoaded } from '../../media/leastLoaded.ts';

const server = (name: string, channels: number, mostChannels: number) => ({ name, channels, mostChannels });

describe('leastLoaded', () => {
  it.each([
    ['the one with fewer channels', [server('a', 10, 1000), server('b', 4, 1000)], 'b'],
    ['the one with the smaller part in use', [server('small', 10, 20), server('big', 100, 1000)], 'big'],
    ['the first of equals', [server('a', 2, 1000), server('b', 2, 1000)], 'a'],
    ['one with room rather than a full one', [server('full', 19, 20), server('b', 900, 1000)], 'b'],
    ['one of unknown size by its channels', [server('unknown', 3, 0), server('b', 4, 1000)], 'unknown'],
    ['none where all are full', [server('a', 20, 20), server('b', 999, 1000)], undefined],
    ['none of none', [], undefined],
  ])('takes %s', (_, servers, expected) => {
    expect(leastLoaded(servers, 2)?.name).toBe(expected);
  });
});
