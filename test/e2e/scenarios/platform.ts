import { before, meanwhile } from './meanwhile.ts';
import { talkAndBeLeft, talkAndLeave } from './plays.ts';
import {
  afterTyping,
  bare,
  cut,
  EVENTS,
  type Hands,
  hungUpByCallee,
  hungUpByCaller,
  type Row,
  refused,
  type Table,
} from './Row.ts';
import { own } from './World.ts';

const ENTER = own('enter-extension');

async function aCallsB({ tenant }: Hands) {
  const { a, b, ...pair } = await tenant.bind();
  return { ...pair, from: a, callee: b };
}

/** A stranger dials X, with A behind an extension, on a platform that answers nobody before the callee does. */
const extended: Row['given'] = async ({ tenant }) => {
  const { a, stranger, ...binding } = await tenant.bindAxe({ extendNum: '1207' });
  return { ...binding, from: stranger, callee: a };
};

/** The same, where it comes to no binding. */
const inVain: Row['given'] = async (hands) => {
  const { x, from } = await extended(hands);
  return { x, from };
};

const settings: readonly Row[] = [
  {
    name: 'the platform shows real callers, and so does the binding: A sees the stranger',
    mode: 'AX',
    given: async ({ tenant }) => {
      const { a, stranger, ...owned } = await tenant.bindAx({ calleeNumDisplay: '1' });
      return { ...owned, from: stranger, callee: a, shown: stranger };
    },
    play: talkAndBeLeft,
    stateCode: 0,
    sip: hungUpByCallee,
    events: EVENTS.answered,
  },
  {
    name: 'a stranger is asked for the extension before anybody answers',
    mode: 'AXE',
    announcements: { wait: null },
    given: extended,
    play: async (call) => {
      await call.hears(ENTER);
      await call.press('1207');
      await talkAndLeave(call);
    },
    stateCode: 0,
    sip: hungUpByCaller,
    hears: [ENTER],
    events: afterTyping(EVENTS.answered),
  },
  {
    name: 'a wrong extension is refused before anybody answers',
    mode: 'AXE',
    given: inVain,
    play: async (call) => {
      await call.hears(ENTER);
      await call.press('9999');
    },
    stateCode: 8022,
    sip: refused(404, 1),
    hears: [ENTER, own('wrong-extension')],
    events: afterTyping(EVENTS.refused),
  },
  {
    name: 'a stranger gives up while he is asked',
    mode: 'AXE',
    given: inVain,
    play: async (call) => {
      await call.atCaller.media?.hearsPackets(20);
      call.atCaller.cancel();
    },
    stateCode: 7516,
    sip: bare(487),
    hears: [cut(ENTER)],
    events: EVENTS.refused,
  },
  {
    name: 'the platform has as many calls as it may',
    given: async (hands) => {
      const talk = await meanwhile(hands.world, await aCallsB(hands));
      return { ...(await aCallsB(hands)), afterwards: () => talk.end() };
    },
    stateCode: 522,
    sip: refused(503, 47),
    events: EVENTS.refused,
  },
];

const frequency: readonly Row[] = [
  {
    name: 'the platform makes as many calls as it may',
    given: async (hands) => {
      await before(hands.world, await aCallsB(hands));
      return aCallsB(hands);
    },
    stateCode: 7001,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
];

/** What holds for the whole platform: each of them on an application with settings of its own. */
export const platform: readonly Table[] = [
  {
    title: 'platform',
    mode: 'AXB',
    rows: settings,
    settings: { AXBRIDGE_REAL_CALLERS: 'on', AXBRIDGE_COLLECT: 'early', AXBRIDGE_MAX_CALLS: '1' },
  },
  { title: 'platform', mode: 'AXB', rows: frequency, settings: { AXBRIDGE_CALL_FREQUENCY: '1/3600' } },
];
