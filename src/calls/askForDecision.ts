import type { Ask, Connect, Decision } from '../../routing/types.ts';
import { decideReply, refuseNoFile } from '../../routing/xMode.ts';
import type { Message } from '../store/Message.ts';
import type { AnnouncementFiles } from './announcementFiles.ts';
import type { CallerSide } from './CallerSide.ts';
import { CallFaultError } from './CallFaultError.ts';

/**
 * Puts the callin event of a call in X mode to the customer's server, as soon as the call's row is durable, and decides
 * by the answer (facts 6). The question is put also when the caller has gone by then: the customer hears of the end of
 * no call of which he has not heard before.
 * @returns undefined when the call has ended meanwhile
 * @throws CallFaultError where the journal does not take the call in time
 */
export async function askForDecision(
  side: CallerSide,
  ask: Ask,
  question: Message,
): Promise<Decision | undefined> {
  const { log, invite, services } = side;
  const answering = log.opened.then((isOpen) =>
    isOpen ? services.askCustomer(ask.app.appKey, question) : undefined,
  );
  if (!(await side.isDurable())) throw new CallFaultError(8020, 'the journal did not take the call');
  const answer = await answering;
  if (side.hasEnded || answer === undefined) return undefined;
  const call = { caller: invite.caller, x: invite.x, now: log.call.callInAt };
  const decision = decideReply(call, ask, answer, services.platform);
  const missing = await missingFile(decision, services.announcements);
  if (missing === undefined) return decision;
  return refuseNoFile(decision.kind === 'collect' ? ask : decision, missing);
}

/** The first announcement that the customer named and the operator has not uploaded. */
async function missingFile(decision: Decision, files: AnnouncementFiles): Promise<string | undefined> {
  for (const name of namedFiles(decision)) {
    if (typeof name === 'string' && (await files.uploaded(name)) === undefined) return name;
  }
  return undefined;
}

function namedFiles(decision: Decision): readonly Connect['ringback'][] {
  if (decision.kind === 'refuse') return [decision.file];
  if (decision.kind !== 'connect') return [];
  const { app, ringback, recordHintTone, lastMinVoice } = decision;
  return [ringback, recordHintTone === app.qualityHintTone ? undefined : recordHintTone, lastMinVoice];
}
