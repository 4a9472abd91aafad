import { describe, expect, it } from 'vitest';
import { handsetTarget, isHandsetGone } from '../../../src/sip/handsets/handsetTarget.ts';
import type { HandsetSource } from '../../../src/store/handsets.ts';

describe('a handset', () => {
  it.each<[HandsetSource, string]>([
    [{ transport: 'udp', address: '192.0.2.7', port: 5062 }, 'sip:192.0.2.7:5062;transport=udp'],
    [{ transport: 'tcp', address: '192.0.2.7', port: 40001 }, 'sip:192.0.2.7:40001;transport=tcp'],
    [{ transport: 'tls', address: '2001:db8::7', port: 40001 }, 'sip:[2001:db8::7]:40001;transport=tls'],
  ])('that registered from %j is rung at %s', (source, nextHop) => {
    const uri = 'sip:anna@10.0.0.7';
    const contact = { uri, source, callId: 'c', cseq: 1, registeredAt: 0, expiresAt: 1 };
    expect(handsetTarget(contact)).toEqual({ uri, nextHop });
  });

  it.each([
    [undefined, true],
    [408, true],
    [410, true],
    [430, true],
    [503, true],
    [404, false],
    [480, false],
    [486, false],
    [603, false],
  ])('that fails with %s is gone: %s; once it has rung, it never is', (status, isGone) => {
    expect(isHandsetGone(status, false)).toBe(isGone);
    expect(isHandsetGone(status, true)).toBe(false);
  });
});
