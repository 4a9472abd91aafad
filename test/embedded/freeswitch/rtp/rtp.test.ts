import { describe, expect, it } from 'vitest';
import { DigitSender } from '../../../../embedded/freeswitch/rtp/DigitSender.ts';
import { Latch } from '../../../../embedded/freeswitch/rtp/Latch.ts';
import { PortPool } from '../../../../embedded/freeswitch/rtp/PortPool.ts';
import { ReceiveStatistics } from '../../../../embedded/freeswitch/rtp/ReceiveStatistics.ts';
import { RtpSender } from '../../../../embedded/freeswitch/rtp/RtpSender.ts';
import { buildRtcp, readRtcp } from '../../../../embedded/freeswitch/rtp/rtcp.ts';
import {
  emptyRtpView,
  type RtpView,
  readRtp,
  writeRtpHeader,
} from '../../../../embedded/freeswitch/rtp/rtpPacket.ts';
import {
  type Digit,
  TelephoneEventReceiver,
  writeEvent,
} from '../../../../embedded/freeswitch/rtp/telephoneEvent.ts';

function packetView(sequence: number, timestamp: number, ssrc = 7): { packet: Buffer; view: RtpView } {
  const packet = Buffer.alloc(172, 0xd5);
  writeRtpHeader(packet, false, 8, sequence, timestamp, ssrc);
  const view = emptyRtpView();
  readRtp(packet, view);
  return { packet, view };
}

describe('an RTP packet', () => {
  it('is read with contributing sources, extension and padding', () => {
    const bytes = Buffer.from(
      'b28800010000000200000003aaaaaaaabbbbbbbbbede0001cccccccc0102030004000004',
      'hex',
    );
    const view = emptyRtpView();
    expect(readRtp(bytes, view)).toBe(true);
    expect(view).toMatchObject({ marker: true, payloadType: 8, sequence: 1, timestamp: 2, ssrc: 3 });
    expect(bytes.subarray(view.payloadStart, view.payloadEnd).toString('hex')).toBe('01020300');
  });

  it.each([
    '',
    '80',
    '4008000100000002000000',
    '90080001000000020000000300000fff',
    'a00800010000000200000003000000ff',
  ])('is not made of %s', (hex) => {
    expect(readRtp(Buffer.from(hex, 'hex'), emptyRtpView())).toBe(false);
  });
});

describe('what a receiver counts', () => {
  it('is loss, over a turn of the sequence, and what came late', () => {
    const statistics = new ReceiveStatistics();
    for (const [index, sequence] of [65533, 65534, 65535, 1, 0, 5].entries()) {
      statistics.note(packetView(sequence, index * 160).view, index * 20);
    }
    expect(statistics.lost).toBe(3);
    expect(statistics.outOfOrder).toBe(1);
    const report = statistics.takeReport();
    expect(report).toMatchObject({ cumulativeLost: 3, highestSequence: 65541 });
    expect(report?.fractionLost).toBe(Math.floor((3 * 256) / 9));
    expect(statistics.takeReport()?.fractionLost).toBe(0);
  });

  it('is jitter as RFC 3550 says: a sixteenth of each change', () => {
    const statistics = new ReceiveStatistics();
    statistics.note(packetView(1, 0).view, 1000);
    statistics.note(packetView(2, 160).view, 1030);
    expect(statistics.jitterMs).toBeCloseTo(10 / 16);
    statistics.note(packetView(3, 320).view, 1040);
    expect(statistics.jitterMs).toBeCloseTo(10 / 16 + (10 - 10 / 16) / 16);
  });
});

