/** The peer: a relay that knows where everybody is and passes each datagram on untouched. It ends with its parent. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

async function open(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

async function relay([caller, callee]: readonly [number, number]): Promise<readonly [number, number]> {
  const [near, far] = await Promise.all([open(), open()]);
  near.on('message', (packet) => far.send(packet, callee, '127.0.0.1'));
  far.on('message', (packet) => near.send(packet, caller, '127.0.0.1'));
  return [near.address().port, far.address().port];
}

process.on('message', (phones: readonly (readonly [number, number])[]) => {
  void Promise.all(phones.map(relay)).then((ports) => process.send?.(ports));
});
process.on('disconnect', () => process.exit(0));
