import { expect, it } from 'vitest';
import { createPlatform } from '../../src/calls/platform.ts';

const blackList = { isBlockedCaller: () => false, isBlockedCallee: () => true };
const minuteIn = (timeZone: string, time: string) =>
  createPlatform({ showsRealCallers: false, timeZone, blackList }).minuteOfDay(Date.parse(time));

it.each([
  ['Asia/Shanghai', '2026-01-31T00:00:00Z', 8 * 60],
  ['Asia/Shanghai', '2026-01-31T15:59:59.999Z', 23 * 60 + 59],
  ['Asia/Shanghai', '2026-01-31T16:00:00Z', 0],
  ['Asia/Kathmandu', '2026-01-31T00:00:00Z', 5 * 60 + 45],
  ['Europe/Berlin', '2026-03-29T00:59:00Z', 1 * 60 + 59],
  ['Europe/Berlin', '2026-03-29T01:00:00Z', 3 * 60],
  ['UTC', '2026-01-31T00:00:00Z', 0],
])('in %s it is at %s minute %d of the day', (timeZone, time, minute) => {
  expect(minuteIn(timeZone, time)).toBe(minute);
});

it('gives each minute its own answer, whatever was asked before', () => {
  const { minuteOfDay } = createPlatform({ showsRealCallers: false, timeZone: 'UTC', blackList });
  const noon = Date.parse('2026-01-31T12:00:00Z');
  expect([noon, noon + 59_999, noon + 60_000, noon - 1, noon].map(minuteOfDay)).toEqual([
    720, 720, 721, 719, 720,
  ]);
});

it('says what the setting and the black list say', () => {
  const platform = createPlatform({ showsRealCallers: true, timeZone: 'UTC', blackList });
  expect(platform.showsRealCallers).toBe(true);
  expect(platform.isBlockedCaller('app', '+8613900001001')).toBe(false);
  expect(platform.isBlockedCallee('app', '+8613900001001')).toBe(true);
});

it.each([
  ['+8613900001001', false],
  ['+8657188880001', false],
  ['+8657116812345', true],
  ['+861096123456', true],
  ['+862195123456', true],
  ['+442079460005', false],
  ['+979123456789', true],
  ['+881612345678', true],
  ['+19001234567', true],
  ['+19015551234', false],
])('bars %s: %s', (number, isBarred) => {
  const barred = ['+1900', '+979', '+881'];
  expect(
    createPlatform({ showsRealCallers: false, timeZone: 'UTC', barred, blackList }).isBarred(number),
  ).toBe(isBarred);
});

it('bars what the operator adds, mobile numbers of the mainland too', () => {
  const barred = ['+86170'];
  const platform = createPlatform({ showsRealCallers: false, timeZone: 'UTC', barred, blackList });
  expect(platform.isBarred('+8617000005001')).toBe(true);
  expect(platform.isBarred('+8613900001001')).toBe(false);
});
