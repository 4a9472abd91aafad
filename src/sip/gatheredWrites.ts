import type { Socket } from 'node:net';

/**
 * Sends together what is written while what came in is dealt with: an answer brings an ACK for one side and a 200 for the
 * other, a BYE its own 200 and the other side's BYE. Each write of its own would be a system call here and a wake-up of
 * the SIP server. What is written at other times goes at once.
 */
export function gatherWrites(socket: Socket): void {
  let isGathering = false;
  socket.prependListener('data', () => {
    if (isGathering) return;
    isGathering = true;
    socket.cork();
    // Not the next tick: promises that are settled by now are to be heard first.
    setImmediate(() => {
      isGathering = false;
      socket.uncork();
    });
  });
}
