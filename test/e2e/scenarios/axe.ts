import { eventually } from '../../kit/eventually.ts';
import type { Extended } from '../../kit/Tenant.ts';
import { before, meanwhile } from './meanwhile.ts';
import type { PlayedCall } from './PlayedCall.ts';
import { answer, refuseWith, talkAndBeLeft, talkAndLeave } from './plays.ts';
import {
  afterTyping,
  cut,
  cutWith,
  type Dialled,
  EVENTS,
  hungUpByCallee,
  hungUpByCaller,
  type Row,
  refused,
  type Table,
} from './Row.ts';
import { FILES, own, productsOwn } from './World.ts';

const ENTER = own('enter-extension');
const WAIT = own('wait');
/** An extension that no row binds. */
const UNBOUND = '9999';
/** An announcement whose file does not hold sound any more. */
const DAMAGED = FILES.damaged;
/** The shortest time that a binding or a call-back record can be given is a minute. */
const MINUTE_PATIENCE_MS = 70_000;
const LONG_ROW_MS = 100_000;

const strangerCalls = ({ a, stranger, ...extended }: Extended): Dialled => ({
  ...extended,
  from: stranger,
  callee: a,
});

/** A calls his own X. */
const aCalls = ({ a, x, subscriptionId, extension }: Extended, callee?: string): Dialled => ({
  x,
  subscriptionId,
  extension,
  from: a,
  ...(callee === undefined ? {} : { callee }),
});

/** A stranger dials X, with A behind an extension on terms. */
const called =
  (terms: Readonly<Record<string, unknown>> = {}): Row['given'] =>
  async ({ tenant }) =>
    strangerCalls(await tenant.bindAxe({ extendNum: '1207', ...terms }));

/** The same, where it comes to no binding. */
const calledInVain: Row['given'] = async ({ tenant }) => {
  const { x, stranger } = await tenant.bindAxe({ extendNum: '1207' });
  return { x, from: stranger };
};

type Play = NonNullable<Row['play']>;

/** Types keys once he has heard a prompt to its end, then does something else. */
const typeAfter =
  (prompt: string, keys: string, then: Play = async () => undefined): Play =>
  async (call) => {
    await call.hears(prompt);
    await call.press(keys);
    await then(call);
  };

/** The callee answers when the caller has heard the announcement of his wait. */
const talkAfterWait: Play = async (call) => {
  const atCallee = await call.rung();
  atCallee.ring();
  await call.hears(WAIT);
  await Promise.all([atCallee.answer(), call.atCaller.answered]);
  await call.hearEachOther();
  await atCallee.hangUp();
};

