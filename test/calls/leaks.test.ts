import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Phone, type PhoneBoasts } from '../kit/Phone.ts';
import { A, B, CallsUnderTest, X } from './callsUnderTest.ts';

const digitsOf = (number: string) => number.slice(3);

/** A phone that puts its owner's number wherever a phone can. */
const boasting = (name: string, number: string): PhoneBoasts => ({
  callIdPrefix: `${digitsOf(number)}-`,
  displayName: `${name} ${number}`,
  contactUser: digitsOf(number),
  headers: {
    'User-Agent': `${name} ${number}`,
    Server: `${name} ${number}`,
    Subject: number,
    'Remote-Party-ID': `<sip:${number}@${name}.example>`,
    'P-Preferred-Identity': `<sip:${number}@${name}.example>`,
    Diversion: `<sip:${number}@${name}.example>`,
    'History-Info': `<sip:${number}@${name}.example>;index=1`,
    'X-Owner': number,
    'User-to-User': Buffer.from(number).toString('hex'),
    'Reply-To': `<sip:${number}@${name}.example>`,
    'Call-Info': `<http://${name}.example/${number}>`,
    Organization: name,
  },
  sdpUserName: digitsOf(number),
  sdpLines: [
    `i=${number}`,
    `u=http://${name}.example/${number}`,
    `e=${number}@${name}.example`,
    `p=${number}`,
  ],
});

let calls: CallsUnderTest;
let alice: Phone;
let bob: Phone;

beforeAll(async () => {
  calls = await CallsUnderTest.start();
});

afterAll(() => calls.stop());

beforeEach(async () => {
  const server = calls.sipAddress;
  alice = (await Phone.start({ name: 'alice', sound: false, boasts: boasting('Alice', A) })).dialVia(server);
  bob = (await Phone.start({ name: 'bob', sound: false, boasts: boasting('Bob', B) })).dialVia(server);
  calls.trunks.replace([calls.trunk('carrier', bob.port)]);
  calls.bind();
});

afterEach(async () => {
  await alice.close();
  await bob.close();
});

/** Every byte that came to a phone. */
const received = (phone: Phone) =>
  phone.packets
    .filter(({ direction }) => direction === 'in')
    .map(({ bytes }) => bytes)
    .join('\n');

/** What a phone got must not hold the other's number, whole, without country code, in hex or as its last digits. */
function expectNothingOf(name: string, number: string, phone: Phone, own: string): void {
  const text = received(phone).replaceAll(digitsOf(own), '-own-');
  expect(text).not.toContain(digitsOf(number));
  expect(text).not.toContain(Buffer.from(number).toString('hex'));
  expect(text).not.toContain(name);
}

describe('no byte that goes to one party holds the number of the other', () => {
  it('in a call that is answered, held, keyed in and hung up', async () => {
    const call = await alice.call(X, { from: A, asserted: A });
    const incoming = await bob.nextCall();
    incoming.ring();
    await call.progress.next();
    incoming.ring(183);
    await call.progress.next();
    await incoming.answer();
    await call.answered;
    await call.reinvite('sendonly');
    await incoming.reinvite('sendrecv');
    await call.request('INFO', { 'Content-Type': 'application/dtmf-relay' }, `Signal=1\r\nFrom=${A}\r\n`);
    await incoming.hangUp({ Reason: `SIP;cause=200;text="${B}"`, 'X-Number': B });
    await call.end();
    expectNothingOf('Alice', A, bob, B);
    expectNothingOf('Bob', B, alice, A);
    expect(received(bob)).toContain(X);
    expect(received(alice).length).toBeGreaterThan(1000);
  });

  it.each([486, 480, 302, 603])('in a call that is refused with %i', async (status) => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    const text = `Q.850;cause=17;text="${B} is busy"`;
    incoming.reject(status, { Reason: text, Warning: `399 ${B} "x"`, Contact: `<sip:${B}@Bob.example>` });
    await call.end();
    expectNothingOf('Bob', B, alice, A);
  });

  it('in a call that is given up', async () => {
    const call = await alice.call(X, { from: A });
    const incoming = await bob.nextCall();
    incoming.ring();
    await call.progress.next();
    call.cancel({ Reason: `SIP;cause=487;text="${A}"` });
    await incoming.end();
    await call.end();
    expectNothingOf('Alice', A, bob, B);
    expectNothingOf('Bob', B, alice, A);
  });
});

describe('what is logged', () => {
  it('holds no whole number', () => {
    const text = JSON.stringify(calls.logged);
    expect(text).not.toContain(digitsOf(A));
    expect(text).not.toContain(digitsOf(B));
  });
});
