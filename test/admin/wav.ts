/** A WAV file made to order: A-law, 8 kHz, mono unless told otherwise. */
export function wav({
  format = 6,
  channels = 1,
  rate = 8000,
  bits = 8,
  samples = 800,
  before,
}: {
  format?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  samples?: number;
  before?: readonly [id: string, content: Buffer];
}): Buffer {
  const frameBytes = (channels * bits) / 8;
  const fmt = Buffer.alloc(16);
  fmt.writeUInt16LE(format, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(rate, 4);
  fmt.writeUInt32LE(rate * frameBytes, 8);
  fmt.writeUInt16LE(frameBytes, 12);
  fmt.writeUInt16LE(bits, 14);
  const data = Buffer.alloc(samples * frameBytes, 0xd5);
  const chunks = [chunk('fmt ', fmt), ...(before ? [chunk(...before)] : []), chunk('data', data)];
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks]));
}

function chunk(id: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
