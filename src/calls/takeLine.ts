import type { Connect, Line } from '../../routing/types.ts';
import type { LineAnswer } from '../store/lines.ts';
import type { CallerSide } from './CallerSide.ts';

/**
 * Takes the line that a call needs, before its callee is rung. It is freed when the call is closed, or at once when the
 * call has ended while it was taken.
 * @throws what the database throws; the line is freed with the call then, should it have been taken
 */
export async function takeLine(side: CallerSide, line: Line, connect: Connect): Promise<LineAnswer> {
  const { services, sessionId } = side;
  const { app, subscriptionId, remember, temporaryCallee } = connect;
  try {
    const answer = await services.lines.take({
      appKey: app.appKey,
      subscriptionId,
      line,
      sessionId,
      ...(remember && { remember }),
      ...(temporaryCallee !== undefined && { temporaryCallee }),
      now: services.clock(),
    });
    if (answer === 'taken') hold(side);
    return answer;
  } catch (error) {
    hold(side);
    throw error;
  }
}

/** The journal frees it with the call, unless the call is closed already or never came into the journal. */
function hold(side: CallerSide): void {
  const { log, hasEnded } = side;
  if (hasEnded) {
    free(side);
    return;
  }
  log.lineTaken();
  void Promise.all([log.opened, side.ended]).then(([isOpen]) => {
    if (!isOpen) free(side);
  });
}

function free({ log, services, sessionId }: CallerSide): void {
  const freeing = services.lines.free(log.call.appKey, sessionId).catch((error: unknown) => {
    services.logger.error({ err: error, sessionId }, 'a line could not be freed; it will be swept');
  });
  services.releases.add(freeing);
}
