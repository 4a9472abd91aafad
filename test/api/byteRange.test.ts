import { describe, expect, it } from 'vitest';
import { readByteRange } from '../../src/api/byteRange.ts';

describe('a Range header, for a file of 1000 octets', () => {
  it.each([
    ['bytes=0-499', 0, 499],
    ['bytes=500-', 500, 999],
    ['bytes=-200', 800, 999],
    ['bytes=-2000', 0, 999],
    ['bytes=990-5000', 990, 999],
    ['bytes=0-0', 0, 0],
    ['bytes= 1-2 ', 1, 2],
  ])('%s wants a part', (header, first, last) => {
    expect(readByteRange(header, 1000)).toEqual({ kind: 'part', first, last });
  });

  it.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0'])('%s cannot be satisfied', (header) => {
    expect(readByteRange(header, 1000)).toEqual({ kind: 'unsatisfiable' });
  });

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-2',
    'bytes=0-1,5-9',
    'seconds=0-1',
    'bytes=0x10-',
    `bytes=${'9'.repeat(400)}-`,
  ])('%s is as none', (header) => {
    expect(readByteRange(header, 1000)).toEqual({ kind: 'whole' });
  });

  it('finds nothing in an empty file', () => {
    expect(readByteRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
    expect(readByteRange('bytes=-5', 0)).toEqual({ kind: 'unsatisfiable' });
  });
});
