import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aLawWav, toneSecond } from '../kit/audio.ts';
import { answeringQuestions, connectTo, isQuestion, sayJson, turnDown } from '../kit/customerReplies.ts';
import type { OutgoingCall } from '../kit/OutgoingCall.ts';
import { Scenario } from '../kit/Scenario.ts';
import type { Tenant } from '../kit/Tenant.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';
import { hasValidAksk, hasValidSignature, type SinkAnswer } from '../kit/WebhookSink.ts';

const CALLER = '+8613900001009';
const CALLEE = '+8613900002009';

let scenario: Scenario;
let customer: Tenant;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  scenario = await Scenario.start({
    database: database.url,
    anna: { sound: false },
    ben: { sound: false },
    env: {
      AXBRIDGE_CONTROL_TIMEOUT_SECONDS: '2',
      AXBRIDGE_PUSH_RETRY_SECONDS: '1,1,1,1,1,1,1,1,1,1,1,1',
      AXBRIDGE_PUSH_TIMEOUT_SECONDS: '2',
    },
  });
  // The product's own announcements take six seconds each.
  await scenario.admin.addAnnouncement('short.wav', aLawWav(toneSecond(1000).subarray(0, 2400)));
  customer = await scenario.tenant('X', {
    recording: true,
    announcements: { 'business-fault': 'short.wav' },
  });
});

afterEach(async () => {
  // What fails here must not fail what follows.
  scenario.sink.rule = 200;
  await scenario.sink.open();
});

afterAll(async () => {
  await scenario?.close();
});

/** Anna dials a new X, whose customer will answer the question in this way. */
async function dial(answer: SinkAnswer): Promise<{ x: string; atAnna: OutgoingCall }> {
  scenario.sink.rule = answeringQuestions(answer);
  const x = await customer.addX();
  return { x, atAnna: await scenario.anna.call(x, { from: CALLER }) };
}

/** What the customer was asked about calls on this X. */
const questionsOf = (x: string) =>
  scenario.sink.requests.filter((request) => isQuestion(request) && request.body.includes(`"${x}"`));

async function asked(x: string): Promise<string> {
  await scenario.sink.waitFor(() => questionsOf(x).length > 0);
  return JSON.parse(questionsOf(x)[0]?.body ?? '').statusInfo.sessionId;
}

/** What the customer heard of the one call on this X, the question included where he answered it with 200. */
async function toldOf(x: string) {
  const [told] = await scenario.told(x);
  if (told === undefined) throw new Error('the customer was told nothing');
  expect(told.records).toHaveLength(1);
  return {
    events: told.events,
    names: told.events.map(({ eventType }) => eventType),
    stateCode: told.events.at(-1)?.statusInfo.stateCode,
    record: told.records[0]?.fields ?? {},
  };
}

