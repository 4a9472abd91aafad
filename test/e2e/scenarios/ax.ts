import { eventually } from '../../kit/eventually.ts';
import type { Owned } from '../../kit/Tenant.ts';
import { before, meanwhile } from './meanwhile.ts';
import { answerAfter, giveUp, refuseWith, talkAndBeLeft, talkAndLeave, talkForRecordAfter } from './plays.ts';
import {
  bare,
  type Dialled,
  EVENTS,
  hungUpByCallee,
  hungUpByCaller,
  type Row,
  refused,
  type Table,
} from './Row.ts';
import { FILES, own, productsOwn } from './World.ts';

const strangerCalls = ({ a, stranger, ...owned }: Owned): Dialled => ({
  ...owned,
  from: stranger,
  callee: a,
});
const aCalls = ({ a, x, subscriptionId }: Owned, callee?: string): Dialled => ({
  x,
  subscriptionId,
  from: a,
  ...(callee === undefined ? {} : { callee }),
});

/** A stranger calls A on terms. */
const called =
  (terms: Readonly<Record<string, unknown>> = {}): Row['given'] =>
  async ({ tenant }) =>
    strangerCalls(await tenant.bindAx(terms));

/** A calls, with nobody set. */
const calling =
  (terms: Readonly<Record<string, unknown>> = {}): Row['given'] =>
  async ({ tenant }) =>
    aCalls(await tenant.bindAx(terms));

