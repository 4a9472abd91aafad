import { describe, expect, it } from 'vitest';
import { readUserNumber, readXNumber } from '../../src/api/partnerNumbers.ts';
import { quote } from '../../src/api/quote.ts';

describe('the number of a user', () => {
  it.each([
    ['+8613900001001', '+8613900001001'],
    ['8613900001001', '+8613900001001'],
    ['008613900001001', '+8613900001001'],
    ['13900001001', '+8613900001001'],
    [' +8613900001001 ', '+8613900001001'],
    ['+861012345678', '+861012345678'],
    ['+862112345678', '+862112345678'],
    ['+8657112345678', '+8657112345678'],
    ['+865351234567', '+865351234567'],
    ['057112345678', '+8657112345678'],
    ['+6591234567', '+6591234567'],
  ])('%s is %s', (given, e164) => {
    expect(readUserNumber('callerNum', given)).toBe(e164);
  });

  it.each([
    '1390000100',
    '139000010011',
    '+86139',
    '12345678',
    '+864001234567',
    '+8695588',
    '10086',
    'anna',
    '+86 139 0000 1001',
  ])('%s is refused', (given) => {
    expect(() => readUserNumber('callerNum', given)).toThrow(
      'Invalid request. The number format is incorrect. callerNum',
    );
  });

  it('stays masked in the refusal', () => {
    expect(() => readUserNumber('calleeNum', '+86139000010012')).toThrow('got "+86139****0012"');
  });
});

describe('a quoted value', () => {
  it.each([
    ['+86 139-0000-1001', '"+86139****1001"'],
    ['call 139.0000.1001 now', '"call 139****1001 now"'],
    ['(0571) 8812 3456', '"(0571****3456"'],
    ['１３９００００１００１', '"１３９****１００１"'],
    ['line\nbreak\u0000', '"line?break?"'],
    ['short 123', '"short 123"'],
    [13900001001, '139****1001'],
    [{ a: 1 }, 'an object'],
  ])('%j is quoted as %s', (value, quoted) => {
    expect(quote(value)).toBe(quoted);
  });
});

describe('an X number', () => {
  it('is understood in its usual forms', () => {
    expect(readXNumber('+8617000005001')).toBe('+8617000005001');
    expect(readXNumber('8617000005001')).toBe('+8617000005001');
    expect(readXNumber('17000005001')).toBe('+8617000005001');
  });

  it.each([' 8617000005001', 'x', '+', '++8617000005001'])('%j is no number of the application', (given) => {
    expect(() => readXNumber(given)).toThrow('the X is no number of this application');
  });
});
