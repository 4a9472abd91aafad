import type { Socket } from 'node:net';

/**
 * Closes an event socket whose bytes cannot be read, instead of letting the error end the process.
 *
 * The port that FreeSWITCH connects back to asks for no password, and drachtio-modesl throws out of its `data` listener
 * at a bad percent-escape and, by recursion, at many short blocks in one packet.
 *
 * @param onUnreadable is told what was thrown, once; the socket is destroyed by then
 */
export function guardReading(socket: Socket, onUnreadable: (error: unknown) => void): void {
  const emit: (event: string | symbol, ...values: unknown[]) => boolean = socket.emit.bind(socket);
  let isReadable = true;
  socket.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'data') return emit(event, ...values);
    if (!isReadable) return true;
    try {
      return emit(event, ...values);
    } catch (error) {
      isReadable = false;
      socket.destroy();
      onUnreadable(error);
      return true;
    }
  };
}
