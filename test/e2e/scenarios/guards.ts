import { before, meanwhile } from './meanwhile.ts';
import { refuseWith, talkAndLeave } from './plays.ts';
import {
  type Dialled,
  EVENTS,
  type Hands,
  hungUpByCaller,
  type Row,
  refused,
  type SipEnd,
  type Table,
} from './Row.ts';

/** Somebody of another country. */
const abroad = ({ tenant }: Hands): string => `+1202555${tenant.person().slice(-4)}`;
const MINUTES_PER_DAY = 1440;

/** A calls B, to whom he is bound. */
async function aCallsB({ tenant }: Hands): Promise<Dialled & { from: string; callee: string }> {
  const { a, b, ...pair } = await tenant.bind();
  return { ...pair, from: a, callee: b };
}

/** A calls B, who has been called so before: once more than a limit of one call allows. */
const onceTooOften: Row['given'] = async (hands) => {
  const dialled = await aCallsB(hands);
  await before(hands.world, dialled);
  return dialled;
};

const blocked =
  (whom: 'from' | 'callee', blocks: string): Row['given'] =>
  async (hands) => {
    const dialled = await aCallsB(hands);
    const { admin } = hands.world.scenario;
    await admin.send('POST', '/blacklist', { number: dialled[whom], appKey: hands.tenant.appKey, blocks });
    return dialled;
  };

const forbidden: { readonly sip: SipEnd; readonly events: string } = {
  sip: refused(403, 21),
  events: EVENTS.refused,
};

/** Two hours from now, for one, by the clock of China. */
function hoursElsewhere(): string {
  const now = Math.floor(Date.now() / 60_000) + 8 * 60;
  const time = (minute: number): string => {
    const ofDay = minute % MINUTES_PER_DAY;
    return `${String(Math.floor(ofDay / 60)).padStart(2, '0')}:${String(ofDay % 60).padStart(2, '0')}`;
  };
  return `${time(now + 120)}-${time(now + 180)}`;
}

const LIMIT = { calls: 1, seconds: 3600 };

const frequencies: readonly (readonly [name: string, guard: string, stateCode: number])[] = [
  ['the application makes calls too often', 'applicationFrequency', 7002],
  ['a number is shown too often', 'shownFrequency', 7003],
  ['a caller calls too often', 'callerFrequency', 8047],
  ['a callee is called too often', 'calleeFrequency', 8048],
  ['an X is called too often', 'xFrequency', 8049],
];

const limits = frequencies.map(
  ([name, guard, stateCode]): Row => ({
    name,
    app: { guards: { [guard]: LIMIT } },
    given: onceTooOften,
    stateCode,
    ...forbidden,
  }),
);

const rows: readonly Row[] = [
  {
    name: 'the caller is on the black list',
    given: async (hands) => {
      const { x, from } = await blocked('from', 'caller')(hands);
      return { x, from };
    },
    stateCode: 7005,
    ...forbidden,
  },
  {
    name: 'the callee is on the black list',
    given: blocked('callee', 'both'),
    stateCode: 7004,
    ...forbidden,
  },
  {
    name: 'one who may not be called may call',
    given: blocked('from', 'callee'),
    play: talkAndLeave,
    stateCode: 0,
    sip: hungUpByCaller,
    events: EVENTS.answered,
  },
  {
    name: 'a caller from abroad',
    given: async (hands) => {
      const from = abroad(hands);
      return { x: (await hands.tenant.bind({}, { a: from })).x, from };
    },
    stateCode: 8042,
    ...forbidden,
  },
  {
    name: 'a caller from abroad, where the application lets them in',
    app: { guards: { callsFromAbroad: true } },
    given: async (hands) => {
      const { a, b, ...pair } = await hands.tenant.bind({}, { a: abroad(hands) });
      return { ...pair, from: a, callee: b };
    },
    play: refuseWith(486),
    stateCode: 8102,
    sip: refused(486, 17),
    events: EVENTS.forwarded,
  },
  {
    name: 'a callee abroad',
    given: async (hands) => {
      const { a, x, subscriptionId } = await hands.tenant.bind({}, { b: abroad(hands) });
      return { x, from: a, subscriptionId };
    },
    stateCode: 8043,
    ...forbidden,
  },
  {
    name: 'a callee abroad, where the application lets them be called',
    app: { guards: { callsAbroad: true } },
    given: async (hands) => {
      const { a, b, ...pair } = await hands.tenant.bind({}, { b: abroad(hands) });
      return { ...pair, from: a, callee: b };
    },
    play: refuseWith(486),
    stateCode: 8102,
    sip: refused(486, 17),
    events: EVENTS.forwarded,
  },
  {
    name: 'at another hour than the application allows',
    app: { guards: { hours: [hoursElsewhere()] } },
    given: async (hands) => {
      const { x, from } = await aCallsB(hands);
      return { x, from };
    },
    stateCode: 8050,
    ...forbidden,
  },
  ...limits,
  {
    name: 'the application has as many calls as it may',
    app: { guards: { maxCalls: 1 } },
    given: async (hands) => {
      const talk = await meanwhile(hands.world, await aCallsB(hands));
      return { ...(await aCallsB(hands)), afterwards: () => talk.end() };
    },
    stateCode: 7109,
    sip: refused(503, 47),
    events: EVENTS.refused,
  },
];

export const guards: Table = { title: 'guards', mode: 'AXB', rows };
