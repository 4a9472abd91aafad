/*
 * The child process of the embedded SIP server. It is told what to do by its parent over IPC, and ends by itself when
 * the parent is gone.
 */

import type { ListenSpec, TimerValues } from '../sip/index.ts';
import { DrachtioServer, type DrachtioServerStats } from './DrachtioServer.ts';
import type { PatienceSettings } from './ServerContext.ts';
import { seededLoss } from './seededLoss.ts';

/** What the child is to run; everything in it survives the way over IPC. */
export interface SipProcessSettings {
  readonly listen: readonly ListenSpec[];
  readonly admin: { readonly host: string; readonly port: number };
  readonly secret: string;
  readonly timers?: Partial<TimerValues>;
  readonly patience?: Partial<PatienceSettings>;
  /** Share of UDP packets that are lost in each direction, 0 to 1, for tests. */
  readonly packetLoss?: number;
}

export type ToSipProcess =
  | { readonly type: 'start'; readonly settings: SipProcessSettings }
  | { readonly type: 'stats'; readonly id: number }
  | { readonly type: 'stop' };

export type FromSipProcess =
  | {
      readonly type: 'started';
      readonly sipPort: number;
      readonly adminPort: number;
      readonly hostports: string;
    }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'stats'; readonly id: number; readonly stats: DrachtioServerStats };

let server: DrachtioServer | undefined;

function tellParent(message: FromSipProcess): void {
  if (process.connected) process.send?.(message);
}

async function start({ packetLoss, listen, timers, ...settings }: SipProcessSettings): Promise<void> {
  server = new DrachtioServer({
    ...settings,
    sip: {
      listen,
      ...(timers === undefined ? {} : { timers }),
      ...(packetLoss === undefined ? {} : { dropPacket: seededLoss(packetLoss, 20_261_122) }),
    },
    onError: (error) => console.error('embedded SIP server:', error),
  });
  try {
    await server.start();
    tellParent({
      type: 'started',
      sipPort: server.stack.listeningPoints[0]?.port ?? 0,
      adminPort: server.adminPort,
      hostports: server.hostports,
    });
  } catch (error) {
    tellParent({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.disconnect();
  }
}

async function stop(): Promise<void> {
  await server?.stop();
  server = undefined;
  if (process.connected) process.disconnect();
}

process.on('message', (message: ToSipProcess) => {
  switch (message.type) {
    case 'start':
      void start(message.settings);
      return;
    case 'stats':
      if (server !== undefined) tellParent({ type: 'stats', id: message.id, stats: server.stats() });
      return;
    case 'stop':
      void stop();
      return;
  }
});

// The parent decides when to stop: signals reach the whole group (Ctrl-C, systemd), and calls are to end in order.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => void stop().finally(() => process.exit(0)));
