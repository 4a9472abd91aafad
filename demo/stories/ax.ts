import {
  EVENTS,
  observeAll,
  observeEnd,
  observeMasking,
  observeRinging,
  observeStory,
  observeTalk,
} from '../observe.ts';
import { ANNA, BEN, CARL, type Person } from '../people.ts';
import { Scene } from '../Scene.ts';
import type { Customer, Stage } from '../Stage.ts';
import type { Story } from '../Story.ts';
import { hasHeard, productSound } from '../sounds.ts';
import { observeAnswered } from './answered.ts';

const X = { name: 'X', number: '+8617000005001' } as const;
const TALK_PACKETS = 50;
const BUSY = productSound('busy');

/** AX: X is Anna's number for everybody; when she dials it herself, she reaches whom the customer named, or who called last. */
export const ax: Story = {
  title: 'axbridge, mode AX: a number for Anna',
  async play(stage) {
    const customer = await stage.newCustomer('AX', [X], { callBackMemory: true });
    const { subscriptionId } = await stage.asked(
      'POST /rest/provision/caas/privatenumber/v1.0',
      'X is the number of Anna',
      customer.partner.bindAx(ANNA.number, { privateNum: X.number }),
    );
    await benCallsWhileCarlTries(stage, subscriptionId);
    await annaCallsTemporaryCallee(stage, customer, subscriptionId);
    await annaCalls(stage, BEN, 'Anna dials X again: Ben, who called last', subscriptionId);
    await observeAll(stage, customer, { mode: 'AX', completed: 3 });
    return { as: BEN, number: X.number, outcome: 'Anna, a phone of this demo, answers.' };
  },
};

/** Anna has one line: while she talks to Ben, Carl hears that she is busy. */
async function benCallsWhileCarlTries(stage: Stage, subscriptionId: unknown): Promise<void> {
  const { list, callees } = stage;
  const title = 'Ben dials X; Carl does so, too';
  const scene = new Scene(stage, title, { caller: BEN, dialled: X, callee: ANNA });
  const call = await scene.connect(BEN, ANNA);
  const talk = await scene.talk(call, TALK_PACKETS);
  const atCarl = await scene.dial(CARL);
  await atCarl.progress.next();
  scene.ladder.sound('Carl: "on another call"');
  const { status } = await atCarl.end();
  const isBenStillThere = !call.atCaller.isOver;
  await call.atCallee.hangUp();
  const end = await call.atCaller.end();
  const toldOfCarl = await scene.told(CARL);
  const toldOfBen = await scene.told(BEN);

  scene.observed();
  observeRinging(list, call, X);
  observeTalk(list, call, talk, TALK_PACKETS);
  list.check(hasHeard(atCarl.media, BUSY), 'Carl heard meanwhile that Anna is on another call');
  list.check(
    status === 486 && callees.calls.items.length === 1,
    'he was refused with 486, and nobody was rung',
  );
  list.check(isBenStillThere, 'Anna and Ben talked on');
  observeEnd(list, ANNA, BEN, end);
  observeMasking(list, call);
  const record = { subscriptionId };
  observeStory(list, toldOfCarl, {
    caller: CARL,
    dialled: X,
    events: EVENTS.refused,
    stateCode: 8102,
    record,
  });
  observeStory(list, toldOfBen, {
    caller: BEN,
    dialled: X,
    callee: ANNA,
    events: EVENTS.answered,
    stateCode: 0,
    record,
  });
}

async function annaCallsTemporaryCallee(
  stage: Stage,
  { partner }: Customer,
  subscriptionId: unknown,
): Promise<void> {
  stage.paint.heading("Anna's next call");
  await stage.asked(
    'PUT /rest/caas/privatenumber/calleenumber/v1.0',
    'is to Carl, once',
    partner.setTemporaryCallee(CARL.number, { privateNum: X.number }),
  );
  await annaCalls(stage, CARL, 'Anna dials X: Carl, whom the customer named', subscriptionId);
}

async function annaCalls(
  stage: Stage,
  callee: Person,
  title: string,
  subscriptionId: unknown,
): Promise<void> {
  const record = { subscriptionId };
  await observeAnswered(stage, { title, caller: ANNA, dialled: X, callee, hangsUp: 'caller', record });
}
