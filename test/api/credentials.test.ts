import { describe, expect, it } from 'vitest';
import { readCredentials } from '../../src/api/credentials.ts';
import { digestMatches } from '../../src/api/passwordDigest.ts';

const AKSK = 'AKSK realm="SDP",profile="UsernameToken",type="Appkey"';
const WSSE = 'WSSE realm="SDP",profile="UsernameToken",type="Appkey"';
const TOKEN =
  'UsernameToken Username="key", PasswordDigest="digest", Nonce="nonce", Created="2026-01-31T08:00:00Z"';

describe('the two headers of a partner request', () => {
  it('are read for both schemes', () => {
    const expected = { appKey: 'key', digest: 'digest', nonce: 'nonce', created: '2026-01-31T08:00:00Z' };
    expect(readCredentials({ authorization: AKSK, 'x-aksk': TOKEN })).toEqual({
      scheme: 'aksk',
      ...expected,
    });
    expect(readCredentials({ authorization: WSSE, 'x-wsse': TOKEN })).toEqual({
      scheme: 'wsse',
      ...expected,
    });
  });

  it.each([
    ['a space after each comma', 'AKSK realm="SDP", profile="UsernameToken", type="Appkey"', TOKEN],
    ['no space at all', AKSK, TOKEN.replaceAll(', ', ',')],
    [
      'spaces around the equals sign',
      'AKSK realm = "SDP" , profile = "UsernameToken" , type = "Appkey"',
      TOKEN,
    ],
    ['a lower-case scheme', AKSK.replace('AKSK', 'aksk'), TOKEN],
    ['UserName for Username', AKSK, TOKEN.replace('Username=', 'UserName=')],
    ['no UsernameToken in front', AKSK, TOKEN.replace('UsernameToken ', '')],
    [
      'attributes without quotes',
      'AKSK realm=SDP,profile=UsernameToken,type=Appkey',
      TOKEN.replaceAll('"', ''),
    ],
  ])('may have %s', (_, authorization, token) => {
    expect(readCredentials({ authorization, 'x-aksk': token })).toMatchObject({
      appKey: 'key',
      nonce: 'nonce',
    });
  });

  it('may have a Base64 nonce', () => {
    const token = TOKEN.replace('"nonce"', '"q83v/+8="');
    expect(readCredentials({ authorization: AKSK, 'x-aksk': token }).nonce).toBe('q83v/+8=');
  });

  it('do not take long to read, however hostile', () => {
    const started = performance.now();
    expect(() => readCredentials({ authorization: `AKSK ${'a='.repeat(8000)}` })).toThrow();
    expect(() => readCredentials({ authorization: `AKSK ${'a'.repeat(16_000)}` })).toThrow();
    expect(() => readCredentials({ authorization: `AKSK ${' '.repeat(16_000)}=` })).toThrow();
    expect(() => readCredentials({ authorization: `AKSK ${'a '.repeat(8000)}=` })).toThrow();
    expect(() => readCredentials({ authorization: `AKSK ${'a="'.repeat(5000)}` })).toThrow();
    expect(performance.now() - started).toBeLessThan(100);
  });
});

describe('the digest', () => {
  // Worked out once with openssl from nonce "n1", created "2026-01-31T08:00:00Z" and secret "s3cret".
  const base = { appKey: 'key', nonce: 'n1', created: '2026-01-31T08:00:00Z' };
  const hmac = 'WSCIEFUrqCux6+qb8E4dewLO1KAe+Gh3/dpJ6jr6gCw=';
  const raw = 'u7VonXtHldtOZlzzmA7HL7PYwP3xCnWDRJthpTAd4J0=';
  const hex = 'YmJiNTY4OWQ3YjQ3OTVkYjRlNjY1Y2YzOTgwZWM3MmZiM2Q4YzBmZGYxMGE3NTgzNDQ5YjYxYTUzMDFkZTA5ZA==';

  it('of AKSK is an HMAC with the secret as its key', () => {
    expect(digestMatches({ ...base, scheme: 'aksk', digest: hmac }, 's3cret')).toBe(true);
    expect(digestMatches({ ...base, scheme: 'aksk', digest: raw }, 's3cret')).toBe(false);
  });

  it('of WSSE is a hash, encoded from its bytes or from its hex string', () => {
    expect(digestMatches({ ...base, scheme: 'wsse', digest: raw }, 's3cret')).toBe(true);
    expect(digestMatches({ ...base, scheme: 'wsse', digest: hex }, 's3cret')).toBe(true);
    expect(digestMatches({ ...base, scheme: 'wsse', digest: hmac }, 's3cret')).toBe(false);
  });

  it('fails with another secret, another nonce, or cut short', () => {
    expect(digestMatches({ ...base, scheme: 'aksk', digest: hmac }, 'other')).toBe(false);
    expect(digestMatches({ ...base, nonce: 'n2', scheme: 'aksk', digest: hmac }, 's3cret')).toBe(false);
    expect(digestMatches({ ...base, scheme: 'aksk', digest: hmac.slice(0, -1) }, 's3cret')).toBe(false);
    expect(digestMatches({ ...base, scheme: 'wsse', digest: '' }, 's3cret')).toBe(false);
  });
});
