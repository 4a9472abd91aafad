import type { Socket } from 'node:net';

/**
 * Makes an event socket prompt and cheap.
 *
 * drachtio-modesl writes each line of a command by itself. With Nagle's algorithm the second one waits 40 ms for a
 * delayed acknowledgement; without it each is a packet and a system call, which is most of what an anchored call costs.
 * So Nagle's algorithm goes, and what is written in one turn of the event loop leaves together.
 */
export function makePrompt(socket: Socket): void {
  socket.setNoDelay(true);
  const write = socket.write.bind(socket);
  let corked = false;
  const uncork = (): void => {
    corked = false;
    socket.uncork();
  };
  socket.write = (...written: [never]): boolean => {
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(uncork);
    }
    return write(...written);
  };
}
