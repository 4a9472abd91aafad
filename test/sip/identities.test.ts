import { describe, expect, it } from 'vitest';
import { callerOf, dialledOf, numberOfUri, toE164 } from '../../src/sip/identities.ts';

describe('a number as carriers write it', () => {
  it.each([
    ['+8613900001001', '+8613900001001'],
    ['13900001001', '+8613900001001'],
    ['8613900001001', '+8613900001001'],
    ['008613900001001', '+8613900001001'],
    ['013900001001', '+8613900001001'],
    ['+86 139-0000-1001', '+8613900001001'],
    ['+86 (139) 0000.1001', '+8613900001001'],
    ['+8617000005001', '+8617000005001'],
    ['057188880000', '+8657188880000'],
    ['+8657188880000', '+8657188880000'],
    ['+442079460000', '+442079460000'],
    ['00442079460000', '+442079460000'],
    ['+6598765432', '+6598765432'],
  ])('%s is %s', (text, e164) => {
    expect(toE164(text)).toBe(e164);
  });

  it.each(['', 'anonymous', '110', '+', '+0123456', 'alice', '1390000100x', '9'.repeat(30)])(
    '%j is no number of a plan',
    (text) => {
      expect(toE164(text)).toBeUndefined();
    },
  );
});

describe('the number in a URI', () => {
  it.each([
    ['sip:+8613900001001@192.0.2.1', '+8613900001001'],
    ['<sip:13900001001@carrier.example:5070;user=phone>;tag=1', '+8613900001001'],
    ['"Li \\"<sip:x@y>\\" Lei" <sip:+8613900001001;npdi=yes@h;user=phone>', '+8613900001001'],
    ['sips:+8613900001001:secret@h', '+8613900001001'],
    ['sip:%2B8613900001001@h', '+8613900001001'],
    ['<tel:+86-139-0000-1001>', '+8613900001001'],
    ['tel:13900001001;phone-context=+86', '+8613900001001'],
    ['sip:13900001001;phone-context=+86@h', '+8613900001001'],
  ])('%s holds %s', (uri, number) => {
    expect(numberOfUri(uri)).toBe(number);
  });

  it.each([
    'sip:192.0.2.1',
    'sip:anonymous@anonymous.invalid',
    'sip:%zz@h',
    'http://13900001001@h',
    '',
    '<>',
  ])('%j holds none', (uri) => {
    expect(numberOfUri(uri)).toBeUndefined();
  });
});

describe('who calls whom', () => {
  const headers = {
    requestUri: 'sip:+8617000005001@192.0.2.9;user=phone',
    from: '<sip:13900001001@carrier.example>;tag=a',
    assertedIdentity: undefined,
  };

  it('is the From where nobody is asserted', () => {
    expect(callerOf(headers)).toBe('+8613900001001');
    expect(dialledOf(headers)).toBe('+8617000005001');
  });

  it('is who the network asserts', () => {
    const assertedIdentity = '"Cullen, \\"J\\"" <sip:office@example.com>, <tel:+8613900001002>';
    expect(callerOf({ ...headers, assertedIdentity })).toBe('+8613900001002');
  });

  it('is nobody where the caller is withheld and not asserted', () => {
    const from = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a';
    expect(callerOf({ ...headers, from })).toBe('');
    expect(callerOf({ ...headers, from, assertedIdentity: '<sip:+8613900001001@h>' })).toBe('+8613900001001');
  });

  it('is no X where the Request-URI holds no number', () => {
    expect(dialledOf({ ...headers, requestUri: 'sip:192.0.2.9' })).toBeUndefined();
  });
});

describe('identities that nobody means well with', () => {
  it.each(['"', '<', '"\\', '\\"', '<>', '"a" <', ',', ' '])(
    '%j a hundred thousand times takes no time',
    (unit) => {
      const began = performance.now();
      callerOf({ requestUri: '', from: '', assertedIdentity: unit.repeat(100_000) });
      expect(performance.now() - began).toBeLessThan(200);
    },
  );
});
