import { expect } from 'vitest';
import { eventually } from '../../kit/eventually.ts';
import type { Pair } from '../../kit/Tenant.ts';
import type { PlayedCall } from './PlayedCall.ts';
import {
  answer,
  giveUp,
  giveUpRinging,
  refuseWith,
  ringAndRefuseWith,
  ringOnly,
  sayAndRefuseWith,
  stopRinging,
  stopTalking,
  talkAndBeLeft,
  talkAndLeave,
  talkForRecord,
  talkForRecordAfter,
} from './plays.ts';
import {
  bare,
  cutWith,
  type Dialled,
  EVENTS,
  hungUpByCallee,
  hungUpByCaller,
  type Row,
  refused,
  type Table,
} from './Row.ts';
import { CARRIER_SAYS, FILES, own, productsOwn } from './World.ts';

const STRANGER = '+8613900009999';
const LANDLINE = '+8657188880000';
const NOBODYS_X = '+8617099999999';
/** Media must go to an address: a name can hold a number. */
const UNUSABLE_OFFER = [
  'v=0',
  'o=- 1 1 IN IP4 anna.invalid',
  's=-',
  'c=IN IP4 anna.invalid',
  't=0 0',
  'm=audio 4000 RTP/AVP 8',
  '',
].join('\r\n');

const aCalls = ({ a, b, ...pair }: Pair): Dialled => ({ ...pair, from: a, callee: b });
const bCalls = ({ a, b, ...pair }: Pair): Dialled => ({ ...pair, from: b, callee: a });

/** A calls B on terms. */
const bound =
  (terms: Readonly<Record<string, unknown>> = {}): Row['given'] =>
  async ({ tenant }) =>
    aCalls(await tenant.bind(terms));

/** Somebody calls who is not bound. */
const calledBy =
  (from: string | undefined): Row['given'] =>
  async ({ tenant }) => ({ x: (await tenant.bind()).x, from });

const talks: readonly Row[] = [
  {
    name: 'A calls B and hangs up',
    given: async ({ tenant }) => {
      const userData = 'order-77';
      return { ...aCalls(await tenant.bind({ userData })), userData };
    },
    play: talkAndLeave,
    stateCode: 0,
    sip: hungUpByCaller,
    events: EVENTS.answered,
  },
  {
    name: 'B calls A, who hangs up',
    given: async ({ tenant }) => bCalls(await tenant.bind()),
    play: talkAndBeLeft,
    stateCode: 0,
    sip: hungUpByCallee,
    events: EVENTS.answered,
  },
  {
    name: 'A hears his tone, both hear the record hint, both are recorded',
    given: bound({
      preVoice: { callerHintTone: FILES.ringback, calleeHintTone: FILES.otherRingback },
      recordFlag: 'true',
      recordHintTone: FILES.recordHint,
    }),
    play: talkForRecordAfter(FILES.ringback),
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [FILES.ringback, FILES.recordHint],
    calleeHears: [FILES.recordHint],
    events: EVENTS.answered,
    recorded: true,
  },
  {
    name: 'both hear the hint of the quality check where the binding has none, and are recorded',
    app: { qualityCheck: true, qualityHintTone: FILES.recordHint },
    given: bound({ recordFlag: 'true' }),
    play: talkForRecord,
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [FILES.recordHint],
    calleeHears: [FILES.recordHint],
    events: EVENTS.answered,
    recorded: true,
  },
  {
    name: 'B hears the tone that is his, without a recording where the application has none',
    app: { recording: false },
    given: async ({ tenant }) => {
      const preVoice = { callerHintTone: FILES.ringback, calleeHintTone: FILES.otherRingback };
      return bCalls(await tenant.bind({ preVoice }));
    },
    play: talkForRecordAfter(FILES.otherRingback),
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [FILES.otherRingback],
    events: EVENTS.answered,
  },
  {
    name: 'the limit of the binding is reached',
    given: bound({ maxDuration: 1, lastMinVoice: FILES.lastMinute }),
    play: talkUntilTheLimit,
    stateCode: 8010,
    sip: cutWith(16),
    hears: [FILES.lastMinute],
    calleeHears: [FILES.lastMinute],
    events: EVENTS.answered,
    record: { callDuration: 60 },
    patienceMs: 90_000,
  },
  {
    name: 'the customer stops it while it rings',
    given: bound(),
    play: stopRinging,
    stateCode: 8017,
    sip: refused(480, 16),
    events: EVENTS.rang,
  },
  {
    name: 'the customer stops it while they talk',
    given: bound({ recordFlag: 'true' }),
    play: stopTalking,
    stateCode: 8017,
    sip: cutWith(16),
    events: EVENTS.answered,
    // It may have come to the three seconds after which a recording is kept.
    record: { recordFlag: expect.any(Number) },
  },
];