const reachesA: readonly Row[] = [
  {
    name: 'a stranger is asked, types the extension, waits and talks to A',
    given: called(),
    play: typeAfter(ENTER, '1207', talkAfterWait),
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [ENTER, WAIT],
    events: afterTyping(EVENTS.answered),
  },
  {
    name: 'his first key cuts the prompt',
    given: called(),
    play: async (call) => {
      await call.atCaller.answered;
      await call.atCaller.media?.hearsPackets(20);
      await call.press('1207');
      await talkAfterWait(call);
    },
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [cut(ENTER), WAIT],
    events: afterTyping(EVENTS.answered),
  },
  {
    name: 'he types by SIP INFO',
    given: called(),
    play: async (call) => {
      await Promise.all([call.atCaller.answered, call.hears(ENTER)]);
      await call.atCaller.pressByInfo('1207');
      await talkAfterWait(call);
    },
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [ENTER, WAIT],
    events: afterTyping(EVENTS.answered),
  },
  {
    name: 'a shorter extension, ended with #',
    app: { extensionDigits: 2 },
    given: called({ extendNum: '07' }),
    play: typeAfter(ENTER, '07#', talkAfterWait),
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [ENTER, WAIT],
    events: afterTyping(EVENTS.answered),
  },
  {
    name: "he hears the product's prompt where the application has none, and nothing while he waits",
    announcements: { 'enter-extension': null, wait: null },
    given: called(),
    play: typeAfter(productsOwn('enter-extension'), '1207', talkAndBeLeft),
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [productsOwn('enter-extension')],
    events: afterTyping(EVENTS.answered),
  },
  {
    name: "he waits with the product's announcement",
    announcements: { wait: 'default' },
    given: called(),
    play: typeAfter(ENTER, '1207', async (call) => {
      const atCallee = await call.rung();
      atCallee.ring();
      await call.hears(productsOwn('wait'));
      await atCallee.answer();
      await call.hearEachOther();
      await call.atCaller.hangUp();
    }),
    stateCode: 0,
    sip: hungUpByCaller,
    hears: [ENTER, productsOwn('wait')],
    events: afterTyping(EVENTS.answered),
  },
  {
    name: 'both hear the record hint and are recorded',
    announcements: { wait: null },
    given: called({ recordFlag: 'true', recordHintTone: FILES.recordHint }),
    play: typeAfter(ENTER, '1207', async (call) => {
      const atCallee = await answer(call);
      await call.atCaller.media?.hearsPackets(190);
      await atCallee.hangUp();
    }),
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [ENTER, FILES.recordHint],
    calleeHears: [FILES.recordHint],
    events: afterTyping(EVENTS.answered),
    recorded: true,
  },
  {
    name: 'one who withholds his number reaches A too',
    announcements: { wait: null },
    given: async (hands) => ({ ...(await called()(hands)), from: undefined }),
    play: typeAfter(ENTER, '1207', talkAndLeave),
    stateCode: 0,
    sip: hungUpByCaller,
    hears: [ENTER],
    events: afterTyping(EVENTS.answered),
  },
  {
    name: 'A is busy elsewhere',
    announcements: { wait: null },
    given: called(),
    play: typeAfter(ENTER, '1207', refuseWith(486)),
    stateCode: 8102,
    sip: cutWith(17),
    hears: [ENTER],
    events: afterTyping(EVENTS.forwarded),
  },
  {
    name: 'he gives up while it rings at A',
    announcements: { wait: null },
    given: called(),
    play: typeAfter(ENTER, '1207', async (call) => {
      const atCallee = await call.rung();
      atCallee.ring();
      await call.atCaller.media?.hearsPackets(10);
      await call.atCaller.hangUp();
    }),
    stateCode: 7502,
    sip: hungUpByCaller,
    hears: [ENTER],
    events: afterTyping(EVENTS.rang),
  },
  {
    name: 'the extension is in a call: busy',
    given: async ({ tenant, world }) => {
      const extended = await tenant.bindAxe({ extendNum: '1207' });
      const { x, a: callee, extension: digits } = extended;
      const talk = await meanwhile(world, { x, from: tenant.person(), callee, digits });
      return { ...strangerCalls(extended), afterwards: () => talk.end() };
    },
    play: typeAfter(ENTER, '1207'),
    stateCode: 8102,
    sip: cutWith(17),
    hears: [ENTER, own('busy')],
    events: afterTyping(EVENTS.refused),
  },
  {
    name: 'another extension of that X is in a call: A is reached',
    announcements: { wait: null },
    given: async ({ tenant, world }) => {
      const other = await tenant.bindAxe({ extendNum: '0001' });
      const { x, a: callee, extension: digits } = other;
      const talk = await meanwhile(world, { x, from: tenant.person(), callee, digits });
      const extended = await tenant.bindAxe({ extendNum: '1207' }, other);
      return { ...strangerCalls(extended), afterwards: () => talk.end() };
    },
    play: typeAfter(ENTER, '1207', talkAndBeLeft),
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [ENTER],
    events: afterTyping(EVENTS.answered),
  },
];

const WRONG = own('wrong-extension');
const RETRY = own('wrong-extension-retry');