describe('RTCP', () => {
  it('says what was sent and heard, and can be read again', () => {
    const bytes = buildRtcp({
      ssrc: 1,
      cname: 'abcdef',
      sender: { atUnixMs: 1_700_000_000_500, rtpTimestamp: 9, packets: 3, payloadBytes: 480 },
      reception: { ssrc: 2, fractionLost: 10, cumulativeLost: 4, highestSequence: 100, jitter: 5 },
      lastSenderReport: undefined,
      nowMs: 0,
      goodbye: true,
    });
    expect(bytes.length % 4).toBe(0);
    expect(readRtcp(bytes, 2)).toMatchObject({ fractionLost: 10, cumulativeLost: 4, jitter: 5 });
    expect(readRtcp(bytes, 99)?.fractionLost).toBeUndefined();
  });

  it('does not trip over other bytes', () => {
    for (const hex of ['', '80c8', '80c8ffff', '80080001', '81c9000700000001']) {
      expect(readRtcp(Buffer.from(hex, 'hex'), 1)).toBeUndefined();
    }
  });
});

describe('the sender of a leg', () => {
  it('makes one stream of several: one SSRC, no hole, a marker where the source changes', () => {
    const sent: RtpView[] = [];
    const sender = new RtpSender((packet) => {
      const view = emptyRtpView();
      readRtp(packet, view);
      sent.push(view);
    });
    let nowMs = 0;
    const step = () => {
      nowMs += 20;
      return nowMs;
    };
    for (let i = 0; i < 3; i++) sender.sendLocal(Buffer.alloc(172), 8, 160, false, step());
    for (let i = 0; i < 3; i++) {
      const { packet, view } = packetView(500 + i, 77_000 + 160 * i, 42);
      sender.relay(packet, view, 8, step());
    }
    nowMs += 1000;
    sender.endLocal();
    for (let i = 0; i < 3; i++) sender.sendLocal(Buffer.alloc(172), 8, 160, false, step());
    const [first] = sent;
    expect(new Set(sent.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(sent.map(({ sequence }) => (sequence - (first?.sequence ?? 0)) & 0xffff)).toEqual([
      ...Array(9).keys(),
    ]);
    const times = sent.map(({ timestamp }) => (timestamp - (first?.timestamp ?? 0)) >>> 0);
    expect(times).toEqual([0, 160, 320, 480, 640, 800, 8960, 9120, 9280]);
    expect(sent.map(({ marker }) => marker)).toEqual([
      true,
      false,
      false,
      true,
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  it('lets the listener see what the relayed stream has lost', () => {
    const sequences: number[] = [];
    const timestamps: number[] = [];
    const sender = new RtpSender((packet) => {
      sequences.push(packet.readUInt16BE(2));
      timestamps.push(packet.readUInt32BE(4));
    });
    for (const [index, sequence] of [10, 11, 14, 13].entries()) {
      const { packet, view } = packetView(sequence, sequence * 160);
      sender.relay(packet, view, 8, index * 20);
    }
    const [first = 0] = sequences;
    expect(sequences.map((sequence) => (sequence - first) & 0xffff)).toEqual([0, 1, 4, 3]);
    expect(timestamps.map((timestamp) => (timestamp - (timestamps[0] ?? 0)) >>> 0)).toEqual([
      0, 160, 640, 480,
    ]);
  });
});

describe('digits that are sent', () => {
  it('have one timestamp each, three end packets, and leave the sound after them in its time', () => {
    const sent: { view: RtpView; event: string }[] = [];
    const sender = new RtpSender((packet) => {
      const view = emptyRtpView();
      readRtp(packet, view);
      sent.push({ view, event: view.payloadType === 101 ? packet.toString('hex', 12) : '' });
    });
    const digits = new DigitSender(sender);
    let nowMs = 0;
    const step = () => {
      nowMs += 20;
      return nowMs;
    };
    const audio = () => sender.sendLocal(Buffer.alloc(172), 8, 160, false, step());
    for (let i = 0; i < 3; i++) audio();
    digits.enqueue('1#', 100);
    while (digits.busy) digits.tick(101, step());
    audio();
    const base = sent[0]?.view.timestamp ?? 0;
    const times = sent.map(({ view }) => (view.timestamp - base) >>> 0);
    const one = Array(7).fill(480);
    const hash = Array(7).fill(480 + 8 * 160);
    expect(times).toEqual([0, 160, 320, ...one, ...hash, 480 + 16 * 160]);
    expect(sent.slice(3, 10).map(({ event }) => event)).toEqual([
      '010a00a0',
      '010a0140',
      '010a01e0',
      '010a0280',
      '018a0320',
      '018a0320',
      '018a0320',
    ]);
    expect(sent.filter(({ view }) => view.marker)).toHaveLength(4);
    expect(new Set(sent.map(({ view }) => view.sequence)).size).toBe(sent.length);
  });
});

describe('telephone events', () => {
  function receive(
    packets: readonly (readonly [code: string, timestamp: number, end: boolean, duration: number])[],
  ): Digit[] {
    const digits: Digit[] = [];
    const receiver = new TelephoneEventReceiver((digit) => digits.push(digit));
    for (const [index, [code, timestamp, end, duration]] of packets.entries()) {
      const packet = Buffer.alloc(16);
      writeRtpHeader(packet, false, 101, index, timestamp, 1);
      writeEvent(packet, 12, code, end, duration);
      const view = emptyRtpView();
      readRtp(packet, view);
      receiver.note(packet, view, index * 20);
    }
    receiver.expire(100_000);
    return digits;
  }

  it('are one digit each, however often the end is repeated', () => {
    const digits = receive([
      ['5', 100, false, 160],
      ['5', 100, true, 320],
      ['5', 100, true, 320],
      ['5', 2000, true, 160],
    ]);
    expect(digits).toEqual([
      { digit: '5', durationSamples: 320 },
      { digit: '5', durationSamples: 160 },
    ]);
  });

  it('are not lost with their end packets', () => {
    const digits = receive([
      ['1', 100, false, 160],
      ['2', 900, false, 160],
    ]);
    expect(digits.map(({ digit }) => digit)).toEqual(['1', '2']);
  });
});

describe('the latch', () => {
  const negotiated = { address: '10.0.0.1', port: 4000 };

  it('follows the first sender, then refuses strangers while that one speaks', () => {
    const latch = new Latch(negotiated);
    expect(latch.accept('10.0.0.9', 5000, 0)).toBe(true);
    expect(latch.remote).toEqual({ address: '10.0.0.9', port: 5000 });
    for (let i = 0; i < 50; i++) {
      expect(latch.accept('10.6.6.6', 666, 20 * i)).toBe(false);
      expect(latch.accept('10.0.0.9', 5000, 20 * i)).toBe(true);
    }
    expect(latch.accept('::1', 5000, 9000)).toBe(false);
  });

  it('never follows to port 0, to which nothing can be sent', () => {
    expect(new Latch(negotiated).accept('10.0.0.9', 0, 0)).toBe(false);
  });

  it('moves when its sender has fallen silent, and back to the address of the SDP at once', () => {
    const latch = new Latch(negotiated);
    latch.accept('10.0.0.9', 5000, 0);
    const accepted = Array.from({ length: 60 }, (_, i) => latch.accept('10.0.0.8', 5002, 20 * i));
    expect(accepted.indexOf(true)).toBe(50);
    expect(latch.accept('10.0.0.1', 4000, 1300)).toBe(true);
    expect(latch.remote).toEqual(negotiated);
  });
});

describe('the port pool', () => {
  it('gives even and odd pairs, each once, and rests them when they come back', async () => {
    const pool = new PortPool({ host: '127.0.0.1', firstPort: 0, pairs: 3, restMs: 60_000 });
    const taken = await Promise.all([pool.take(), pool.take(), pool.take()]);
    expect(new Set(taken.map(({ port }) => port)).size).toBe(3);
    expect(taken.every(({ port }) => port % 2 === 0)).toBe(true);
    expect(pool.portsInUse).toBe(6);
    await expect(pool.take()).rejects.toMatchObject({ code: 'no_rtp_port' });
    for (const pair of taken) pool.release(pair);
    expect(pool.portsInUse).toBe(0);
    await expect(pool.take()).rejects.toMatchObject({ code: 'no_rtp_port' });
  });
});
