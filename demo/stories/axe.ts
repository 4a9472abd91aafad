import {
  EVENTS,
  observeAll,
  observeEnd,
  observeMasking,
  observeRinging,
  observeStory,
  observeTalk,
} from '../observe.ts';
import { ANNA, BEN } from '../people.ts';
import { percent } from '../percent.ts';
import { earOf, Scene } from '../Scene.ts';
import type { Customer, Stage } from '../Stage.ts';
import type { Story } from '../Story.ts';
import { hasHeard, productSound, untilHeard } from '../sounds.ts';
import { observeAnswered } from './answered.ts';

const X = { name: 'X', number: '+8617000005001' } as const;
const EXTENSION = '1207';
/** Ringback tone in China (GB/T 3380): one second in five. */
const RINGBACK_HZ = 450;
const TALK_PACKETS = 50;
const PROMPT = productSound('enter-extension');

/** AXE: many people share X. Who dials it types Anna's extension, and Anna finds him again by dialling X herself. */
export const axe: Story = {
  title: 'axbridge, mode AXE: an extension of X',
  async play(stage) {
    const customer = await stage.newCustomer('AXE', [X]);
    const { subscriptionId } = await stage.asked(
      'POST /rest/caas/extendnumber/v1.0',
      `Anna behind X, extension ${EXTENSION}`,
      customer.partner.bindAxe(ANNA.number, { virtualNum: X.number, extendNum: EXTENSION }),
    );
    await benCalls(stage, subscriptionId);
    await annaCallsBack(stage, customer);
    return {
      as: BEN,
      number: X.number,
      outcome: `Type ${EXTENSION} when you are asked: Anna, a phone of this demo, answers.`,
    };
  },
};

async function benCalls(stage: Stage, subscriptionId: unknown): Promise<void> {
  const { list } = stage;
  const scene = new Scene(stage, 'Ben, a stranger, dials X', { caller: BEN, dialled: X, callee: ANNA });
  const atCaller = await scene.dial(BEN);
  await atCaller.answered;
  const bensEar = earOf(atCaller);
  scene.ladder.sound('"please enter the extension"');
  await untilHeard(bensEar, PROMPT);
  scene.ladder.sound(`Ben types ${EXTENSION} (RFC 4733)`);
  await bensEar.press(EXTENSION);
  const atCallee = await scene.rung();
  atCallee.ring();
  await bensEar.hears(RINGBACK_HZ);
  const ringback = bensEar.shareOfTone(RINGBACK_HZ);
  scene.ladder.sound(`Ben hears ${RINGBACK_HZ} Hz: ringback`);
  const infos = stage.callers.packets.filter(({ bytes }) => bytes.startsWith('INFO '));
  await atCallee.answer();
  const call = { caller: BEN, callee: ANNA, atCaller, atCallee };
  const talk = await scene.talk(call, TALK_PACKETS);
  await atCallee.hangUp();
  const end = await atCaller.end();
  const told = await scene.told(BEN);

  scene.observed();
  list.check(hasHeard(atCaller.media, PROMPT), 'Ben was answered, and asked for an extension');
  list.check(infos.length === 0, `he typed ${EXTENSION} in his sound, without a SIP message`);
  list.check(told?.events[1]?.statusInfo.digitInfo === EXTENSION, 'the customer was told what he typed');
  observeRinging(list, call, X);
  list.check(ringback > 0.7, `meanwhile Ben heard ringback: ${RINGBACK_HZ} Hz, ${percent(ringback)}`);
  observeTalk(list, call, talk, TALK_PACKETS);
  observeEnd(list, ANNA, BEN, end);
  observeMasking(list, call);
  const record = { subscriptionId, extendNum: EXTENSION };
  observeStory(list, told, {
    caller: BEN,
    dialled: X,
    callee: ANNA,
    events: EVENTS.typedAndAnswered,
    stateCode: 0,
    record,
  });
}

async function annaCallsBack(stage: Stage, customer: Customer): Promise<void> {
  const title = 'Anna dials X, to call back';
  await observeAnswered(stage, { title, caller: ANNA, dialled: X, callee: BEN, hangsUp: 'caller' });
  await observeAll(stage, customer, { mode: 'AXE', completed: 2 });
}