const mistyped: readonly Row[] = [
  {
    name: 'a wrong extension',
    given: calledInVain,
    play: typeAfter(ENTER, UNBOUND),
    stateCode: 8022,
    sip: cutWith(1),
    hears: [ENTER, WRONG],
    events: afterTyping(EVENTS.refused),
  },
  {
    name: 'a wrong extension, in silence',
    announcements: { 'wrong-extension': null },
    given: calledInVain,
    play: typeAfter(ENTER, UNBOUND),
    stateCode: 8022,
    sip: cutWith(1),
    hears: [ENTER],
    events: afterTyping(EVENTS.refused),
  },
  {
    name: 'too few digits, ended with #',
    given: calledInVain,
    play: typeAfter(ENTER, '12#'),
    stateCode: 8022,
    sip: cutWith(1),
    hears: [ENTER, WRONG],
    events: afterTyping(EVENTS.refused),
  },
  {
    name: 'a wrong extension, then the right one',
    app: { collectRepeats: 1 },
    announcements: { wait: null },
    given: called(),
    play: async (call) => {
      await typeAfter(ENTER, UNBOUND)(call);
      await typeAfter(RETRY, '1207', talkAndBeLeft)(call);
    },
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [ENTER, RETRY],
    events: afterTyping(EVENTS.answered, 2),
  },
  {
    name: 'a wrong extension three times',
    app: { collectRepeats: 2 },
    given: calledInVain,
    play: async (call) => {
      await typeAfter(ENTER, UNBOUND)(call);
      await typeAfter(RETRY, UNBOUND)(call);
      await call.hears(RETRY, 2);
      await call.press(UNBOUND);
    },
    stateCode: 8022,
    sip: cutWith(1),
    hears: [ENTER, RETRY, RETRY, WRONG],
    events: afterTyping(EVENTS.refused, 3),
  },
  {
    name: 'a wrong extension, asked again with the first prompt where there is no other',
    app: { collectRepeats: 1 },
    announcements: { 'wrong-extension-retry': null },
    given: calledInVain,
    play: async (call) => {
      await typeAfter(ENTER, UNBOUND)(call);
      await call.hears(ENTER, 2);
      await call.press(UNBOUND);
    },
    stateCode: 8022,
    sip: cutWith(1),
    hears: [ENTER, ENTER, WRONG],
    events: afterTyping(EVENTS.refused, 2),
  },
  {
    name: 'nothing',
    given: calledInVain,
    stateCode: 8033,
    sip: cutWith(28),
    hears: [ENTER, own('no-extension')],
    events: afterTyping(EVENTS.refused),
  },
  {
    name: 'nothing, as a wrong extension where the application has no announcement for it',
    announcements: { 'no-extension': null },
    given: calledInVain,
    stateCode: 8033,
    sip: cutWith(28),
    hears: [ENTER, WRONG],
    events: afterTyping(EVENTS.refused),
  },
  {
    name: 'nothing, then the right one',
    app: { collectRepeats: 1 },
    announcements: { wait: null },
    given: called(),
    play: async (call) => {
      await call.hears(ENTER, 2);
      await call.press('1207');
      await talkAndBeLeft(call);
    },
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [ENTER, ENTER],
    events: afterTyping(EVENTS.answered, 2),
  },
  {
    name: 'he hangs up while he is asked',
    given: calledInVain,
    play: async (call) => {
      await call.atCaller.answered;
      await call.atCaller.media?.hearsPackets(20);
      await call.atCaller.hangUp();
    },
    stateCode: 7516,
    sip: hungUpByCaller,
    hears: [cut(ENTER)],
    events: EVENTS.refused,
  },
  {
    name: 'he hangs up between two digits',
    given: calledInVain,
    play: typeAfter(ENTER, '12', async (call) => {
      await call.atCaller.hangUp();
    }),
    stateCode: 7516,
    sip: hungUpByCaller,
    hears: [ENTER],
    events: EVENTS.refused,
  },
  {
    name: 'the customer stops it while he types',
    given: calledInVain,
    play: typeAfter(ENTER, '12', (call) => call.stop()),
    stateCode: 8017,
    sip: cutWith(16),
    hears: [ENTER],
    events: EVENTS.refused,
  },
  {
    name: 'the extension of a binding that has expired',
    given: async ({ tenant, world }) => {
      const { x, stranger } = await tenant.bindAxe({ extendNum: '1207', timeUnit: '1', bindExpiredTime: 1 });
      const isOver = async () => (await world.explain(stranger, x, '1207')).decision.stateCode === 8022;
      await eventually('the end of the binding', isOver, MINUTE_PATIENCE_MS);
      return { x, from: stranger };
    },
    play: typeAfter(ENTER, '1207'),
    stateCode: 8022,
    sip: cutWith(1),
    hears: [ENTER, WRONG],
    events: afterTyping(EVENTS.refused),
    patienceMs: LONG_ROW_MS,
  },
  {
    name: 'the file of the prompt is damaged',
    announcements: { 'enter-extension': DAMAGED },
    given: async (hands) => {
      await hands.world.damage(DAMAGED);
      return calledInVain(hands);
    },
    stateCode: 8008,
    sip: cutWith(41),
    hears: [own('business-fault')],
    events: EVENTS.refused,
  },
  {
    name: 'the platform loses X while he types',
    given: async ({ tenant }) => ({ x: await tenant.addX(), from: tenant.person() }),
    play: typeAfter(ENTER, '12', async (call) => {
      const path = `/numbers/${encodeURIComponent(call.dialled.x)}`;
      await call.world.scenario.admin.send('DELETE', path);
      await call.press('07');
    }),
    stateCode: 8025,
    sip: cutWith(1),
    hears: [ENTER],
    events: afterTyping(EVENTS.refused),
  },
  {
    name: 'the binding would show the caller, and the platform shows nobody',
    given: called({ displayNumMode: '1' }),
    play: typeAfter(ENTER, '1207'),
    stateCode: 8024,
    sip: cutWith(21),
    hears: [ENTER],
    events: afterTyping(EVENTS.refused),
  },
];

