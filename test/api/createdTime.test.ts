import { describe, expect, it } from 'vitest';
import { freshnessOf } from '../../src/api/createdTime.ts';

const NOW = Date.parse('2026-01-31T08:00:00Z');

describe('Created of a request', () => {
  it.each([
    ['2026-01-31T08:00:00Z', 'UTC'],
    ['2026-01-31T16:00:00Z', 'Beijing time with a literal Z'],
    ['2026-01-31T08:04:59Z', 'a clock that is almost five minutes ahead'],
    ['2026-01-31T07:55:01Z', 'a clock that is almost five minutes behind'],
    ['2026-01-31T08:00:00.123Z', 'milliseconds, as toISOString() gives them'],
    ['2026-01-31T08:00:00', 'no zone'],
    ['2026-01-31T16:00:00+08:00', 'an offset that says what it is'],
    ['2026-01-31T16:00:00+0800', 'an offset without a colon'],
    ['2026-01-31T13:30:00+05:30', 'an offset of half an hour'],
  ])('%s is fresh: %s', (created) => {
    expect(freshnessOf(created, NOW).kind).toBe('fresh');
  });

  it('tells when else the same headers are fresh: read as Beijing time hours before, or as UTC hours later', () => {
    const minute = 60_000;
    expect(freshnessOf('2026-01-31T08:01:00Z', NOW)).toEqual({
      kind: 'fresh',
      freshUntil: NOW + 6 * minute,
      wasFreshBefore: true,
    });
    expect(freshnessOf('2026-01-31T16:01:00Z', NOW)).toEqual({
      kind: 'fresh',
      freshUntil: NOW + (8 * 60 + 6) * minute,
      wasFreshBefore: false,
    });
    expect(freshnessOf('2026-01-31T16:01:00+08:00', NOW)).toEqual({
      kind: 'fresh',
      freshUntil: NOW + 6 * minute,
      wasFreshBefore: false,
    });
  });

  it.each([
    ['2026-01-31T08:05:01Z', 'five minutes and a second ahead'],
    ['2026-01-31T07:54:59Z', 'five minutes and a second behind'],
    ['2026-01-31T09:00:00Z', 'an hour ahead'],
    ['2026-01-31T00:00:00Z', 'eight hours behind'],
    ['2026-01-31T16:00:00+00:00', 'an explicit offset is not read as Beijing time'],
  ])('%s is too far: %s', (created) => {
    expect(freshnessOf(created, NOW).kind).toBe('too-far');
  });

  it.each(['', 'now', '2026-01-31', '2026-13-31T08:00:00Z', '1769846400', '2026-01-31 08:00:00'])(
    '%j is malformed',
    (created) => {
      expect(freshnessOf(created, NOW).kind).toBe('malformed');
    },
  );
});
