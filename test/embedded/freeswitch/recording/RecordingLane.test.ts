import { describe, expect, it } from 'vitest';
import { decodeTable, encode } from '../../../../embedded/freeswitch/audio/g711.ts';
import { RecordingLane } from '../../../../embedded/freeswitch/recording/RecordingLane.ts';

const LEVELS = decodeTable('PCMA');

function packetOf(value: number): Buffer {
  const packet = Buffer.alloc(160);
  encode('PCMA', new Int16Array(160).fill(value), 160, packet, 0);
  return packet;
}

/** The level of each frame that the lane gives. */
function take(lane: RecordingLane, frames: number): number[] {
  const samples = new Int16Array(160 * frames);
  lane.take(samples, samples.length);
  return Array.from({ length: frames }, (_, i) => Math.round((samples[160 * i + 80] ?? 0) / 1000));
}

describe('one direction of a recording', () => {
  const write = (lane: RecordingLane, value: number, timestamp: number, place: number, ssrc = 1) =>
    lane.write(packetOf(value), 0, 160, LEVELS, timestamp, ssrc, place);

  it('puts packets in the order of their time', () => {
    const lane = new RecordingLane();
    write(lane, 1000, 0, 0);
    write(lane, 3000, 320, 320);
    write(lane, 2000, 160, 330);
    write(lane, 5000, 640, 640);
    expect(take(lane, 6)).toEqual([1, 2, 3, 0, 5, 0]);
  });

  it('starts a new stream where the clock stands, and timestamps may turn over', () => {
    const lane = new RecordingLane();
    write(lane, 1000, 0xffffff60, 160);
    write(lane, 2000, 0, 320);
    write(lane, 7000, 123456, 800, 2);
    expect(take(lane, 6)).toEqual([0, 1, 2, 0, 0, 7]);
  });

  it('drops what comes too late, and finds its feet again when the sender has lost its clock', () => {
    const lane = new RecordingLane();
    write(lane, 1000, 0, 0);
    expect(take(lane, 10)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (let i = 1; i < 5; i++) write(lane, 2000, 160 * i, 3000);
    expect(lane.latePackets).toBe(4);
    write(lane, 4000, 800, 3200);
    write(lane, 5000, 960, 3360);
    expect(take(lane, 12).slice(-2)).toEqual([4, 5]);
  });
});
