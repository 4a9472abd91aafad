import { eventually } from '../../kit/eventually.ts';
import type { Extended } from '../../kit/Tenant.ts';
import { LONG_ROW_MS, MINUTE_PATIENCE_MS } from './axeStranger.ts';
import { before } from './meanwhile.ts';
import type { PlayedCall } from './PlayedCall.ts';
import { talkAndBeLeft, talkAndLeave } from './plays.ts';
import { type Dialled, EVENTS, hungUpByCallee, hungUpByCaller, type Row, refused } from './Row.ts';
import { FILES, own } from './World.ts';

/** A calls his own X. */
const aCalls = ({ a, x, subscriptionId, extension }: Extended, callee?: string): Dialled => ({
  x,
  subscriptionId,
  extension,
  from: a,
  ...(callee === undefined ? {} : { callee }),
});

/** Somebody has called A through his extension. */
async function calledBefore(
  { world }: Pick<PlayedCall, 'world'>,
  { x, a, extension }: Extended,
  from: string,
) {
  await before(world, { x, from, callee: a, digits: extension });
}

/** A, who dials his own X to return a call. */
export const callsBack: readonly Row[] = [
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
