import { connectTo, isQuestion, turnDown } from '../../test/kit/customerReplies.ts';
import { observeAll } from '../observe.ts';
import { ANNA, BEN, CARL } from '../people.ts';
import type { Stage } from '../Stage.ts';
import type { Story } from '../Story.ts';
import { productFile } from '../sounds.ts';
import { observeAnswered } from './answered.ts';
import { observeRefusal } from './refusal.ts';

const X = { name: 'X', number: '+8617000005001' } as const;
/** What Carl hears; the customer names it in his answer. */
const SORRY = 'sorry.wav';
const SORRY_SCENE = 'no-permission';

/** X: nothing is bound. Each call is put to the customer's server, which says whom to ring, or that nobody is rung. */
export const xMode: Story = {
  title: "axbridge, mode X: the customer's server decides",
  async play(stage) {
    const customer = await stage.newCustomer('X', [X]);
    await stage.addAnnouncement(SORRY, productFile(SORRY_SCENE));
    // Its application: Carl is turned down, everybody else reaches Ben.
    stage.sink.rule = (request) => {
      if (!isQuestion(request)) return 200;
      const { caller } = JSON.parse(request.body).statusInfo;
      const isCarl = caller === CARL.number;
      stage.note(`POST /status callin, Block   the answer: ${isCarl ? 'close' : `connect ${BEN.number}`}`);
      return isCarl
        ? turnDown({ closeHintTone: SORRY, userData: 'ride-6' })
        : connectTo(BEN.number, { userData: 'ride-5' });
    };
    await annaIsConnected(stage);
    await observeRefusal(stage, {
      title: 'Carl dials X: the customer says close',
      caller: CARL,
      dialled: X,
      hears: SORRY_SCENE,
      stateCode: 8014,
      status: 403,
      record: { userData: 'ride-6', notifyMode: 'Block' },
    });
    const questions = stage.sink.requests.filter(isQuestion).length;
    stage.list.check(
      questions === 2,
      "the customer's server was asked once for each call",
      `${questions} times`,
    );
    await observeAll(stage, customer, { mode: 'X', completed: 1 });
    return {
      as: ANNA,
      number: X.number,
      outcome: "The customer's server says connect: Ben, a phone of this demo, answers.",
    };
  },
};

async function annaIsConnected(stage: Stage): Promise<void> {
  const { call, told } = await observeAnswered(stage, {
    title: 'Anna dials X: the customer says connect',
    caller: ANNA,
    dialled: X,
    callee: BEN,
    hangsUp: 'callee',
    record: { userData: 'ride-5', notifyMode: 'Block' },
  });
  const isAsked = told?.events[0]?.statusInfo.notifyMode === 'Block';
  const isBefore = (told?.events[0]?.at ?? Number.POSITIVE_INFINITY) <= call.atCallee.arrivedAt;
  stage.list.check(isAsked && isBefore, "the customer's server was asked before anyone was rung");
}
