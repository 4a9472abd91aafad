import type { IncomingCall } from '../../kit/IncomingCall.ts';
import { BEN_HZ } from '../../kit/Scenario.ts';
import type { Announcement } from '../../kit/signature.ts';
import type { PlayedCall } from './PlayedCall.ts';

type Play = (call: PlayedCall) => Promise<void>;
type Headers = Readonly<Record<string, string>>;

/** Both sides are connected: the callee's phone rings, is answered, and each hears the other. */
export async function answer(call: PlayedCall): Promise<IncomingCall> {
  const atCallee = await call.rung();
  atCallee.ring();
  // A caller who was answered before hears it ring; another one is told.
  await Promise.race([call.atCaller.answered, call.atCaller.progress.when(({ status }) => status >= 180)]);
  await Promise.all([atCallee.answer(), call.atCaller.answered]);
  await call.hearEachOther();
  return atCallee;
}

/** They talk, and the caller hangs up. */
export const talkAndLeave: Play = async (call) => {
  await answer(call);
  await call.atCaller.hangUp();
};

/** They talk, and the callee hangs up. */
export const talkAndBeLeft: Play = async (call) => {
  const atCallee = await answer(call);
  await atCallee.hangUp();
};

/** Packets of 20 ms after which a recording is kept: three seconds and a little. */
const WORTH_KEEPING_PACKETS = 190;

/** The callee answers once the caller has heard what he was to hear meanwhile, and hangs up after a talk. */
export const answerAfter =
  (announcement: string, packets = 0): Play =>
  async (call) => {
    const atCallee = await call.rung();
    atCallee.ring();
    await call.hears(announcement);
    await Promise.all([atCallee.answer(), call.atCaller.answered]);
    await call.hearEachOther();
    await call.atCaller.media?.hearsPackets(packets);
    await atCallee.hangUp();
  };

/** As `answerAfter`, with a talk that is worth a recording. */
export const talkForRecordAfter = (announcement: string): Play =>
  answerAfter(announcement, WORTH_KEEPING_PACKETS);

/** They talk for as long as is worth a recording, and the callee hangs up. */
export const talkForRecord: Play = async (call) => {
  const atCallee = await answer(call);
  await call.atCaller.media?.hearsPackets(WORTH_KEEPING_PACKETS);
  await atCallee.hangUp();
};

/** The callee's network refuses at once. */
export const refuseWith =
  (status: number, headers: Headers = {}): Play =>
  async (call) => {
    (await call.rung()).reject(status, headers);
  };

/** The callee's phone rings, and the call is refused then. */
export const ringAndRefuseWith =
  (status: number, headers: Headers = {}): Play =>
  async (call) => {
    const atCallee = await call.rung();
    atCallee.ring();
    await call.atCaller.progress.when(({ status: progress }) => progress >= 180);
    atCallee.reject(status, headers);
  };

/** The callee's network says something before it refuses. */
export const sayAndRefuseWith =
  (announcement: Announcement, status: number, headers: Headers = {}): Play =>
  async (call) => {
    const atCallee = await call.rung();
    atCallee.ring(183);
    // Once the caller hears the callee's network at all, nothing of what it says can get lost.
    await call.atCaller.media?.hears(BEN_HZ);
    atCallee.media?.say(announcement.codes);
    await call.hears(announcement.name);
    atCallee.reject(status, headers);
  };

/** The caller gives up before the callee's phone rings. */
export const giveUp: Play = async (call) => {
  await call.rung();
  call.atCaller.cancel();
};

/** The caller gives up while the callee's phone rings. */
export const giveUpRinging: Play = async (call) => {
  (await call.rung()).ring();
  await call.atCaller.progress.when(({ status }) => status >= 180);
  call.atCaller.cancel();
};

/** The callee's phone rings, and nothing else happens. */
export const ringOnly: Play = async (call) => {
  (await call.rung()).ring();
};

/** The customer ends the call while the callee's phone rings. */
export const stopRinging: Play = async (call) => {
  (await call.rung()).ring();
  await call.atCaller.progress.when(({ status }) => status >= 180);
  await call.stop();
};

/** The customer ends the call while both talk. */
export const stopTalking: Play = async (call) => {
  await answer(call);
  await call.stop();
};
