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
import type { Numbered, Stage } from '../Stage.ts';
import type { Story } from '../Story.ts';
import { observeRefusal } from './refusal.ts';

/** The platform's two numbers in Hangzhou; which of them becomes X is for the platform to say. */
const POOL = ['+8617000005001', '+8617000005002'] as const;
const HANGZHOU = '0571';
const TALK_PACKETS = 50;

interface Crossing {
  readonly caller: Person;
  readonly callee: Person;
  readonly dialled: Numbered;
  readonly shown: Numbered;
  readonly subscriptionId: unknown;
}

/** AXYB: each of two people knows the other by a number of his own, Anna Ben as Y, Ben Anna as X. */
export const axyb: Story = {
  title: 'axbridge, mode AXYB: a number for each of two',
  async play(stage) {
    const numbers = POOL.map((number) => ({ name: 'pool', number }));
    const customer = await stage.newCustomer('AXYB', numbers);
    const path = 'POST /rest/omp/xyrelationnumber/v1.0';
    const areaCode = HANGZHOU;
    const ofAnna = await stage.asked(
      path,
      'Anna has an X',
      customer.partner.bindAxyb(ANNA.number, { areaCode }),
    );
    const { subscriptionId } = ofAnna;
    const terms = { areaCode, subscriptionId };
    const ofBen = await stage.asked(
      path,
      'Ben has a Y, for Anna',
      customer.partner.bindAxyb(BEN.number, terms),
    );
    const x = { name: 'X', number: String(ofAnna.relationNumber) };
    const y = { name: 'Y', number: String(ofBen.relationNumber) };

    await cross(stage, { caller: ANNA, callee: BEN, dialled: y, shown: x, subscriptionId });
    await cross(stage, { caller: BEN, callee: ANNA, dialled: x, shown: y, subscriptionId });
    await observeRefusal(stage, {
      title: 'Carl, a stranger, dials X',
      caller: CARL,
      dialled: x,
      hears: 'no-binding',
      stateCode: 8030,
      status: 403,
    });
    await observeAll(stage, customer, { mode: 'AXYB', completed: 2 });
    return { as: ANNA, number: y.number, outcome: 'Ben, a phone of this demo, answers, and sees X.' };
  },
};

async function cross(
  stage: Stage,
  { caller, callee, dialled, shown, subscriptionId }: Crossing,
): Promise<void> {
  const { list } = stage;
  const scene = new Scene(stage, `${caller.name} dials ${dialled.name}`, { caller, dialled, callee });
  const call = await scene.connect(caller, callee);
  const talk = await scene.talk(call, TALK_PACKETS);
  await call.atCallee.hangUp();
  const end = await call.atCaller.end();
  const told = await scene.told(caller);

  scene.observed();
  observeRinging(list, call, shown);
  observeTalk(list, call, talk, TALK_PACKETS);
  observeEnd(list, callee, caller, end);
  observeMasking(list, call);
  const record = { subscriptionId };
  observeStory(list, told, { caller, dialled, callee, shown, events: EVENTS.answered, stateCode: 0, record });
}
