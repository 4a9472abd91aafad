import type { IncomingCall } from '../test/kit/IncomingCall.ts';
import type { OutgoingCall } from '../test/kit/OutgoingCall.ts';
import type { PhoneMedia } from '../test/kit/PhoneMedia.ts';
import type { Ladder } from './Ladder.ts';
import { ANNA, BEN, type Stage, X } from './Stage.ts';

/** Nothing under three seconds is kept as a recording. */
const TALK_PACKETS = 165;

/** One call as both phones saw and heard it. */
export interface ObservedCall {
  readonly atAnna: OutgoingCall;
  readonly atBen: IncomingCall;
  readonly annaHeard: Heard;
  readonly benHeard: Heard;
  /** Whether the call ended at Anna because Ben hung up. */
  readonly endedByBen: boolean;
}

export interface Heard {
  readonly packets: number;
  readonly reports: number;
  readonly sent: number;
  /** Share of the last tenth of a second that was the other's voice, from 0 to 1. */
  readonly share: number;
}

/** Anna dials X, Ben answers, both talk for three seconds, Ben hangs up. The ladder shows it as it happens. */
export async function makeCall({ anna, ben }: Stage, ladder: Ladder): Promise<ObservedCall> {
  anna.onPacket = (packet) => ladder.packet('anna', packet);
  ben.onPacket = (packet) => ladder.packet('ben', packet);
  const atAnna = await anna.call(X, { from: ANNA.number });
  const atBen = await ben.nextCall();
  atBen.ring();
  await atAnna.progress.next();
  await Promise.all([atBen.answer(), atAnna.answered]);

  const [annasEar, bensEar] = [earOf(atAnna), earOf(atBen)];
  await Promise.all([annasEar.hearsPackets(25), bensEar.hearsPackets(25)]);
  ladder.sound('"this call is recorded"', '"this call is recorded"');
  await Promise.all([annasEar.hears(BEN.hertz), bensEar.hears(ANNA.hertz)]);
  await Promise.all([annasEar.hearsPackets(TALK_PACKETS), bensEar.hearsPackets(TALK_PACKETS)]);
  const annaHeard = heard(annasEar, BEN.hertz);
  const benHeard = heard(bensEar, ANNA.hertz);
  ladder.sound(
    `Anna hears ${BEN.hertz} Hz, ${percent(annaHeard.share)}: Ben`,
    `Ben hears ${ANNA.hertz} Hz, ${percent(benHeard.share)}: Anna`,
  );

  await atBen.hangUp();
  const end = await atAnna.end();
  return { atAnna, atBen, annaHeard, benHeard, endedByBen: end.how === 'other-hung-up' };
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function earOf(call: OutgoingCall | IncomingCall): PhoneMedia {
  if (call.media === undefined) throw new Error('a phone without sound');
  return call.media;
}

function heard(media: PhoneMedia, hertz: number): Heard {
  return {
    packets: media.receivedPackets,
    reports: media.received.filter(({ control }) => control).length,
    sent: media.sentPackets,
    share: media.shareOfTone(hertz),
  };
}
