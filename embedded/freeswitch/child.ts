/** The media server's own process: takes its settings from its parent, serves, and leaves when the parent does. */
import { constants, setPriority } from 'node:os';
import { MediaServer } from './MediaServer.ts';
import type { FromChild, ToChild } from './messages.ts';

let server: MediaServer | undefined;

function tell(message: FromChild): void {
  // A parent that has gone meanwhile is noticed by the disconnect.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** Sound cannot wait for other work on the machine. Where that is not allowed, it has to. */
function raisePriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch {
    // Only the superuser may.
  }
}

async function start(message: Extract<ToChild, { type: 'start' }>): Promise<void> {
  const starting = new MediaServer(message.settings);
  try {
    await starting.start();
    server = starting;
    tell({ type: 'started', eslPort: starting.eslPort, sipPort: starting.sipPort });
  } catch (error) {
    await starting.stop();
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.disconnect();
  }
}

async function leave(): Promise<void> {
  await server?.stop();
  process.exit(0);
}

raisePriority();
process.on('message', (message: ToChild) => {
  switch (message.type) {
    case 'start':
      void start(message);
      return;
    case 'stats':
      if (server) tell({ type: 'stats', id: message.id, stats: server.stats() });
      return;
    case 'stop':
      void leave();
  }
});
process.on('disconnect', () => void leave());
// The parent decides when to stop; a Ctrl-C in the terminal reaches both.
process.on('SIGINT', () => undefined);
