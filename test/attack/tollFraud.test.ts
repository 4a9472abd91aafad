import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answeringQuestions, connectTo } from '../kit/customerReplies.ts';
import { eventually } from '../kit/eventually.ts';
import type { Tenant } from '../kit/Tenant.ts';
import { Besieged } from './Besieged.ts';

/*
 * Who can steer axbridge, as a customer whose secret was stolen or whose server was taken over, wants it to call numbers
 * that pay him. What goes out is read at the trunk.
 */

const CALLER = '+8613900001009';
const ABROAD = '+442079460005';
/** Premium rate, satellites, networks of no country; a service of the mainland behind an area code. */
const DEAR = [
  '+979123456789',
  '+881612345678',
  '+882161234567',
  '+19005551234',
  '+8657116812345',
  '+861096123456',
];

let besieged: Besieged;
let customer: Tenant;

beforeAll(async () => {
  besieged = await Besieged.start();
  customer = await besieged.scenario.tenant('X', { announcements: { 'business-fault': null } });
});

afterAll(() => besieged?.close());

beforeEach(() => {
  besieged.scenario.sink.rule = 200;
});

/** Anna dials, and is turned down. @returns the stateCode of which the customer is told */
async function refusedCall(x: string, from: string): Promise<unknown> {
  const { anna, ben } = besieged.scenario;
  const callsBefore = ben.calls.items.length;
  const atAnna = await anna.call(x, { from });
  await atAnna.end();
  const [told] = await besieged.scenario.told(x);
  expect(ben.calls.items).toHaveLength(callsBefore);
  return told?.events.at(-1)?.statusInfo.stateCode;
}

describe('a binding to a number where calls are dear', () => {
  it.each(DEAR)('%s: no call goes out, not even of an application that may call abroad', async (b) => {
    const app = await besieged.scenario.tenant('AXB', { guards: { callsAbroad: true } });
    const { x, a } = await app.bind({}, { b });
    expect(await refusedCall(x, a)).toBe(7004);
  });

  it('abroad: no call goes out, unless the operator lets the application call there', async () => {
    const app = await besieged.scenario.tenant('AXB');
    const { x, a } = await app.bind({}, { b: ABROAD });
    expect(await refusedCall(x, a)).toBe(8043);
    await app.change({ guards: { callsAbroad: true } });
    const { anna, ben } = besieged.scenario;
    await eventually('the application to be let abroad', async () => {
      const call = await anna.call(x, { from: a });
      const rang = await Promise.race([
        ben.nextCallTo(ABROAD, 2000).then(
          (atBen) => {
            atBen.reject(486);
            return true;
          },
          () => false,
        ),
        call.end().then(() => false),
      ]);
      await call.end();
      return rang;
    });
  });
});

describe("a customer's server (mode X) that was taken over", () => {
  it.each([...DEAR, ABROAD])('connects nobody to %s', async (calleeNum) => {
    besieged.scenario.sink.rule = answeringQuestions(connectTo(calleeNum));
    const x = await customer.addX();
    expect(await refusedCall(x, CALLER)).toBe(calleeNum === ABROAD ? 8043 : 7004);
  });

  it.each([
    '10086',
    '95588',
    '+864008001234',
    'sip:900@evil.example',
    '+8613900002009;phone-context=+1900',
    '0',
  ])('connects nobody to %s, which is no number of a person', async (calleeNum) => {
    besieged.scenario.sink.rule = answeringQuestions(connectTo(calleeNum));
    const x = await customer.addX();
    expect(await refusedCall(x, CALLER)).toBe(8020);
  });
});

describe('a party who dials', () => {
  it('reaches only whom the binding names, whatever he adds to the X', async () => {
    const { anna, ben } = besieged.scenario;
    const pair = await besieged.scenario.bind();
    const callsBefore = ben.calls.items.length;
    const uris = [
      `${pair.x};phone-context=+1900`,
      `${pair.x}%3bext=900`,
      `${pair.x}:secret`,
      `${pair.x};npdi;rn=+1900`,
    ];
    for (const dialled of uris) {
      const call = await anna.call(dialled, { from: pair.a });
      const atBen = await Promise.race([
        ben.nextCall(2000).catch(() => undefined),
        call.end().then(() => undefined),
      ]);
      atBen?.reject(486);
      await call.end();
    }
    for (const { wantedNumber } of ben.calls.items.slice(callsBefore)) expect(wantedNumber).toBe(pair.b);
  });

  it('cannot have the call sent on: 302 and REFER lead nowhere', async () => {
    const { anna, ben } = besieged.scenario;
    const pair = await besieged.scenario.bind();
    const first = await anna.call(pair.x, { from: pair.a });
    (await ben.nextCallTo(pair.b)).reject(302, { Contact: `<sip:+979123456789@${ben.host}:${ben.port}>` });
    await first.end();
    const second = await anna.call(pair.x, { from: pair.a });
    const atBen = await ben.nextCallTo(pair.b);
    await Promise.all([atBen.answer(), second.answered]);
    const callsBefore = ben.calls.items.length;
    const refused = await atBen.request('REFER', { 'Refer-To': `<sip:+979123456789@${ben.host}>` });
    expect(refused.status).toBe(405);
    await second.hangUp();
    await atBen.end();
    expect(ben.calls.items).toHaveLength(callsBefore);
  });
});
