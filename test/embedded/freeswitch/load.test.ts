import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Calls, type Endpoint, eventually, nothingLeft, type Rig, startRig } from './rig.ts';
import type { TestPhone } from './TestPhone.ts';

const BRIDGES = 50;
const PACKETS = 100;

describe('a hundred bridged legs', () => {
  let rig: Rig;
  let calls: Calls;

  beforeAll(async () => {
    rig = await startRig();
    calls = new Calls(rig);
  });
  afterAll(() => rig.stop());

  it('lose nothing, and leave nothing behind', async () => {
    const pairs: { phone: TestPhone; leg: Endpoint }[] = [];
    for (let i = 0; i < BRIDGES; i++) {
      const [a, b] = await Promise.all([calls.call(440), calls.call(620)]);
      await a.leg.bridge(b.leg);
      pairs.push(a, b);
    }
    expect(await rig.media.stats()).toMatchObject({
      channels: 2 * BRIDGES,
      bridges: BRIDGES,
      rtpPorts: 4 * BRIDGES,
    });
    const packets = pairs.map(({ phone }) => phone.tonePacket());
    for (let i = 0; i < PACKETS; i++) {
      for (const [index, { phone }] of pairs.entries()) {
        const packet = Buffer.from(packets[index] ?? Buffer.alloc(0));
        packet.writeUInt16BE(phone.sequence++ & 0xffff, 2);
        packet.writeUInt32BE(phone.timestamp, 4);
        phone.timestamp += 160;
        phone.sendRaw(packet);
      }
      // The pace of speech.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await eventually(
      () => pairs.map(({ phone }) => phone.sounding.length),
      (counts) => counts.every((count) => count === PACKETS),
    );
    await calls.end();
    await nothingLeft(rig.media);
  });
});
