import type { PartnerClient } from '../../test/kit/PartnerClient.ts';
import type { Checklist } from '../Checklist.ts';
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
import { findRecording } from '../recording.ts';
import { earOf, Scene } from '../Scene.ts';
import type { Story } from '../Story.ts';
import { productFile } from '../sounds.ts';

const X = { name: 'X', number: '+8617000005001' } as const;
const HINT = 'record-hint.wav';
/** Nothing under three seconds is kept as a recording. */
const TALK_PACKETS = 165;

/** AXB: Anna and Ben are bound on X, and reach each other by dialling it. */
export const axb: Story = {
  title: 'axbridge: one masked call',
  async play(stage) {
    const { list } = stage;
    const customer = await stage.newCustomer('AXB', [X], { recording: true });
    await stage.addAnnouncement(HINT, productFile('record-hint'));
    const terms = { relationNum: X.number, recordFlag: 'true', recordHintTone: HINT, userData: 'order-77' };
    const bound = await stage.asked(
      'POST /rest/caas/relationnumber/partners/v1.0',
      'Anna and Ben on X, by X-AKSK',
      customer.partner.bind(ANNA.number, BEN.number, terms),
    );

    const scene = new Scene(stage, 'Anna dials X', { caller: ANNA, dialled: X, callee: BEN });
    const call = await scene.connect(ANNA, BEN);
    await Promise.all([earOf(call.atCaller).hearsPackets(25), earOf(call.atCallee).hearsPackets(25)]);
    scene.ladder.sound('"this call is recorded"', '"this call is recorded"');
    const talk = await scene.talk(call, TALK_PACKETS);
    await call.atCallee.hangUp();
    const end = await call.atCaller.end();
    const told = await scene.told(ANNA);

    scene.observed();
    observeRinging(list, call, X);
    observeTalk(list, call, talk, TALK_PACKETS);
    observeEnd(list, BEN, ANNA, end);
    observeMasking(list, call);
    const { subscriptionId } = bound;
    const record = { subscriptionId, userData: 'order-77' };
    observeStory(list, told, {
      caller: ANNA,
      dialled: X,
      callee: BEN,
      events: EVENTS.answered,
      stateCode: 0,
      record,
    });
    await observeRecording(list, customer.partner, told?.records[0]?.fields ?? {});
    await observeAll(stage, customer, { mode: 'AXB', completed: 1 });
    return {
      as: ANNA,
      number: X.number,
      outcome: 'Ben, a phone of this demo, answers; both of you are recorded.',
    };
  },
};

/** The recording that the record names. */
async function observeRecording(
  list: Checklist,
  partner: PartnerClient,
  record: Readonly<Record<string, unknown>>,
): Promise<void> {
  const recording = await findRecording(partner, record, [ANNA, BEN]);
  const isRight = recording?.isALaw === true && recording.seconds >= 3;
  list.check(
    isRight,
    `a recording of ${recording?.seconds.toFixed(1) ?? '0'} s, A-law, 8 kHz, mono`,
    'it is not there',
  );
  const [anna = 0, ben = 0] = recording?.voices ?? [];
  list.check(anna > 0.2 && ben > 0.2, `with both voices: Anna ${percent(anna)}, Ben ${percent(ben)}`);
}
