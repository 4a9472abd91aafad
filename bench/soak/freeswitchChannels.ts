import { connect } from 'node:net';

const PATIENCE_MS = 5000;

/**
 * How many sessions a FreeSWITCH has. `show channels` would need its table of channels, which `-nosql` leaves out.
 * @param server `host:port,password` of its event socket. @throws Error when it does not tell
 */
export async function channelsOf(server: string): Promise<number> {
  const [, host = '', port = '', password = ''] = /^(.*):(\d+),(.*)$/.exec(server) ?? [];
  const socket = connect({ host, port: Number(port) });
  socket
    .setEncoding('utf8')
    .setTimeout(PATIENCE_MS, () => socket.destroy(new Error('FreeSWITCH does not answer')));
  try {
    let heard = '';
    // Commands may follow each other at once; they are answered in their order.
    socket.write(`auth ${password}\n\napi status\n\n`);
    for await (const piece of socket) {
      heard += piece;
      const sessions = /^(\d+) session\(s\) - peak/m.exec(heard)?.[1];
      if (sessions !== undefined) return Number(sessions);
    }
    throw new Error(`FreeSWITCH does not tell its sessions: ${heard.slice(-200)}`);
  } finally {
    socket.destroy();
  }
}
