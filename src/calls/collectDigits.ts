import { MediaError } from '../../media/index.ts';
import type { Collect } from '../../routing/types.ts';
import type { CallerChannel } from './CallerChannel.ts';
import type { CallerSide } from './CallerSide.ts';
import { CallFaultError } from './CallFaultError.ts';
import { PathError } from './CallPath.ts';
import { DIGIT_TIMES, DigitCollector } from './DigitCollector.ts';

const NOT_ACCEPTABLE = 488;

/**
 * Asks a caller for digits: plays the prompt once and hears his keys, by RFC 4733 and by SIP INFO, from the moment in
 * which he can press one. The first digit cuts the prompt. The first time, he is answered for it, or has it as early
 * media where the settings say so and his INVITE held an offer.
 * @returns what he typed, '' for nothing; undefined when the call has ended meanwhile
 * @throws CallFaultError when it cannot be done, PathError when his SDP cannot be used
 */
export async function collectDigits(side: CallerSide, collect: Collect): Promise<string | undefined> {
  const channel = side.channel ?? (await openForPrompts(side));
  if (!channel || side.hasEnded) return undefined;
  const { mostDigits, failedAttempts } = collect;
  const collector = new DigitCollector({
    times: side.services.settings.digitTimes ?? DIGIT_TIMES,
    mostDigits,
    // Who ends a full set of digits with # does so when we have heard enough already.
    passesFirstHash: failedAttempts > 0 && side.log.call.digits?.length === mostDigits,
    onFirstDigit: () => channel.cut(),
  });
  channel.onKey((key) => collector.press(key));
  void side.ended.then(() => collector.stop());
  void channel.lost.then(() => {
    collector.fail(new CallFaultError(8008, 'the media channel ended while the caller was asked'));
  });
  playPrompt(side, collect, channel, collector).catch((cause: unknown) => {
    collector.fail(new CallFaultError(8008, 'the prompt could not be played', { cause }));
  });
  try {
    const digits = await collector.digits;
    side.waitsSinceMs = performance.now();
    return digits;
  } finally {
    channel.onKey(undefined);
    channel.cut();
  }
}

async function playPrompt(
  { services }: CallerSide,
  { prompt, app }: Collect,
  channel: CallerChannel,
  collector: DigitCollector,
): Promise<void> {
  const file = await services.announcements.scene(prompt, app.announcements);
  if (file === undefined) services.logger.warn({ prompt, appKey: app.appKey }, 'a prompt has no file');
  else if (!collector.isOver && !collector.hasDigits) await channel.play(file);
  collector.promptEnded();
}

/** The caller on a channel of his own: answered, once his call's row is durable, because he may be charged from then on. */
async function openForPrompts(side: CallerSide): Promise<CallerChannel | undefined> {
  const { invite, services } = side;
  const [channel, isDurable] = await Promise.all([openChannel(side), side.isDurable()]);
  if (!channel || side.hasEnded) return undefined;
  if (!isDurable) throw new CallFaultError(8020, 'the journal did not take the call');
  if (services.settings.collect === 'early' && invite.offer !== undefined) {
    invite.progress(183, channel.sdp);
    return channel;
  }
  if (!(await side.answer(channel.sdp, (dialog) => channel.serve(dialog)))) return undefined;
  if (invite.offer !== undefined) return channel;
  const sdp = await side.acknowledged();
  if (side.hasEnded) return undefined;
  if (sdp === undefined) throw new PathError('the ACK holds no answer', NOT_ACCEPTABLE);
  await channel.answered(sdp);
  return channel;
}

async function openChannel(side: CallerSide): Promise<CallerChannel | undefined> {
  try {
    return await side.openChannel();
  } catch (cause) {
    if (!(cause instanceof MediaError)) throw cause;
    if (cause.code === 'not-acceptable')
      throw new PathError("the caller's offer cannot be used", NOT_ACCEPTABLE, { cause });
    if (cause.code === 'no-server')
      throw new CallFaultError(8020, 'no media server can take the call', { cause });
    throw new CallFaultError(8008, 'the caller has no media channel', { cause });
  }
}
