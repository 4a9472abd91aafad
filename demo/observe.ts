import { type ToldCall, toldOf } from '../test/kit/customer.ts';
import { digitsOf, findLeaks } from '../test/kit/leaks.ts';
import { hasValidAksk, hasValidSignature } from '../test/kit/WebhookSink.ts';
import type { Checklist } from './Checklist.ts';
import { type Heard, type ObservedCall, percent } from './phoneCall.ts';
import { ANNA, BEN, type Stage, X } from './Stage.ts';
import { type FoundRecording, findRecording } from './story.ts';

const EVENTS = ['callin', 'callout', 'alerting', 'answer', 'disconnect'];
const RECORDING_PATIENCE_MS = 5000;
const LOOK_EVERY_MS = 50;

/** What was seen on the wires: who rang, with which number, who heard whom, and how it ended. */
export function observeCall(list: Checklist, call: ObservedCall): void {
  const { atBen, annaHeard, benHeard, endedByBen } = call;
  list.check(atBen.wantedNumber === BEN.number, `Ben's phone (${BEN.number}) was rung`, atBen.wantedNumber);
  list.check(atBen.shownNumber === X, `it showed X (${X}), not Anna`, atBen.shownNumber);
  observeSound(list, 'Anna heard Ben', annaHeard);
  observeSound(list, 'Ben heard Anna', benHeard);
  list.check(endedByBen, 'Ben hung up, and that ended the call at Anna');
}

function observeSound(list: Checklist, what: string, { share, packets, reports }: Heard): void {
  const detail = `${percent(share)} of the sound (${packets} RTP and ${reports} RTCP packets)`;
  list.check(share > 0.7 && packets > 150, `${what}: ${detail}`, 'too little of it');
}

/** Reads every packet that reached either phone for the other's number. */
export function observeMasking(list: Checklist, { anna, ben }: Stage, { atAnna, atBen }: ObservedCall): void {
  for (const [phone, media, other] of [
    [anna, atAnna.media, BEN],
    [ben, atBen.media, ANNA],
  ] as const) {
    const leaks = findLeaks(phone.packets, [media], [digitsOf(other.number)]);
    const sip = phone.packets.filter(({ direction }) => direction === 'in').length;
    const sound = media?.received.length ?? 0;
    const read = `${sip} SIP and ${sound} RTP and RTCP packets to ${phone.name}`;
    list.check(leaks.length === 0, `${read}: none holds ${other.number}`, leaks[0]?.line ?? '');
  }
}

/** What the customer's server was told, once that is complete. */
export function awaitStory({ sink }: Stage): Promise<ToldCall | undefined> {
  return toldOf(sink, X).then(([told]) => told);
}

export function observeStory(list: Checklist, stage: Stage, { events, records }: ToldCall): void {
  const names = events.map(({ eventType }) => eventType);
  list.check(String(names) === String(EVENTS), 'five events, in order', names.join(', '));
  const [first, ...later] = events.map(({ statusInfo }) => statusInfo);
  const right =
    first?.caller === ANNA.number &&
    first.called === X &&
    later.every(({ caller, called }) => caller === ANNA.number && called === BEN.number) &&
    later.at(-1)?.stateCode === 0;
  list.check(right, 'with the right numbers, and stateCode 0 at the end');
  const fields = records[0]?.fields ?? {};
  const { callerNum, calleeNum, fwdDstNum, fwdDisplayNum, subscriptionId, userData } = fields;
  const expected = [ANNA.number, X, BEN.number, X, stage.subscriptionId, 'order-77'];
  const given = [callerNum, calleeNum, fwdDstNum, fwdDisplayNum, subscriptionId, userData];
  list.check(
    records.length === 1 && String(given) === String(expected),
    'one call record that says the same',
  );
  const signed = stage.sink.requests.every(
    (request) =>
      hasValidAksk(request, stage.appKey, stage.appSecret) && hasValidSignature(request, stage.appSecret),
  );
  list.check(
    signed,
    `${stage.sink.requests.length} notifications, each signed (X-AKSK and webhook-signature)`,
  );
}

/** The recording that the record names, as soon as it is converted. */
export async function observeRecording(
  list: Checklist,
  { application }: Stage,
  { records }: ToldCall,
): Promise<FoundRecording | undefined> {
  const name = String(records[0]?.fields.recordObjectName ?? '');
  const recording = name === '' ? undefined : await awaitRecording(application.dataDir, name);
  const isRight = recording?.isALaw === true && recording.seconds >= 3;
  const length = recording?.seconds.toFixed(1) ?? '0';
  list.check(isRight, `a recording of ${length} s, A-law, 8 kHz, mono`, 'it is not there');
  const { anna = 0, ben = 0 } = recording ?? {};
  list.check(anna > 0.2 && ben > 0.2, `with both voices: Anna ${percent(anna)}, Ben ${percent(ben)}`);
  return recording;
}

async function awaitRecording(dataDir: string, name: string): Promise<FoundRecording | undefined> {
  const until = Date.now() + RECORDING_PATIENCE_MS;
  for (;;) {
    const found = findRecording(dataDir, name);
    if (found !== undefined || Date.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** The operator's page agrees. */
export async function observeMetrics(list: Checklist, { application }: Stage): Promise<void> {
  const completed = await application.metric('axbridge_call_attempts_total{mode="AXB",outcome="completed"}');
  const sessions = await application.metric('axbridge_media_sessions');
  list.check(completed === 1 && sessions === 0, '/metrics counts one completed call and no media left');
}
