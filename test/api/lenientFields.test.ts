import { describe, expect, it } from 'vitest';
import { BindFields } from '../../src/api/axbFields.ts';
import { fieldCheck } from '../../src/api/fieldCheck.ts';

const check = fieldCheck(BindFields);
const numbers = { callerNum: '+8613900001001', calleeNum: '+8613900001002' };

describe('what real clients send', () => {
  it('leaves out fields that are null, empty or unknown', () => {
    expect(
      check({ ...numbers, relationNum: null, areaCode: '', preVoice: null, extra: { deep: 1 } }),
    ).toEqual(numbers);
  });

  it('has integers as digit strings', () => {
    expect(check({ ...numbers, duration: '86400', maxDuration: ' 60 ', callDirection: '1' })).toEqual({
      ...numbers,
      duration: 86400,
      maxDuration: 60,
      callDirection: 1,
    });
  });

  it('has booleans as JSON and in capitals', () => {
    expect(check({ ...numbers, recordFlag: true, privateSms: 'False' })).toEqual({
      ...numbers,
      recordFlag: 'true',
      privateSms: 'false',
    });
  });

  it('has numbers without quotes', () => {
    expect(check({ callerNum: 13900001001, calleeNum: 13900001002, areaMatchMode: 1 })).toEqual({
      callerNum: '13900001001',
      calleeNum: '13900001002',
      areaMatchMode: '1',
    });
  });

  it('has an empty array for an empty object', () => {
    expect(check({ ...numbers, preVoice: [] })).toEqual({ ...numbers, preVoice: {} });
  });

  it('is not fooled by prototypes', () => {
    const body = JSON.parse('{"__proto__":{"callerNum":"+8613900001001"},"calleeNum":"+8613900001002"}');
    expect(() => check(body)).toThrow('callerNum');
  });
});

describe('what is refused names the field, the value and what was expected', () => {
  it.each([
    [{ calleeNum: '+8613900001002' }, 'callerNum: expected a number of 4 to 31 characters, it is missing'],
    [
      { ...numbers, callerNum: ['+8613900001001'] },
      'callerNum: expected a number of 4 to 31 characters, got an array',
    ],
    [
      { ...numbers, callerNum: { a: 1 } },
      'callerNum: expected a number of 4 to 31 characters, got an object',
    ],
    [{ ...numbers, callerNum: '1' }, 'callerNum: expected a number of 4 to 31 characters, got "1"'],
    [
      { ...numbers, callDirection: 3 },
      'callDirection: expected 0 (both ways), 1 (A calls) or 2 (B calls), got 3',
    ],
    [{ ...numbers, callDirection: true }, 'callDirection'],
    [{ ...numbers, duration: -1 }, 'duration: expected seconds from 0 to 7776000, got -1'],
    [{ ...numbers, duration: 7776001 }, 'duration'],
    [{ ...numbers, duration: 1.5 }, 'duration'],
    [{ ...numbers, duration: '1e3' }, 'duration: expected seconds from 0 to 7776000, got "1e3"'],
    [{ ...numbers, maxDuration: 1441 }, 'maxDuration: expected minutes from 0 to 1440, got 1441'],
    [{ ...numbers, recordFlag: 'yes' }, 'recordFlag: expected "true" or "false", got "yes"'],
    [{ ...numbers, areaMatchMode: '2' }, 'areaMatchMode: expected "0" (strict) or "1" (loose), got "2"'],
    [{ ...numbers, preVoice: 'w.wav' }, 'preVoice: expected an object'],
    [
      { ...numbers, preVoice: { callerHintTone: 'x'.repeat(129) } },
      'preVoice.callerHintTone: expected the name',
    ],
    [{ ...numbers, userData: '{a}' }, 'userData: expected at most 256 characters without { and }'],
    [{ ...numbers, userData: 'x'.repeat(257) }, 'userData'],
    [{ ...numbers, userData: 'a\ud800' }, 'userData: expected Unicode text without NUL'],
    [{ ...numbers, lastMinVoice: 'a\0.wav' }, 'lastMinVoice: expected Unicode text without NUL'],
    [{ ...numbers, preVoice: { calleeHintTone: '\0' } }, 'calleeHintTone: expected Unicode text without NUL'],
    ['text', 'The body: expected a JSON object'],
    [undefined, 'The body: expected a JSON object'],
    [[1], 'The body: expected a JSON object'],
  ])('%j', (body, message) => {
    expect(() => check(body)).toThrow(message);
  });

  it('masks numbers and stays within 256 characters', () => {
    const fault = (() => {
      try {
        check({ ...numbers, callDirection: '+8613900001001'.repeat(30) });
      } catch (error) {
        return String(error instanceof Error && error.message);
      }
      return '';
    })();
    expect(fault).toContain('callDirection');
    expect(fault).not.toContain('13900001001');
    expect(fault.length).toBeLessThanOrEqual(256);
  });
});
