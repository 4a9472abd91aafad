import type { ToldCall } from '../test/kit/customer.ts';
import { digitsOf, findLeaks } from '../test/kit/leaks.ts';
import type { CallEnd, PhoneCall } from '../test/kit/PhoneCall.ts';
import { hasValidAksk, hasValidSignature } from '../test/kit/WebhookSink.ts';
import type { Checklist } from './Checklist.ts';
import type { Person } from './people.ts';
import { percent } from './percent.ts';
import type { Heard, HeardTalk, Talk } from './Scene.ts';
import type { Customer, Numbered, Stage } from './Stage.ts';

/** Events of a call that was answered, and of one that nobody was rung for. */
export const EVENTS = {
  answered: ['callin', 'callout', 'alerting', 'answer', 'disconnect'],
  typedAndAnswered: ['callin', 'collectInfo', 'callout', 'alerting', 'answer', 'disconnect'],
  refused: ['callin', 'disconnect'],
} as const;

/** What a story expects that the customer's server was told of a call. */
export interface ExpectedStory {
  readonly caller: Person;
  readonly dialled: Numbered;
  /** Absent where nobody was rung. */
  readonly callee?: Person;
  /** What the callee saw, where it is not the number dialled. */
  readonly shown?: Numbered;
  readonly events: readonly string[];
  readonly stateCode: number;
  /** Further fields of the record. */
  readonly record?: Readonly<Record<string, unknown>>;
}

/** Who was rung, and which number he saw. */
export function observeRinging(list: Checklist, { caller, callee, atCallee }: Talk, shown: Numbered): void {
  const { wantedNumber, shownNumber } = atCallee;
  list.check(
    wantedNumber === callee.number,
    `${callee.name}'s phone (${callee.number}) was rung`,
    wantedNumber,
  );
  const what = `it showed ${shown.name} (${shown.number}), not ${caller.name}`;
  list.check(shownNumber === shown.number, what, shownNumber);
}

/** Who heard whom; `leastPackets` that came to either side in the whole call. */
export function observeTalk(
  list: Checklist,
  { caller, callee }: Talk,
  talk: HeardTalk,
  leastPackets: number,
): void {
  observeSound(list, `${caller.name} heard ${callee.name}`, talk.byCaller, leastPackets);
  observeSound(list, `${callee.name} heard ${caller.name}`, talk.byCallee, leastPackets);
}

function observeSound(
  list: Checklist,
  what: string,
  { share, packets, reports }: Heard,
  least: number,
): void {
  const detail = `${percent(share)} of the sound (${packets} RTP and ${reports} RTCP packets)`;
  list.check(share > 0.7 && packets >= least, `${what}: ${detail}`, 'too little of it');
}

/** That one side hung up, and that this ended the call at the other one. */
export function observeEnd(list: Checklist, who: Person, other: Person, { how }: CallEnd): void {
  list.check(how === 'other-hung-up', `${who.name} hung up, and that ended the call at ${other.name}`, how);
}

/** Reads every packet of a call that reached either phone for the other's number. */
export function observeMasking(list: Checklist, { caller, callee, atCaller, atCallee }: Talk): void {
  for (const [call, owner, other] of [
    [atCaller, caller, callee],
    [atCallee, callee, caller],
  ] as const) {
    const packets = packetsOf(call);
    const leaks = findLeaks(packets, [call.media], [digitsOf(other.number)]);
    const sip = packets.filter(({ direction }) => direction === 'in').length;
    const read = `${sip} SIP and ${call.media?.received.length ?? 0} RTP and RTCP packets to ${owner.name}`;
    list.check(leaks.length === 0, `${read}: none holds ${other.number}`, leaks[0]?.line ?? '');
  }
}

/** Everybody has the same two phones in a story: a packet belongs to the call whose Call-ID it names. */
function packetsOf({ phone, callId }: PhoneCall) {
  return phone.packets.filter(({ bytes }) => bytes.includes(callId));
}

/** What the customer's server was told of a call: events in order, and one record. */
export function observeStory(list: Checklist, told: ToldCall | undefined, expected: ExpectedStory): void {
  const { caller, callee, dialled, shown = dialled, stateCode, record = {} } = expected;
  if (told === undefined) {
    list.check(false, `the customer's server was told of ${caller.name}'s call`);
    return;
  }
  const names = told.events.map(({ eventType }) => eventType).join(', ');
  const wanted = expected.events.join(', ');
  list.check(names === wanted, `${expected.events.length} events: ${wanted}`, names);
  list.check(areOf(told, expected), `with the right numbers, and stateCode ${stateCode} at the end`);
  const fields = told.records[0]?.fields ?? {};
  const all = {
    callerNum: caller.number,
    calleeNum: dialled.number,
    ...(callee !== undefined && { fwdDstNum: callee.number, fwdDisplayNum: shown.number }),
    ...record,
  };
  const wrong = Object.entries(all).filter(([name, value]) => fields[name] !== value);
  list.check(
    told.records.length === 1 && wrong.length === 0,
    'one call record that says the same',
    `${told.records.length} of them, ${wrong.map(([name]) => `${name} ${String(fields[name])}`).join(', ')}`,
  );
}

function areOf({ events }: ToldCall, { caller, callee, dialled, stateCode }: ExpectedStory): boolean {
  return (
    events.every(({ eventType, statusInfo }) => {
      if (eventType === 'collectInfo') return true;
      const called = eventType === 'callin' ? dialled : (callee ?? dialled);
      return statusInfo.caller === caller.number && statusInfo.called === called.number;
    }) && events.at(-1)?.statusInfo.stateCode === stateCode
  );
}

/** The end of each story: every notification was signed, and the operator's page agrees. */
export async function observeAll(
  { list, sink, application }: Stage,
  { appKey, appSecret }: Customer,
  { mode, completed }: { mode: string; completed: number },
): Promise<void> {
  const signed = sink.requests.every(
    (request) => hasValidAksk(request, appKey, appSecret) && hasValidSignature(request, appSecret),
  );
  list.check(signed, `${sink.requests.length} notifications, each signed (X-AKSK and webhook-signature)`);
  const name = `axbridge_call_attempts_total{mode="${mode}",outcome="completed"}`;
  const counted = await application.metric(name);
  const sessions = await application.metric('axbridge_media_sessions');
  const calls = completed === 1 ? 'one completed call' : `${completed} completed calls`;
  list.check(
    counted === completed && sessions === 0,
    `/metrics counts ${calls} and no media left`,
    `${String(counted)} calls, ${String(sessions)} media sessions`,
  );
}
