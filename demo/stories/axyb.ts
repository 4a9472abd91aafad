import { observeAll } from '../observe.ts';
import { ANNA, BEN, CARL, type Person } from '../people.ts';
import type { Numbered, Stage } from '../Stage.ts';
import type { Story } from '../Story.ts';
import { observeAnswered } from './answered.ts';
import { observeRefusal } from './refusal.ts';

/** The platform's two numbers in Hangzhou; which of them becomes X is for the platform to say. */
const POOL = ['+8617000005001', '+8617000005002'] as const;
const HANGZHOU = '0571';

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

async function cross(stage: Stage, { subscriptionId, ...crossing }: Crossing): Promise<void> {
  const title = `${crossing.caller.name} dials ${crossing.dialled.name}`;
  await observeAnswered(stage, { ...crossing, title, hangsUp: 'callee', record: { subscriptionId } });
}
