/** The chunks of a HEP3 packet by their type. @throws Error for what is none */
export function readHep(packet: Buffer): ReadonlyMap<number, Buffer> {
  if (packet.toString('latin1', 0, 4) !== 'HEP3') throw new Error('no HEP3 packet');
  if (packet.readUInt16BE(4) !== packet.length) throw new Error('another length than it says');
  const chunks = new Map<number, Buffer>();
  for (let at = 6; at < packet.length; at += packet.readUInt16BE(at + 4)) {
    if (packet.readUInt16BE(at) !== 0) throw new Error('a chunk of another vendor');
    chunks.set(packet.readUInt16BE(at + 2), packet.subarray(at + 6, at + packet.readUInt16BE(at + 4)));
  }
  return chunks;
}
