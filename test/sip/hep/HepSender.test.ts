import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { HepSender } from '../../../src/sip/hep/HepSender.ts';
import type { SeenMessage } from '../../../src/sip/ladderLine.ts';
import { readHep } from '../../kit/readHep.ts';

const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const MESSAGE: SeenMessage = {
  ...{ at: 1_767_585_600_000, way: 'out', transport: 'udp', address: '192.0.2.9', port: '5060' },
  text: 'BYE sip:+8613900001001@192.0.2.1:99999 SIP/2.0\r\n\r\n',
};

function quiet(): void {}

let capture: Socket | undefined;
let sender: HepSender | undefined;

afterEach(() => {
  sender?.close();
  capture?.close();
});

describe('a sender of SIP messages to a capture server', () => {
  it.each(['127.0.0.1', 'localhost'])('reaches one at %s, whatever port a peer has named', async (host) => {
    const server = createSocket('udp4');
    capture = server;
    await once(server.bind(0, '127.0.0.1'), 'listening');
    const packets: Buffer[] = [];
    server.on('message', (packet) => packets.push(packet));
    const { port } = server.address();
    const made = new HepSender({ host, port, captureId: 2001, numbers: 'masked', logger: SILENT });
    sender = made;
    made.listensOn(['udp/192.0.2.9:5060']);
    await expect
      .poll(() => {
        made.send('session', MESSAGE);
        return packets.length;
      })
      .toBeGreaterThan(0);
    const chunks = readHep(packets[0] ?? Buffer.alloc(0));
    expect(chunks.get(4)?.join('.')).toBe('192.0.2.1');
    expect(chunks.get(8)?.readUInt16BE()).toBe(0);
    expect(chunks.get(15)?.toString()).toMatch(/^BYE sip:\+86139/);
    expect(chunks.get(15)?.toString()).not.toContain('13900001001');
  });
});