/** They talk on while a minute's notice is played at once, and are cut when it is over. */
async function talkUntilTheLimit(call: PlayedCall): Promise<void> {
  await answer(call);
  await call.hears(FILES.lastMinute);
  await call.hearEachOther();
  const end = await call.atCaller.end(70_000);
  expect(await call.atCallee?.end()).toMatchObject({ how: 'other-hung-up', reason: 'Q.850;cause=16' });
  const lasted = end.at - call.atCaller.startedAt;
  expect(lasted).toBeGreaterThan(59_500);
  expect(lasted).toBeLessThan(63_000);
}

/** How a callee can fail: his network's final response, what the caller gets, what the customer is told. */
type Failure = readonly [
  name: string,
  play: Row['play'],
  stateCode: number,
  sip: number,
  q850: number,
  rang?: true,
];

const failures: readonly Failure[] = [
  ['busy (486)', refuseWith(486), 8102, 486, 17],
  ['busy everywhere (600)', refuseWith(600), 8102, 486, 17],
  [
    'busy by the cause of a 480',
    refuseWith(480, { Reason: 'Q.850;cause=17;text="User busy"' }),
    8102,
    486,
    17,
  ],
  ['declined (603)', ringAndRefuseWith(603), 7503, 603, 21, true],
  ['barred (403)', refuseWith(403), 7504, 403, 21],
  ['no such number (404)', refuseWith(404), 8100, 404, 1],
  ['an incomplete number (484)', refuseWith(484), 8100, 484, 28],
  ['no such number, by the cause of a 503', refuseWith(503, { Reason: 'Q.850;cause=1' }), 8100, 404, 1],
  ['not reachable (480)', refuseWith(480), 8103, 480, 20],
  ['no answer (480 after ringing)', ringAndRefuseWith(480), 8101, 480, 19, true],
  ['out of service, by the cause of a 480', refuseWith(480, { Reason: 'Q.850;cause=27' }), 8105, 502, 27],
  ['a fault of his network (500)', refuseWith(500), 7506, 500, 41],
  ['no route (302, which is not followed)', refuseWith(302), 7508, 404, 3],
  ['rung without an answer until the platform gives up', ringOnly, 8035, 408, 102, true],
];

const unreached = failures.map(
  ([name, play, stateCode, sip, q850, rang]): Row => ({
    name: `B: ${name}`,
    given: bound(),
    ...(play && { play }),
    stateCode,
    sip: refused(sip, q850),
    events: rang ? EVENTS.rang : EVENTS.forwarded,
    record: { fwdUnaswRsn: q850 },
  }),
);

const earlyMedia: readonly Row[] = [
  {
    name: "B's network says why, straight to A",
    given: bound(),
    play: sayAndRefuseWith(CARRIER_SAYS, 480, { Reason: 'Q.850;cause=20' }),
    stateCode: 8103,
    sip: refused(480, 20),
    hears: [CARRIER_SAYS.name],
    events: EVENTS.forwarded,
  },
  {
    name: "B's network says why, through the media server",
    given: bound({ recordFlag: 'true' }),
    play: sayAndRefuseWith(CARRIER_SAYS, 486),
    stateCode: 8102,
    sip: refused(486, 17),
    hears: [CARRIER_SAYS.name],
    events: EVENTS.forwarded,
  },
];

