import { describe, expect, it } from 'vitest';
import { infoDigitBody, readInfoDigit } from '../../src/calls/infoDigits.ts';

describe('a key press by INFO', () => {
  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=250\r\n', { digit: '5', durationMs: 250 }],
    [
      'application/dtmf-relay; charset=x',
      'Signal= # \nDuration= 99999',
      { digit: '#', durationMs: undefined },
    ],
    ['Application/DTMF-Relay', 'Duration=100\r\nSignal=10', { digit: '*', durationMs: 100 }],
    ['application/dtmf', '7', { digit: '7', durationMs: undefined }],
    ['application/dtmf', 'a', { digit: 'A', durationMs: undefined }],
  ])('of type %s is read from %j', (type, body, digit) => {
    expect(readInfoDigit(type, body)).toEqual(digit);
  });

  it.each([
    ['application/dtmf-relay', 'Signal=55'],
    ['application/dtmf-relay', ''],
    ['application/dtmf', '13900001001'],
    ['text/plain', '5'],
  ])('of type %s is not read from %j', (type, body) => {
    expect(readInfoDigit(type, body)).toBeUndefined();
  });

  it('goes on in a body of our own', () => {
    expect(infoDigitBody({ digit: '5', durationMs: undefined }).body).toBe('Signal=5\r\nDuration=160\r\n');
  });
});
