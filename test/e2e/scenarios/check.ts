import { expect } from 'vitest';
import { stateCodeOf } from '../../../src/calls/stateCodes.ts';
import { fromALaw, holdsTogether, SAMPLES_PER_SECOND } from '../../kit/audio.ts';
import { fetchRecording } from '../../kit/fetchRecording.ts';
import { soundsHeard } from '../../kit/hearing.ts';
import { digitsOf, findLeaks } from '../../kit/leaks.ts';
import type { CallEnd, PhoneCall } from '../../kit/PhoneCall.ts';
import { ANNA_HZ, BEN_HZ } from '../../kit/Scenario.ts';
import type { PlayedCall } from './PlayedCall.ts';
import type { CutShort, Row, SipEnd } from './Row.ts';

/** A refusal follows its announcement within so long. */
const PROMPTLY_MS = 3000;

/** Times are told in whole seconds: two of them may be wrong by as much, together. */
const WHOLE_SECONDS = 1.5;
const VOICES = [ANNA_HZ, BEN_HZ];

/** Checks all that a row says of its call, after the call. */
export async function check(row: Row, call: PlayedCall): Promise<void> {
  const end = await checkEnd(row, call);
  checkSounds(row, call, end);
  checkCallee(call);
  if (row.events !== '') await checkStory(row, call);
}

/** Waits for the end of the call on both sides, and checks how the caller saw it. */
export async function checkEnd(row: Row, call: PlayedCall): Promise<CallEnd> {
  const end = await call.atCaller.end(row.patienceMs);
  await call.atCallee?.end();
  expect(endOf(end)).toEqual(row.sip);
  return end;
}

/** A call's end as a row writes it. */
function endOf({ how, status, reason }: CallEnd): SipEnd | CallEnd['how'] {
  const cause = /^Q\.850\s*;\s*cause=(\d+)/.exec(reason ?? '')?.[1];
  const q850 = cause === undefined ? undefined : Number(cause);
  if (how === 'i-hung-up') return { bye: 'sent' };
  if (how === 'other-hung-up') return { bye: 'received', q850: q850 ?? Number.NaN };
  return how === 'lost' ? how : { final: status, q850 };
}

function checkSounds(row: Row, call: PlayedCall, end: CallEnd): void {
  const { sounds } = call.world;
  const heard = call.atCaller.media === undefined ? [] : soundsHeard(call.atCaller.media, sounds, VOICES);
  expect(heard.map(written)).toEqual(row.hears ?? []);
  const atCallee = call.atCallee?.media;
  expect((atCallee === undefined ? [] : soundsHeard(atCallee, sounds, VOICES)).map(written)).toEqual(
    row.calleeHears ?? [],
  );
  const last = heard.at(-1);
  if (last === undefined || call.atCallee !== undefined || 'bye' in row.sip) return;
  expect(end.at - last.until).toBeGreaterThan(-100);
  expect(end.at - last.until).toBeLessThan(PROMPTLY_MS);
}

const written = ({ name, whole }: { name: string; whole: boolean }): string | CutShort =>
  whole ? name : { cut: name };

/** The callee saw a number of the platform, and neither side got a packet with the other's number. */
function checkCallee({ dialled, atCaller, atCallee }: PlayedCall): void {
  if (atCallee === undefined || dialled.callee === undefined) return;
  const { from, callee, x, shown = x } = dialled;
  expect(atCallee.shownNumber).toBe(shown);
  // The same people may have talked before, the other way round.
  const packetsOf = ({ phone, callId }: PhoneCall) =>
    phone.packets.filter(({ bytes }) => bytes.includes(callId));
  const caller = from === undefined || shown === from ? [] : [digitsOf(from)];
  expect(findLeaks(packetsOf(atCallee), [atCallee.media], caller)).toEqual([]);
  expect(findLeaks(packetsOf(atCaller), [atCaller.media], [digitsOf(callee)])).toEqual([]);
}

/** Checks what the customer was told: events in order, one record. */
export async function checkStory(row: Row, call: PlayedCall): Promise<void> {
  const { sessionId, events, records } = await call.told(row.patienceMs);
  const { x, from = '', callee, shown = x, subscriptionId, userData, extension } = call.dialled;
  expect(events.map(({ eventType }) => eventType).join(' ')).toBe(row.events);
  const isForwarded = row.events.includes('callout');
  for (const { eventType, statusInfo } of events) {
    const isAfter = eventType !== 'callin' && isForwarded;
    const parties = eventType === 'collectInfo' ? {} : { caller: from, called: isAfter ? callee : x };
    expect(statusInfo).toMatchObject({ sessionId, ...parties });
    expect(statusInfo.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  }
  const { ulFailReason, description } = stateCodeOf(row.stateCode);
  expect(events.at(-1)?.statusInfo).toMatchObject({ stateCode: row.stateCode, stateDesc: description });
  expect(records).toHaveLength(1);
  const fields = records[0]?.fields ?? {};
  expect(fields).toMatchObject({
    direction: 1,
    appKey: call.tenant.appKey,
    sessionId,
    bindNum: x,
    subscriptionId: subscriptionId ?? '',
    callerNum: from,
    calleeNum: x,
    ulFailReason,
    ...(isForwarded ? { fwdDstNum: callee, fwdDisplayNum: shown } : {}),
    ...(userData === undefined ? {} : { userData }),
    ...(extension === undefined ? {} : { extendNum: extension }),
    recordFlag: row.recorded === true ? 1 : 0,
    ...row.record,
  });
  if (!isForwarded) expect(fields.fwdDstNum).toBeUndefined();
  if (!row.events.includes('answer')) expect(fields.callDuration).toBe(0);
  if (row.recorded === true) await checkRecording(call, fields);
}

/** The recording, through the door that a customer uses. */
async function checkRecording(
  { tenant }: PlayedCall,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  const wav = await fetchRecording(tenant.partner, fields);
  expect(wav).toMatchObject({ format: 6, channels: 1, hertz: 8000 });
  const seconds = wav.data.length / SAMPLES_PER_SECOND;
  expect(seconds).toBeGreaterThan(3);
  const { recordStartTime, callEndTime } = fields;
  expect(Math.abs(seconds - (timeOf(callEndTime) - timeOf(recordStartTime)))).toBeLessThan(WHOLE_SECONDS);
  expect(holdsTogether(fromALaw(wav.data), VOICES)).toBe(true);
}

/** Seconds since the epoch of a time as records write it. */
function timeOf(text: unknown): number {
  return Date.parse(`${String(text).replace(' ', 'T')}Z`) / 1000;
}