const givenUp: readonly Row[] = [
  {
    name: 'A gives up before it rings',
    given: bound(),
    play: giveUp,
    stateCode: 7501,
    sip: bare(487),
    events: EVENTS.forwarded,
  },
  {
    name: 'A gives up while it rings',
    given: bound(),
    play: giveUpRinging,
    stateCode: 7502,
    sip: bare(487),
    events: EVENTS.rang,
  },
  {
    name: 'A offers media that cannot be used',
    given: async (hands) => ({ ...(await bound()(hands)), offer: UNUSABLE_OFFER }),
    stateCode: 7505,
    sip: refused(488, 65),
    events: EVENTS.refused,
  },
];

const noBinding = {
  stateCode: 8014,
  sip: refused(403, 21),
  events: EVENTS.refused,
} as const;

const refusals: readonly Row[] = [
  { name: 'a stranger', given: calledBy(STRANGER), hears: [own('no-binding')], ...noBinding },
  {
    name: "a stranger, who hears the product's announcement",
    announcements: { 'no-binding': 'default' },
    given: calledBy(STRANGER),
    hears: [productsOwn('no-binding')],
    ...noBinding,
  },
  {
    name: 'a stranger, where the operator wants silence',
    announcements: { 'no-binding': null },
    given: calledBy(STRANGER),
    ...noBinding,
  },
  {
    name: 'a caller who withholds his number',
    given: calledBy(undefined),
    hears: [own('no-binding')],
    ...noBinding,
  },
  {
    name: 'A, after the binding has expired',
    given: async ({ tenant }) => {
      const { a, x, subscriptionId } = await tenant.bind({ duration: 1 });
      const isGone = async () => (await tenant.partner.query({ subscriptionId })).body.resultcode !== '0';
      await eventually('the end of the binding', isGone);
      return { x, from: a };
    },
    hears: [own('no-binding')],
    ...noBinding,
  },
  {
    name: 'A, after the binding was taken away',
    given: async ({ tenant }) => {
      const { a, x, subscriptionId } = await tenant.bind();
      await tenant.partner.unbind({ subscriptionId });
      return { x, from: a };
    },
    hears: [own('no-binding')],
    ...noBinding,
  },
  {
    name: 'A, against the direction of the binding',
    given: async ({ tenant }) => {
      const { a, x, subscriptionId } = await tenant.bind({ callDirection: 2 });
      return { x, from: a, subscriptionId };
    },
    stateCode: 8016,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
  {
    name: 'B, against the direction of the binding',
    given: async ({ tenant }) => {
      const { b, x, subscriptionId } = await tenant.bind({ callDirection: 1 });
      return { x, from: b, subscriptionId };
    },
    stateCode: 8016,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
  {
    name: 'a fixed line, even one that is bound',
    given: async ({ tenant }) => {
      const { x } = await tenant.bind({}, { a: LANDLINE });
      return { x, from: LANDLINE };
    },
    stateCode: 8023,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
  {
    name: 'A, while X is suspended',
    given: async ({ tenant, world }) => {
      const { a, x } = await tenant.bind();
      await world.scenario.admin.send('PATCH', `/numbers/${encodeURIComponent(x)}`, { state: 'suspended' });
      return { x, from: a };
    },
    stateCode: 8055,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
  {
    name: 'A, while the application is frozen',
    given: async ({ tenant }) => {
      const { a, x } = await tenant.bind();
      await tenant.change({ state: 'frozen' });
      return { x, from: a };
    },
    stateCode: 7108,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
  {
    name: 'anyone, to a number that belongs to nobody',
    given: async () => ({ x: NOBODYS_X, from: STRANGER }),
    stateCode: 8018,
    sip: refused(404, 1),
    events: '',
  },
];

/** The longest one first: the others run beside it. */
export const axb: Table = {
  title: 'AXB',
  mode: 'AXB',
  rows: [...talks, ...unreached, ...earlyMedia, ...givenUp, ...refusals],
};
