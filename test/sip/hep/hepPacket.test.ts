import { describe, expect, it } from 'vitest';
import { hepPacket } from '../../../src/sip/hep/hepPacket.ts';
import { readHep } from '../../kit/readHep.ts';

const MESSAGE = {
  ...{
    at: 1_767_585_600_123.5,
    transport: 'udp',
    correlationId: '1200_77_0_20260105040001@ce1',
    captureId: 2001,
  },
  source: { address: '192.0.2.1', port: 5060 },
  destination: { address: '198.51.100.7', port: 5080 },
  text: 'OPTIONS sip:a SIP/2.0\r\n\r\n',
};

describe('a HEP3 packet', () => {
  it('tells the message, its time, who sent it to whom, and which call it belongs to', () => {
    const chunks = readHep(hepPacket(MESSAGE));
    const hex = (type: number) => chunks.get(type)?.toString('hex');
    expect([1, 2, 3, 4].map(hex)).toEqual(['02', '11', 'c0000201', 'c6336407']);
    expect([7, 8].map((type) => chunks.get(type)?.readUInt16BE())).toEqual([5060, 5080]);
    expect([9, 10].map((type) => chunks.get(type)?.readUInt32BE())).toEqual([1_767_585_600, 123_500]);
    expect([11, 12].map(hex)).toEqual(['01', '000007d1']);
    expect(chunks.get(17)?.toString()).toBe(MESSAGE.correlationId);
    expect(chunks.get(15)?.toString()).toBe(MESSAGE.text);
  });

  it.each([
    ['2001:db8::1', '20010db8000000000000000000000001'],
    ['::1', '00000000000000000000000000000001'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ])('writes %s whole', (address, bytes) => {
    const chunks = readHep(
      hepPacket({
        ...MESSAGE,
        transport: 'tls',
        source: { address, port: 1 },
        destination: { address: '::', port: 2 },
      }),
    );
    expect([1, 2].map((type) => chunks.get(type)?.toString('hex'))).toEqual(['0a', '06']);
    expect(chunks.get(5)?.toString('hex')).toBe(bytes);
  });

  it('is made where an address is a name', () => {
    const chunks = readHep(hepPacket({ ...MESSAGE, source: { address: 'carrier.example', port: 5060 } }));
    expect(chunks.get(3)?.toString('hex')).toBe('00000000');
  });

  it('is made whatever a peer wrote: a port that is none, a message that no datagram holds', () => {
    const packet = hepPacket({
      ...MESSAGE,
      source: { address: '192.0.2.1', port: 99_999 },
      destination: { address: '192.0.2.2', port: Number.NaN },
      text: 'x'.repeat(70_000),
    });
    expect(packet.length).toBeLessThan(65_507);
    const chunks = readHep(packet);
    expect([7, 8].map((type) => chunks.get(type)?.readUInt16BE())).toEqual([0, 0]);
    expect(chunks.get(15)?.toString()).toMatch(/^x{50000,}$/);
  });
});
