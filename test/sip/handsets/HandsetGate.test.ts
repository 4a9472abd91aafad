import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { type DigestCredentials, digestResponse } from '../../../src/sip/handsets/digest.ts';
import {
  FAILURES_FORGOTTEN_AFTER_MS,
  MOST_FAILURES_FROM_ONE_ADDRESS,
  MOST_FAILURES_OF_ONE_USER,
} from '../../../src/sip/handsets/FailureLimit.ts';
import { HandsetGate } from '../../../src/sip/handsets/HandsetGate.ts';
import { NONCE_LIFETIME_MS } from '../../../src/sip/handsets/Nonces.ts';
import type { Handset } from '../../../src/store/handsets.ts';

const anna: Handset = {
  username: 'anna',
  number: '+8613900001001',
  password: 'right-password',
  md5Only: false,
  enabled: true,
  contacts: [],
};
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const requestUri = 'sip:192.0.2.1';

let now: number;
let gate: HandsetGate;

function newGate(key = 'key'): HandsetGate {
  return new HandsetGate({
    realm: 'ax.test',
    handsetOf: (username) => (username === anna.username ? anna : undefined),
    sign: (text) => createHmac('sha256', key).update(text).digest(),
    clock: () => now,
    logger,
  });
}

beforeEach(() => {
  now = 1_700_000_000_000;
  gate = newGate();
});

const claim = (credentials: string | undefined, address = '192.0.2.7', likely?: Handset) =>
  gate.check({ method: 'REGISTER', requestUri, credentials, address, likely });

function freshNonce(): string {
  const verdict = claim(undefined);
  if (verdict.kind !== 'challenged') throw new Error(verdict.kind);
  return /nonce="([^"]+)"/.exec(verdict.challenges[0] ?? '')?.[1] ?? '';
}

function answer(
  nonce: string,
  {
    nc = '00000001',
    password = anna.password,
    username = anna.username,
    uri = requestUri,
    counts = true,
  } = {},
): string {
  const quality = counts ? { cnonce: 'c', nc } : undefined;
  const fields: Omit<DigestCredentials, 'response'> = {
    username,
    realm: 'ax.test',
    nonce,
    uri,
    algorithm: 'SHA-256',
    quality,
  };
  const response = digestResponse(fields, 'REGISTER', password);
  const counted = counts ? `, qop=auth, cnonce="c", nc=${nc}` : '';
  return `Digest username="${username}", realm="ax.test", nonce="${nonce}", uri="${uri}", algorithm=SHA-256, response="${response}"${counted}`;
}

const known = { kind: 'known', handset: anna };
const forbidden = { kind: 'refused', status: 403 };
const isStale = (verdict: ReturnType<typeof claim>) =>
  verdict.kind === 'challenged' && verdict.challenges.every((each) => each.includes('stale=true'));

describe('who a handset is', () => {
  it('is known by its password', () => {
    expect(claim(answer(freshNonce()))).toEqual(known);
  });

  it('is not known by another, nor under another name; both look alike', () => {
    expect(claim(answer(freshNonce(), { password: 'wrong' }))).toEqual(forbidden);
    expect(claim(answer(freshNonce(), { username: 'ben' }))).toEqual(forbidden);
    expect(claim(answer(freshNonce(), { username: 'ben', password: '' }))).toEqual(forbidden);
  });

  it('is asked for with a challenge that is not stale', () => {
    const verdict = claim(undefined);
    expect(verdict.kind).toBe('challenged');
    expect(isStale(verdict)).toBe(false);
    expect(claim('Digest username="a", realm="elsewhere", nonce="n", uri="u", response="r"').kind).toBe(
      'challenged',
    );
  });

  it('is asked for with MD5 alone where its phone knows nothing else', () => {
    const verdict = claim(undefined, '192.0.2.7', { ...anna, md5Only: true });
    if (verdict.kind !== 'challenged') throw new Error(verdict.kind);
    expect(verdict.challenges).toEqual([expect.stringContaining('algorithm=MD5')]);
  });

  it('may use a nonce again with a higher count, until it is too old', () => {
    const nonce = freshNonce();
    expect(claim(answer(nonce))).toEqual(known);
    expect(isStale(claim(answer(nonce)))).toBe(true);
    now += NONCE_LIFETIME_MS - 1;
    expect(claim(answer(nonce, { nc: '0000000a' }))).toEqual(known);
    now += 1;
    expect(isStale(claim(answer(nonce, { nc: '0000000b' })))).toBe(true);
  });

  it('may use a nonce once where it does not count', () => {
    const nonce = freshNonce();
    expect(claim(answer(nonce, { counts: false }))).toEqual(known);
    expect(isStale(claim(answer(nonce, { counts: false })))).toBe(true);
    expect(isStale(claim(answer(nonce, { nc: '000000ff' })))).toBe(true);
  });

  it('is told stale for nonces that are not ours', () => {
    const nonce = freshNonce();
    expect(isStale(claim(answer('made-up')))).toBe(true);
    expect(isStale(claim(answer(`${nonce}${nonce}`)))).toBe(true);
    gate = newGate('another key');
    expect(isStale(claim(answer(nonce)))).toBe(true);
  });

  it('may write other parameters into its address, but not another address', () => {
    expect(claim(answer(freshNonce(), { uri: 'SIP:192.0.2.1;transport=tcp' }))).toEqual(known);
    const elsewhere = claim(answer(freshNonce(), { uri: 'sip:+8617000005001@192.0.2.1' }));
    expect(elsewhere).toEqual({ kind: 'refused', status: 400 });
  });

  it('is not looked at after too many wrong passwords from one address, for a while', () => {
    for (let guess = 0; guess < MOST_FAILURES_FROM_ONE_ADDRESS; guess++) {
      expect(claim(answer(freshNonce(), { password: `guess-${guess}` }))).toEqual(forbidden);
    }
    expect(claim(answer(freshNonce()))).toEqual(forbidden);
    expect(claim(answer(freshNonce()), '192.0.2.8')).toEqual(known);
    now += FAILURES_FORGOTTEN_AFTER_MS;
    expect(claim(answer(freshNonce()))).toEqual(known);
  });

  it('is not looked at after very many wrong passwords from everywhere', () => {
    for (let guess = 0; guess < MOST_FAILURES_OF_ONE_USER; guess++) {
      claim(answer(freshNonce(), { password: 'guess' }), `198.51.100.${guess}`);
    }
    expect(claim(answer(freshNonce()))).toEqual(forbidden);
  });

  it('is forgiven wrong passwords by the right one', () => {
    for (let round = 0; round < 3; round++) {
      for (let guess = 1; guess < MOST_FAILURES_FROM_ONE_ADDRESS; guess++) {
        claim(answer(freshNonce(), { password: 'guess' }));
      }
      expect(claim(answer(freshNonce()))).toEqual(known);
    }
  });
});
