import { describe, expect, it } from 'vitest';
import {
  isMainlandLandline,
  isMainlandMobile,
  isMainlandService,
  maskNumber,
} from '../../routing/numbers.ts';

const KINDS: readonly (readonly [number: string, kind: 'mobile' | 'landline' | 'neither'])[] = [
  ['+8613800000001', 'mobile'],
  ['+8617000005001', 'mobile'],
  ['+8619900000001', 'mobile'],
  ['+8612800000001', 'neither'],
  ['+86138000000011', 'neither'],
  ['+861380000000', 'neither'],
  ['+861088880001', 'landline'],
  ['+862188880001', 'landline'],
  ['+8657188880001', 'landline'],
  ['+865718880001', 'landline'],
  ['+868988880001', 'landline'],
  ['+864001234567', 'neither'],
  ['+868001234567', 'neither'],
  ['+8695588', 'neither'],
  ['+8610086', 'neither'],
  ['+442079460000', 'neither'],
  ['+14155550100', 'neither'],
  ['', 'neither'],
];

describe('kinds of numbers', () => {
  it.each(KINDS)('%s is %s', (number, kind) => {
    expect({ mobile: isMainlandMobile(number), landline: isMainlandLandline(number) }).toEqual({
      mobile: kind === 'mobile',
      landline: kind === 'landline',
    });
  });
});

describe('a service of the mainland behind an area code', () => {
  it.each([
    ['+861016812345', true],
    ['+865711681234', true],
    ['+8695116812345', true],
    ['+865719612345', true],
    ['+861088880001', false],
    ['+864001234567', false],
    ['+864009123456', false],
    ['+8695511', false],
    ['+8695118', false],
    ['+8695196123', false],
    ['+8613800000001', false],
  ])('%s: %s', (number, isOne) => {
    expect(isMainlandService(number)).toBe(isOne);
  });
});

describe('maskNumber', () => {
  it.each([
    ['+8613800000001', '+86138****0001'],
    ['+8657188880001', '+86571****0001'],
    ['+865718880001', '+8657****0001'],
    ['+442079460123', '+4420****0123'],
    ['+33123456', '+****3456'],
    ['+3312345', '****'],
    ['10086', '****'],
    ['', ''],
  ])('%s becomes %s', (number, masked) => {
    expect(maskNumber(number)).toBe(masked);
  });
});
