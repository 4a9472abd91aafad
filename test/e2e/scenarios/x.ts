import { connectTo, sayJson, turnDown } from '../../kit/customerReplies.ts';
import type { SinkAnswer } from '../../kit/WebhookSink.ts';
import { refuseWith, talkAndBeLeft, talkForRecord, talkForRecordAfter } from './plays.ts';
import { bare, EVENTS, hungUpByCallee, type Row, refused, type Table } from './Row.ts';
import { FILES, own, productsOwn } from './World.ts';

/** Somebody calls, and the customer's server answers so. */
const answered =
  (answer: SinkAnswer): Row['given'] =>
  async ({ tenant, world }) => {
    const x = await tenant.addX();
    world.answerTo(x, answer);
    return { x, from: tenant.person() };
  };

/** The customer's server has somebody rung on terms. */
const connected =
  (terms: Readonly<Record<string, unknown>> = {}): Row['given'] =>
  async ({ tenant, world }) => {
    const x = await tenant.addX();
    const callee = tenant.person();
    world.answerTo(x, connectTo(callee, { userData: 'ride-5', ...terms }));
    return { x, from: tenant.person(), callee, userData: 'ride-5' };
  };

const connects: readonly Row[] = [
  {
    name: 'the customer says connect: the callee sees X',
    given: connected(),
    play: talkAndBeLeft,
    stateCode: 0,
    sip: hungUpByCallee,
    events: EVENTS.answered,
    record: { notifyMode: 'Block' },
  },
  {
    name: 'the caller hears the tone that the customer names, both the record hint; recorded',
    given: connected({ waitVoice: FILES.ringback, recordFlag: 'true', recordHintTone: FILES.recordHint }),
    play: talkForRecordAfter(FILES.ringback),
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [FILES.ringback, FILES.recordHint],
    calleeHears: [FILES.recordHint],
    events: EVENTS.answered,
    recorded: true,
  },
  {
    name: "the customer names no record hint: both hear the product's own, of the quality check; recorded",
    app: { qualityCheck: true, qualityHintTone: 'default' },
    given: connected({ recordFlag: 'true' }),
    play: talkForRecord,
    stateCode: 0,
    sip: hungUpByCallee,
    hears: [productsOwn('record-hint')],
    calleeHears: [productsOwn('record-hint')],
    events: EVENTS.answered,
    recorded: true,
  },
  {
    name: 'the callee is busy',
    given: connected(),
    play: refuseWith(486),
    stateCode: 8102,
    sip: refused(486, 17),
    events: EVENTS.forwarded,
  },
  {
    name: 'the customer wants another number shown',
    given: connected({ displayCalleeNum: '+8613800000001' }),
    stateCode: 8024,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
];

const closes: readonly Row[] = [
  {
    name: 'the customer says close',
    given: answered(turnDown()),
    stateCode: 8014,
    sip: refused(403, 21),
    events: EVENTS.refused,
  },
  {
    name: 'the customer says close, with an announcement',
    given: answered(turnDown({ closeHintTone: FILES.farewell })),
    stateCode: 8014,
    sip: refused(403, 21),
    hears: [FILES.farewell],
    events: EVENTS.refused,
  },
  {
    name: 'the customer names an announcement that does not exist',
    given: connected({ waitVoice: 'nowhere.wav' }),
    stateCode: 8006,
    sip: refused(500, 41),
    hears: [own('business-fault')],
    events: EVENTS.refused,
  },
];

/** The event that is a question is kept by the sink only where it was answered with 200. */
const ANSWERED = EVENTS.refused;
const UNANSWERED = 'disconnect';

const failures: readonly (readonly [name: string, answer: SinkAnswer, events: string])[] = [
  ['does not answer', 'hang', UNANSWERED],
  ['breaks the connection', 'reset', UNANSWERED],
  ['has an error of its own', 500, UNANSWERED],
  ['says 200 and nothing', 200, ANSWERED],
  ['answers with no JSON', { body: 'connect' }, ANSWERED],
  ['wants something unknown', sayJson({ operation: 'transfer' }), ANSWERED],
  ['names no callee', sayJson({ operation: 'connect', connectInfo: [{}] }), ANSWERED],
];

const fails = failures.map(
  ([name, answer, events]): Row => ({
    name: `the customer's server ${name}`,
    given: answered(answer),
    stateCode: 8020,
    sip: refused(500, 41),
    hears: [own('business-fault')],
    events,
  }),
);

const ended: readonly Row[] = [
  {
    name: 'the caller gives up while the customer thinks',
    given: answered('hang'),
    play: async (call) => {
      await call.asked();
      call.atCaller.cancel();
    },
    stateCode: 7516,
    sip: bare(487),
    events: UNANSWERED,
  },
];

export const x: Table = { title: 'X', mode: 'X', rows: [...connects, ...closes, ...fails, ...ended] };
