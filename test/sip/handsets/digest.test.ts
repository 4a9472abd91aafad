import { describe, expect, it } from 'vitest';
import {
  challenges,
  DIGEST_ALGORITHMS,
  type DigestCredentials,
  digestResponse,
  parseCredentials,
  provesPassword,
} from '../../../src/sip/handsets/digest.ts';

/** RFC 7616, 3.9.1. */
const MUFASA: Omit<DigestCredentials, 'response'> = {
  username: 'Mufasa',
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  uri: '/dir/index.html',
  algorithm: 'MD5',
  quality: { cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', nc: '00000001' },
};
const MD5_RESPONSE = '8ca523f5e9506fed4657c9700eebdbec';
const SHA256_RESPONSE = '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1';

/** RFC 2617, 3.5, with the response that RFC 2069 makes of it. */
const WITHOUT_QOP: Omit<DigestCredentials, 'response'> = {
  username: 'Mufasa',
  realm: 'testrealm@host.com',
  nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
  uri: '/dir/index.html',
  algorithm: 'MD5',
  quality: undefined,
};

describe('the response to a challenge', () => {
  it.each([
    ['MD5', MUFASA, 'Circle of Life', MD5_RESPONSE],
    ['SHA-256', { ...MUFASA, algorithm: 'SHA-256' }, 'Circle of Life', SHA256_RESPONSE],
    ['MD5 without qop', WITHOUT_QOP, 'Circle Of Life', '670fd8c2df070c60b045671b8b24ff02'],
  ] as const)('with %s is that of the RFC', (_, credentials, password, response) => {
    expect(digestResponse(credentials, 'GET', password)).toBe(response);
    expect(provesPassword({ ...credentials, response }, 'GET', password)).toBe(true);
  });

  it.each([
    ['another password', {}, 'GET', 'Circle of Strife'],
    ['another method', {}, 'POST', 'Circle of Life'],
    ['another user', { username: 'Scar' }, 'GET', 'Circle of Life'],
    ['another address', { uri: '/dir' }, 'GET', 'Circle of Life'],
    ['another nonce', { nonce: 'x' }, 'GET', 'Circle of Life'],
    ['a response cut short', { response: MD5_RESPONSE.slice(0, 8) }, 'GET', 'Circle of Life'],
    ['no response', { response: '' }, 'GET', 'Circle of Life'],
  ] as const)('does not fit %s', (_, changed, method, password) => {
    const credentials = { ...MUFASA, response: MD5_RESPONSE, ...changed };
    expect(provesPassword(credentials, method, password)).toBe(false);
  });
});

describe('credentials', () => {
  const basic =
    'Digest username="anna", realm="r", nonce="n", uri="sip:h", response="ABC", algorithm=SHA-256, qop=auth, nc=00000002, cnonce="c"';
  const read = {
    username: 'anna',
    realm: 'r',
    nonce: 'n',
    uri: 'sip:h',
    response: 'abc',
    algorithm: 'SHA-256',
    quality: { cnonce: 'c', nc: '00000002' },
  };

  it.each([
    ['as phones write them', basic, [read]],
    [
      'with quotes where none belong',
      basic.replace('=auth', '="auth"').replace('SHA-256', '"sha-256"'),
      [read],
    ],
    ['without spaces', basic.replaceAll(', ', ','), [read]],
    ['with escapes', basic.replace('"anna"', '"an\\"\\\\na"'), [{ ...read, username: 'an"\\na' }]],
    ['with commas in quotes', basic.replace('"r"', '"r, s=t"'), [{ ...read, realm: 'r, s=t' }]],
    [
      'for two challenges',
      `${basic},${basic.replace('SHA-256', 'MD5')}`,
      [read, { ...read, algorithm: 'MD5' }],
    ],
    ['without algorithm', basic.replace(' algorithm=SHA-256,', ''), [{ ...read, algorithm: 'MD5' }]],
    ['of an old phone', basic.replace(/, qop.*/, ''), [{ ...read, quality: undefined }]],
    ['of an unknown algorithm', basic.replace('SHA-256', 'SHA-1'), []],
    ['of an unknown quality', basic.replace('=auth', '=auth-int'), []],
    ['without a count', basic.replace(' nc=00000002,', ''), []],
    ['with a count that is none', basic.replace('00000002', '2'), []],
    ['without a user', basic.replace('username="anna", ', ''), []],
    ['of another scheme', 'Basic YW5uYTpw', []],
    ['of Bearer', 'Bearer realm="r", username="anna"', []],
    ['that break off', 'Digest username="anna', []],
    ['that are empty', '', []],
  ])('%s are read', (_, header, expected) => {
    expect(parseCredentials(header)).toEqual(expected);
  });

  it('of any length cost no more than their length', () => {
    const started = performance.now();
    for (const part of ['a', '"', ' ', ',', '\\', 'a=', 'a="', 'Digest ', '=,', '" ,']) {
      parseCredentials(`Digest x=${part.repeat(60_000 / part.length)}`);
    }
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('challenges', () => {
  it('offer SHA-256 before MD5 and quote the realm', () => {
    expect(challenges('a"b', 'n', DIGEST_ALGORITHMS, false)).toEqual([
      'Digest realm="a\\"b", nonce="n", algorithm=SHA-256, qop="auth"',
      'Digest realm="a\\"b", nonce="n", algorithm=MD5, qop="auth"',
    ]);
    expect(challenges('r', 'n', ['MD5'], true).every((each) => each.endsWith(', stale=true'))).toBe(true);
  });
});
