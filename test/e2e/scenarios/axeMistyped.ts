import { eventually } from '../../kit/eventually.ts';
import { called, calledInVain, ENTER, LONG_ROW_MS, MINUTE_PATIENCE_MS, typeAfter } from './axeStranger.ts';
import { talkAndBeLeft } from './plays.ts';
import { afterTyping, cut, cutWith, EVENTS, hungUpByCallee, hungUpByCaller, type Row } from './Row.ts';
import { FILES, own } from './World.ts';

/** An extension that no row binds. */
const UNBOUND = '9999';
/** An announcement whose file does not hold sound any more. */
const DAMAGED = FILES.damaged;
const WRONG = own('wrong-extension');
const RETRY = own('wrong-extension-retry');

/** Strangers who type what leads nowhere, or nothing, or do not wait to the end. */
export const mistyped: readonly Row[] = [
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
    hears: [ENTER, own('no-permission')],
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