const toA: readonly Row[] = [
  {
    name: 'anyone reaches A, who sees X',
    given: called(),
    play: talkAndBeLeft,
    stateCode: 0,
    sip: hungUpByCallee,
    events: EVENTS.answered,
    record: { serviceType: '003' },
  },
  {
    name: 'he hears the tone for strangers, both the record hint; recorded',
    given: called({
      preVoice: { callerHintTone: FILES.otherRingback, calleeHintTone: FILES.ringback },
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
    name: 'also one who withholds his number',
    given: async ({ tenant }) => ({ ...strangerCalls(await tenant.bindAx()), from: undefined }),
    play: talkAndLeave,
    stateCode: 0,
    sip: hungUpByCaller,
    events: EVENTS.answered,
  },
  {
    name: 'A is busy elsewhere',
    given: called(),
    play: refuseWith(486),
    stateCode: 8102,
    sip: refused(486, 17),
    events: EVENTS.forwarded,
  },
  {
    name: 'he gives up before it rings',
    given: called(),
    play: giveUp,
    stateCode: 7501,
    sip: bare(487),
    events: EVENTS.forwarded,
  },
  {
    name: 'X is in a call: busy',
    given: async ({ tenant, world }) => {
      const owned = await tenant.bindAx();
      const talk = await meanwhile(world, { x: owned.x, from: tenant.person(), callee: owned.a });
      return { ...strangerCalls(owned), afterwards: () => talk.end() };
    },
    stateCode: 8102,
    sip: refused(486, 17),
    hears: [own('busy')],
    events: EVENTS.refused,
  },
  {
    name: "X is in a call of A's: busy, with the product's announcement",
    announcements: { busy: 'default' },
    given: async ({ tenant, world }) => {
      const owned = await tenant.bindAx();
      const callee = tenant.person();
      await tenant.setTemporaryCallee(owned, callee);
      const talk = await meanwhile(world, { x: owned.x, from: owned.a, callee });
      return { ...strangerCalls(owned), afterwards: () => talk.end() };
    },
    stateCode: 8102,
    sip: refused(486, 17),
    hears: [productsOwn('busy')],
    events: EVENTS.refused,
  },
];

const fromA: readonly Row[] = [
  {
    name: 'A reaches the temporary callee, who sees X',
    given: async ({ tenant }) => {
      const owned = await tenant.bindAx({
        preVoice: { callerHintTone: FILES.ringback },
        userData: 'of-binding',
      });
      const callee = tenant.person();
      await tenant.setTemporaryCallee(owned, callee, { userData: 'of-callee' });
      return { ...aCalls(owned, callee), userData: 'of-callee' };
    },
    play: answerAfter(FILES.ringback),
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [FILES.ringback],
    events: EVENTS.answered,
  },
  {
    name: 'A reaches him once only',
    given: async ({ tenant, world }) => {
      const owned = await tenant.bindAx();
      const callee = tenant.person();
      await tenant.setTemporaryCallee(owned, callee);
      await before(world, { x: owned.x, from: owned.a, callee });
      return aCalls(owned);
    },
    stateCode: 8013,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
  {
    name: 'A is too late for him',
    given: async ({ tenant, world }) => {
      const owned = await tenant.bindAx();
      await tenant.setTemporaryCallee(owned, tenant.person(), { duration: 1 });
      const isOver = async () => (await world.explain(owned.a, owned.x)).decision.stateCode === 8013;
      await eventually('the end of the temporary callee', isOver);
      return aCalls(owned);
    },
    stateCode: 8013,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
  {
    name: 'A, with nobody set, where callers are not remembered',
    given: calling(),
    stateCode: 8013,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
  {
    name: 'A calls the last caller back',
    app: { callBackMemory: true },
    given: async ({ tenant, world }) => {
      const owned = await tenant.bindAx();
      const last = tenant.person();
      for (const from of [tenant.person(), last]) await before(world, { x: owned.x, from, callee: owned.a });
      return aCalls(owned, last);
    },
    play: talkAndLeave,
    stateCode: 0,
    sip: hungUpByCaller,
    events: EVENTS.answered,
  },
  {
    name: 'A reaches the temporary callee before the last caller',
    app: { callBackMemory: true },
    given: async ({ tenant, world }) => {
      const owned = await tenant.bindAx();
      const callee = tenant.person();
      await before(world, { x: owned.x, from: tenant.person(), callee: owned.a });
      await tenant.setTemporaryCallee(owned, callee);
      return aCalls(owned, callee);
    },
    play: talkAndLeave,
    stateCode: 0,
    sip: hungUpByCaller,
    events: EVENTS.answered,
  },
  {
    name: 'A calls back, and nobody has called',
    app: { callBackMemory: true },
    given: calling(),
    stateCode: 8019,
    sip: refused(404, 1),
    hears: [own('no-call-back-record')],
    events: EVENTS.refused,
  },
  {
    name: "A calls back, and hears the product's announcement that nobody has called",
    app: { callBackMemory: true },
    announcements: { 'no-call-back-record': 'default' },
    given: calling(),
    stateCode: 8019,
    sip: refused(404, 1),
    hears: [productsOwn('no-call-back-record')],
    events: EVENTS.refused,
  },
];

const refusals: readonly Row[] = [
  {
    name: 'an X that is bound to nobody',
    given: async ({ tenant }) => ({ x: await tenant.addX(), from: tenant.person() }),
    stateCode: 8018,
    sip: refused(404, 1),
    hears: [own('no-permission')],
    events: EVENTS.refused,
  },
  {
    name: 'an X that is bound to nobody any more',
    given: async ({ tenant }) => {
      const { x, stranger, subscriptionId } = await tenant.bindAx();
      await tenant.partner.unbindAx({ subscriptionId });
      return { x, from: stranger };
    },
    stateCode: 8018,
    sip: refused(404, 1),
    hears: [own('no-permission')],
    events: EVENTS.refused,
  },
  {
    name: 'a stranger, where only A may call',
    given: called({ callDirection: 1 }),
    stateCode: 8016,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
  {
    name: 'A, where only others may call',
    given: calling({ callDirection: 2 }),
    stateCode: 8016,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
  {
    name: 'the binding would show the caller, and the platform shows nobody',
    given: called({ calleeNumDisplay: '1' }),
    stateCode: 8024,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
];

export const ax: Table = { title: 'AX', mode: 'AX', rows: [...toA, ...fromA, ...refusals] };
