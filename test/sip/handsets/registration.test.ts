import { describe, expect, it } from 'vitest';
import { formatContacts, liveContacts, register } from '../../../src/sip/handsets/registration.ts';
import type { HandsetContact } from '../../../src/store/handsets.ts';

const NOW = 1_700_000_000_000;
const source = { transport: 'udp', address: '192.0.2.7', port: 5062 } as const;

const contact = (more: Partial<HandsetContact> = {}): HandsetContact => ({
  uri: 'sip:anna@10.0.0.7:5062',
  source,
  callId: 'call-1',
  cseq: 1,
  registeredAt: NOW - 1000,
  expiresAt: NOW + 60_000,
  ...more,
});

const ask = (more: object = {}) => ({
  contact: '<sip:anna@10.0.0.7:5062>',
  expires: undefined,
  callId: 'call-1',
  cseq: 2,
  source,
  ...more,
});

const added = (seconds: number, more: Partial<HandsetContact> = {}) =>
  contact({ cseq: 2, registeredAt: NOW, expiresAt: NOW + seconds * 1000, ...more });

const other = contact({ uri: 'sip:anna@10.0.0.8', callId: 'call-2' });

describe('a REGISTER', () => {
  it.each<[string, HandsetContact[], object, HandsetContact[]]>([
    ['of a new contact gets an hour', [], {}, [added(3600)]],
    ['takes Expires', [], { expires: '120' }, [added(120)]],
    [
      'takes expires of the contact before Expires',
      [],
      { contact: '<sip:a@h>;q=1;expires=90', expires: '120' },
      [added(90, { uri: 'sip:a@h' })],
    ],
    ['gets no more than an hour', [], { expires: '999999' }, [added(3600)]],
    ['with a broken Expires gets an hour', [], { expires: 'soon' }, [added(3600)]],
    ['of a known contact replaces it', [contact()], { expires: '120' }, [added(120)]],
    ['leaves other contacts', [other], {}, [other, added(3600)]],
    ['puts the latest contact last', [contact(), other], {}, [other, added(3600)]],
    [
      'of several contacts adds all',
      [],
      { contact: '"A, B" <sip:a@h>, <sip:b@h>;expires=60' },
      [added(3600, { uri: 'sip:a@h' }), added(60, { uri: 'sip:b@h' })],
    ],
    [
      'with expires=0 removes its contact',
      [contact(), other],
      { contact: '<sip:anna@10.0.0.7:5062>;expires=0' },
      [other],
    ],
    ['with Expires 0 removes its contact', [contact(), other], { expires: '0' }, [other]],
    ['with a star removes all', [contact(), other], { contact: ' * ', expires: '0' }, []],
    [
      'forgets what has expired',
      [contact({ expiresAt: NOW })],
      { contact: '<sip:b@h>' },
      [added(3600, { uri: 'sip:b@h' })],
    ],
    ['takes a bare address', [], { contact: 'sip:a@h;expires=90' }, [added(90, { uri: 'sip:a@h' })]],
    [
      'drops headers in an address',
      [],
      { contact: '<sip:a@h;ob?Subject=x>' },
      [added(3600, { uri: 'sip:a@h;ob' })],
    ],
    [
      'of a restarted phone may count anew',
      [contact({ cseq: 9 })],
      { callId: 'call-9', cseq: 1 },
      [added(3600, { callId: 'call-9', cseq: 1 })],
    ],
    [
      'keeps ten contacts, the latest',
      Array.from({ length: 10 }, (_, n) => contact({ uri: `sip:${n}@h` })),
      {},
      [...Array.from({ length: 9 }, (_, n) => contact({ uri: `sip:${n + 1}@h` })), added(3600)],
    ],
  ])('%s', (_, before, request, after) => {
    expect(register(before, ask(request), NOW)).toEqual({ kind: 'contacts', contacts: after, changed: true });
  });

  it('without a contact asks, and changes nothing', () => {
    const outcome = register([contact(), contact({ expiresAt: NOW })], ask({ contact: undefined }), NOW);
    expect(outcome).toEqual({ kind: 'contacts', contacts: [contact()], changed: false });
  });

  it.each<[string, object, object]>([
    ['that is too short lived', { expires: '29' }, { status: 423, headers: { 'Min-Expires': '30' } }],
    ['that comes late', { cseq: 1 }, { status: 500 }],
    ['that leaves late', { contact: '*', expires: '0', cseq: 1 }, { status: 500 }],
    ['with a star that does not leave', { contact: '*', expires: '60' }, { status: 400 }],
    ['with a star among addresses', { contact: '*, <sip:a@h>', expires: '0' }, { status: 400 }],
    ['with an empty contact', { contact: '' }, { status: 400 }],
    ['with a telephone number', { contact: '<tel:+8613900001001>' }, { status: 400 }],
    ['with a line break', { contact: '<sip:a@h\r\nX: y>' }, { status: 400 }],
    ['with a space', { contact: '<sip:a@h SIP/2.0>' }, { status: 400 }],
    ['with a novel', { contact: `<sip:${'a'.repeat(600)}@h>` }, { status: 400 }],
  ])('%s is refused', (_, request, refusal) => {
    expect(register([contact()], ask(request), NOW)).toEqual({ kind: 'refused', ...refusal });
  });
});

describe('contacts', () => {
  it('are dead at the millisecond they expire', () => {
    expect(liveContacts([contact()], NOW + 59_999)).toHaveLength(1);
    expect(liveContacts([contact()], NOW + 60_000)).toHaveLength(0);
  });

  it('are told with the seconds they have left', () => {
    expect(formatContacts([contact(), other], NOW + 500)).toBe(
      '<sip:anna@10.0.0.7:5062>;expires=60, <sip:anna@10.0.0.8>;expires=60',
    );
    expect(formatContacts([], NOW)).toBeUndefined();
  });
});
