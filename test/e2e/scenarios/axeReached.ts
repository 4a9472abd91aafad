import { called, ENTER, type Play, strangerCalls, typeAfter, WAIT } from './axeStranger.ts';
import { meanwhile } from './meanwhile.ts';
import { answer, refuseWith, talkAndBeLeft, talkAndLeave } from './plays.ts';
import { afterTyping, cut, cutWith, EVENTS, hungUpByCallee, hungUpByCaller, type Row } from './Row.ts';
import { FILES, own, productsOwn } from './World.ts';

/** The callee answers when the caller has heard the announcement of his wait. */
const talkAfterWait: Play = async (call) => {
  const atCallee = await call.rung();
  atCallee.ring();
  await call.hears(WAIT);
  await Promise.all([atCallee.answer(), call.atCaller.answered]);
  await call.hearEachOther();
  await atCallee.hangUp();
};

/** Strangers who type the extension of A. */
export const reachesA: readonly Row[] = [
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
    announcements: { 'enter-extension': 'default' },
    given: called(),
    play: async (call) => {
      await call.atCaller.answered;
      await call.atCaller.media?.hearsPackets(60);
      await call.press('1207');
      await talkAfterWait(call);
    },
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [cut(productsOwn('enter-extension')), WAIT],
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
