import type { Crossed } from '../../kit/Tenant.ts';
import { refuseWith, talkAndBeLeft, talkForRecordAfter } from './plays.ts';
import { type Dialled, EVENTS, hungUpByCallee, type Row, refused, type Table } from './Row.ts';
import { FILES, own } from './World.ts';

type Terms = Readonly<Record<string, unknown>>;

const aDialsY = ({ a, b, x, y, subscriptionId }: Crossed): Dialled => ({
  x: y,
  from: a,
  callee: b,
  shown: x,
  subscriptionId,
});
const bDialsX = ({ a, b, x, y, subscriptionId }: Crossed): Dialled => ({
  x,
  from: b,
  callee: a,
  shown: y,
  subscriptionId,
});

const bound =
  (dialled: (crossed: Crossed) => Dialled, terms: Terms = {}, ofB: Terms = {}): Row['given'] =>
  async ({ tenant }) =>
    dialled(await tenant.bindAxyb(terms, ofB));

const talks: readonly Row[] = [
  {
    name: 'A dials Y and reaches B, who sees X',
    given: bound(aDialsY),
    play: talkAndBeLeft,
    stateCode: 0,
    sip: hungUpByCallee,
    events: EVENTS.answered,
  },
  {
    name: 'B dials X and reaches A, who sees Y',
    given: bound(bDialsX),
    play: talkAndBeLeft,
    stateCode: 0,
    sip: hungUpByCallee,
    events: EVENTS.answered,
  },
  {
    name: 'A hears the tone of Y, both the record hint; recorded',
    given: bound(
      aDialsY,
      { preVoiceX: FILES.otherRingback, recordFlag: 'true', recordHintTone: FILES.recordHint },
      { preVoiceY: FILES.ringback },
    ),
    play: talkForRecordAfter(FILES.ringback),
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [FILES.ringback, FILES.recordHint],
    calleeHears: [FILES.recordHint],
    events: EVENTS.answered,
    recorded: true,
  },
  {
    name: 'B hears the tone of X',
    given: bound(bDialsX, { preVoiceX: FILES.otherRingback }, { preVoiceY: FILES.ringback }),
    play: talkForRecordAfter(FILES.otherRingback),
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [FILES.otherRingback],
    events: EVENTS.answered,
  },
  {
    name: 'B is busy',
    given: bound(aDialsY),
    play: refuseWith(486),
    stateCode: 8102,
    sip: refused(486, 17),
    events: EVENTS.forwarded,
  },
];

const noRelation = {
  stateCode: 8030,
  sip: refused(403, 21),
  hears: [own('no-binding')],
  events: EVENTS.refused,
} as const;

const ownNumber = { stateCode: 8032, sip: refused(403, 21), events: EVENTS.refused } as const;
const against = { stateCode: 8016, sip: refused(403, 21), events: EVENTS.refused } as const;

const refusals: readonly Row[] = [
  {
    name: 'a stranger dials X',
    given: async ({ tenant }) => ({ x: (await tenant.bindAxyb()).x, from: tenant.person() }),
    ...noRelation,
  },
  {
    name: 'a stranger dials Y',
    given: async ({ tenant }) => ({ x: (await tenant.bindAxyb()).y, from: tenant.person() }),
    ...noRelation,
  },
  {
    name: 'one who withholds his number dials X',
    given: async ({ tenant }) => ({ x: (await tenant.bindAxyb()).x, from: undefined }),
    ...noRelation,
  },
  {
    name: 'B dials X after his part was taken away',
    given: async ({ tenant }) => {
      const { b, x, y: yNum, subscriptionId } = await tenant.bindAxyb();
      await tenant.partner.unbindAxyb({ subscriptionId, yNum });
      return { x, from: b };
    },
    ...noRelation,
  },
  {
    name: 'A dials Y after the binding was taken away',
    given: async ({ tenant }) => {
      const { a, y, subscriptionId } = await tenant.bindAxyb();
      await tenant.partner.unbindAxyb({ subscriptionId });
      return { x: y, from: a };
    },
    ...noRelation,
  },
  {
    name: 'A dials his own X',
    given: async ({ tenant }) => {
      const { a, x, subscriptionId } = await tenant.bindAxyb();
      return { x, from: a, subscriptionId };
    },
    ...ownNumber,
  },
  {
    name: 'B dials his own Y',
    given: async ({ tenant }) => {
      const { b, y, subscriptionId } = await tenant.bindAxyb();
      return { x: y, from: b, subscriptionId };
    },
    ...ownNumber,
  },
  { name: 'A dials Y, where only B may call', given: bound(aDialsY, { callDirection: 2 }), ...against },
  { name: 'B dials X, where only A may call', given: bound(bDialsX, { callDirection: 1 }), ...against },
];

export const axyb: Table = { title: 'AXYB', mode: 'AXYB', rows: [...talks, ...refusals] };