describe('a customer’s server that says connect', () => {
  it('has the callee rung, shown X, and hears the rest of the call in order', async () => {
    const { x, atAnna } = await dial(connectTo(CALLEE, { userData: 'ride-5', displayCalleeNum: '' }));
    const atBen = await scenario.ben.nextCall();
    expect([atBen.wantedNumber, atBen.shownNumber]).toEqual([CALLEE, x]);
    atBen.ring();
    await atAnna.progress.when(({ status }) => status === 180);
    await Promise.all([atBen.answer(), atAnna.answered]);
    await atBen.hangUp();
    await atAnna.end();

    const { events, names, record } = await toldOf(x);
    expect(names).toEqual(['callin', 'callout', 'alerting', 'answer', 'disconnect']);
    const [callin, ...others] = events.map(({ statusInfo }) => statusInfo);
    expect(callin).toMatchObject({ caller: CALLER, called: x, notifyMode: 'Block' });
    expect(callin).not.toHaveProperty('userData');
    for (const statusInfo of others) {
      expect(statusInfo).toMatchObject({
        sessionId: callin?.sessionId,
        called: CALLEE,
        notifyMode: 'Notify',
        userData: 'ride-5',
      });
      expect(statusInfo).not.toHaveProperty('subscriptionId');
    }
    expect(events.map(({ id }) => id.slice(-2))).toEqual(['_0', '_1', '_2', '_3', '_4']);
    expect(record).toMatchObject({
      notifyMode: 'Block',
      userData: 'ride-5',
      subscriptionId: '',
      fwdDisplayNum: x,
      fwdDstNum: CALLEE,
      ulFailReason: 0,
    });
    expect(questionsOf(x)).toHaveLength(1);
  });

  it('can check who asks', async () => {
    const { x, atAnna } = await dial(turnDown());
    await atAnna.end();
    const [question] = questionsOf(x);
    if (question === undefined) throw new Error('nothing was asked');
    expect(hasValidSignature(question, customer.appSecret)).toBe(true);
    expect(hasValidAksk(question, customer.appKey, customer.appSecret)).toBe(true);
  });

  it('decides each call anew', async () => {
    const { x, atAnna } = await dial(connectTo(CALLEE));
    (await scenario.ben.nextCallTo(CALLEE)).reject(486);
    await atAnna.end();
    scenario.sink.rule = answeringQuestions(connectTo('+8613900003009'));
    const again = await scenario.anna.call(x, { from: CALLER });
    (await scenario.ben.nextCallTo('+8613900003009')).reject(486);
    await again.end();
    expect((await scenario.told(x, { count: 2 })).map(({ records }) => records[0]?.fields.fwdDstNum)).toEqual(
      [CALLEE, '+8613900003009'],
    );
  });

  it('may take its time, within the limit', async () => {
    const thinking = Promise.withResolvers<void>();
    const { x, atAnna } = await dial({ ...connectTo(CALLEE), after: thinking.promise });
    await asked(x);
    expect(atAnna.progress.items).toHaveLength(0);
    thinking.resolve();
    (await scenario.ben.nextCall()).reject(486);
    expect(await atAnna.end()).toMatchObject({ status: 486 });
    expect(await toldOf(x)).toMatchObject({ stateCode: 8102 });
  });
});

describe('a customer’s server that says close', () => {
  it('ends the call, and its userData is in the record', async () => {
    const { x, atAnna } = await dial(turnDown({ userData: 'no-ride', closeHintTone: 'short.wav' }));
    expect(await atAnna.end()).toMatchObject({ how: 'refused' });
    const { names, events, stateCode, record } = await toldOf(x);
    expect(names).toEqual(['callin', 'disconnect']);
    expect(stateCode).toBe(8014);
    expect(events.at(-1)?.statusInfo).toMatchObject({ notifyMode: 'Notify', userData: 'no-ride', called: x });
    expect(record).toMatchObject({ notifyMode: 'Block', userData: 'no-ride', ulFailReason: 8014 });
    expect(record).not.toHaveProperty('fwdDstNum');
  });
});