/** Somebody has called A through his extension. */
async function calledBefore(
  { world }: Pick<PlayedCall, 'world'>,
  { x, a, extension }: Extended,
  from: string,
) {
  await before(world, { x, from, callee: a, digits: extension });
}

const callsBack: readonly Row[] = [
  {
    name: 'A calls back who called last',
    given: async ({ tenant, world }) => {
      const extended = await tenant.bindAxe();
      for (const from of [tenant.person(), extended.stranger]) await calledBefore({ world }, extended, from);
      return aCalls(extended, extended.stranger);
    },
    play: talkAndLeave,
    stateCode: 0,
    sip: hungUpByCaller,
    events: EVENTS.answered,
  },
  {
    name: 'A calls back after the time for that: the number of the binding',
    given: async ({ tenant, world }) => {
      const callee = tenant.person();
      const terms = { timeUnit: '1', callbackExpiredTime: 1, callbackNum: callee };
      const extended = await tenant.bindAxe(terms);
      await calledBefore({ world }, extended, extended.stranger);
      const { a, x } = extended;
      const isForgotten = async () =>
        (await world.explain(a, x)).because.some((reason) => reason.includes('was remembered until'));
      await eventually('the end of the call-back record', isForgotten, MINUTE_PATIENCE_MS);
      return aCalls(extended, callee);
    },
    play: talkAndLeave,
    stateCode: 0,
    sip: hungUpByCaller,
    events: EVENTS.answered,
    patienceMs: LONG_ROW_MS,
  },
  {
    name: 'A, whom nobody has called: the number of the binding',
    app: { callBackNumber: '+8613800000001' },
    given: async ({ tenant }) => {
      const callbackNum = tenant.person();
      return aCalls(await tenant.bindAxe({ callbackNum, callbackTone: FILES.callBack }), callbackNum);
    },
    play: talkAndBeLeft,
    stateCode: 0,
    sip: hungUpByCallee,
    events: EVENTS.answered,
  },
  {
    name: 'A, whom nobody has called: the announcement of the binding',
    app: { callBackNumber: '+8613800000001' },
    given: async ({ tenant }) => aCalls(await tenant.bindAxe({ callbackTone: FILES.callBack })),
    stateCode: 8019,
    sip: refused(404, 1),
    hears: [FILES.callBack],
    events: EVENTS.refused,
  },
  {
    name: 'A, whom nobody has called: the number of the application',
    given: async ({ tenant }) => {
      const callBackNumber = tenant.person();
      await tenant.change({ callBackNumber });
      return aCalls(await tenant.bindAxe(), callBackNumber);
    },
    play: talkAndBeLeft,
    stateCode: 0,
    sip: hungUpByCallee,
    events: EVENTS.answered,
  },
  {
    name: 'A, whom nobody has called: the announcement of the application',
    given: async ({ tenant }) => aCalls(await tenant.bindAxe()),
    stateCode: 8019,
    sip: refused(404, 1),
    hears: [own('no-call-back-record')],
    events: EVENTS.refused,
  },
];

export const axe: Table = { title: 'AXE', mode: 'AXE', rows: [...mistyped, ...callsBack, ...reachesA] };