describe('a customer’s server that fails', () => {
  const failures: readonly [name: string, answer: SinkAnswer][] = [
    ['never answers', 'hang'],
    ['breaks the connection', 'reset'],
    ['breaks it in mid-answer', { body: '{"operation":"connect",', breaksOff: 'reset' }],
    ['stops in mid-answer', { body: '{"operation":"connect",', breaksOff: 'hang' }],
    ['has an error of its own', { status: 500, body: '' }],
    ['redirects', { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' }],
    ['says 200 and nothing', 200],
    ['answers with a page', { body: '<html>It works!</html>' }],
    ['answers with something huge', { body: `{"operation":"connect","x":"${'x'.repeat(70_000)}"}` }],
    ['answers with a list', sayJson([])],
    ['wants something unknown', sayJson({ operation: 'transfer' })],
    ['says connect without a callee', sayJson({ operation: 'connect', connectInfo: [{}] })],
    ['names a callee that is no number', connectTo('ring Ben, please')],
    ['limits the call by a word', connectTo(CALLEE, { maxDuration: 'long' })],
  ];

  it.each(failures)('%s: the call ends with 8020, and nobody is rung', async (_name, answer) => {
    const { x, atAnna } = await dial(answer);
    const end = await atAnna.end();
    expect(end.how).toBe('refused');
    await asked(x);
    const { events, stateCode, record } = await toldOf(x);
    expect(stateCode).toBe(8020);
    expect(events.filter(({ statusInfo }) => statusInfo.notifyMode === 'Notify')).toHaveLength(1);
    expect(record).toMatchObject({ notifyMode: 'Block', ulFailReason: 8020, subscriptionId: '' });
    expect(scenario.ben.activeCalls).toHaveLength(0);
    expect(questionsOf(x)).toHaveLength(1);
  });

  it('is down: the call ends with 8020, the question is never put again, the rest is told later', async () => {
    const x = await customer.addX();
    await scenario.sink.close();
    const atAnna = await scenario.anna.call(x, { from: CALLER });
    expect((await atAnna.end()).how).toBe('refused');
    await scenario.sink.open();
    const { names, stateCode } = await toldOf(x);
    expect([names, stateCode]).toEqual([['disconnect'], 8020]);
    expect(questionsOf(x)).toHaveLength(0);
  });

  it('is none: an application without a statusUrl has nobody to ask', async () => {
    const mute = await scenario.tenant('X', {
      announcements: { 'business-fault': 'short.wav' },
      statusUrl: undefined,
    });
    const x = await mute.addX();
    const atAnna = await scenario.anna.call(x, { from: CALLER });
    expect((await atAnna.end()).how).toBe('refused');
    const recordsOfX = () =>
      scenario.sink.accepted.filter(({ path, body }) => path === '/fee' && body.includes(x));
    await scenario.sink.waitFor(() => recordsOfX().length === 1);
    expect(JSON.parse(recordsOfX()[0]?.body ?? '').feeLst).toMatchObject([
      { bindNum: x, ulFailReason: 8020 },
    ]);
  });

  it('is counted', async () => {
    const { application } = scenario;
    const of = (outcome: string) =>
      application.metric(`axbridge_customer_questions_total{outcome="${outcome}"}`);
    expect(await of('timeout')).toBe(2);
    expect(await of('not-json')).toBe(1);
    expect(await of('connect')).toBe(1);
    expect(await application.metric('axbridge_customer_answer_seconds_count')).toBeGreaterThan(10);
  });
});

describe('a customer’s server that names an announcement that nobody uploaded', () => {
  it.each([
    ['waitVoice', connectTo(CALLEE, { waitVoice: 'nowhere.wav' })],
    ['recordHintTone', connectTo(CALLEE, { recordFlag: 'true', recordHintTone: 'nowhere.wav' })],
    ['lastMinVoice', connectTo(CALLEE, { maxDuration: 5, lastMinVoice: 'nowhere.wav' })],
    ['closeHintTone', turnDown({ closeHintTone: 'nowhere.wav' })],
  ])('%s: the call ends with 8006', async (_field, answer) => {
    const { x, atAnna } = await dial(answer);
    expect((await atAnna.end()).how).toBe('refused');
    const { names, stateCode } = await toldOf(x);
    expect([names, stateCode]).toEqual([['callin', 'disconnect'], 8006]);
  });
});

describe('while the customer’s server thinks', () => {
  it('the caller may hang up: 7516, in order, and its answer comes too late', async () => {
    const thinking = Promise.withResolvers<void>();
    const { x, atAnna } = await dial({ ...connectTo(CALLEE), after: thinking.promise });
    await asked(x);
    atAnna.cancel();
    expect(await atAnna.end()).toMatchObject({ how: 'cancelled' });
    const { names, stateCode } = await toldOf(x);
    thinking.resolve();
    expect([names, stateCode]).toEqual([['callin', 'disconnect'], 7516]);
    expect(scenario.ben.activeCalls).toHaveLength(0);
  });

  it('the customer may end the call by callStop: 8017', async () => {
    const { x, atAnna } = await dial('hang');
    const { body } = await customer.partner.stopCall(await asked(x));
    expect(body.resultcode).toBe('0');
    expect((await atAnna.end()).how).toBe('refused');
    expect(await toldOf(x)).toMatchObject({ stateCode: 8017 });
  });

  it('other customers’ calls go on', async () => {
    const { x, atAnna } = await dial('hang');
    await asked(x);
    const { pair, atAnna: talking, atBen } = await scenario.talk();
    expect(atAnna.isOver).toBe(false);
    await atBen.hangUp();
    await talking.end();
    await scenario.told(pair.x);
    await atAnna.end();
  });

  it('axbridge may die: the call is closed at its next start, and the question is not put again', async () => {
    const { x } = await dial('hang');
    await asked(x);
    await scenario.application.kill('SIGKILL');
    await scenario.application.restart();
    const { names, stateCode } = await toldOf(x);
    expect([names, stateCode]).toEqual([['disconnect'], 8020]);
    expect(questionsOf(x)).toHaveLength(1);
  });
});
