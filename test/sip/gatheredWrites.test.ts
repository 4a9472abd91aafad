import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { gatherWrites } from '../../src/sip/gatheredWrites.ts';

/** A socket that gathers, and the one at its other end. */
async function connected(): Promise<{ near: Socket; far: Socket; close: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const near = connect({ host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
  const [far] = await once(server, 'connection');
  await once(near, 'connect');
  near.setNoDelay(true);
  gatherWrites(near);
  return {
    ...{ near, far },
    close: () => {
      near.destroy();
      far.destroy();
      server.close();
    },
  };
}

describe('writes that are gathered', () => {
  it('go out together, in their order, when what came in has been dealt with', async () => {
    const { near, far, close } = await connected();
    near.on('data', () => {
      near.write('first ');
      void Promise.resolve().then(() => near.write('second'));
    });
    const heard = once(far, 'data');
    far.write('go');
    expect(String((await heard)[0])).toBe('first second');
    expect(near.writableCorked).toBe(0);
    close();
  });

  it('go at once where nothing came in, also after something did', async () => {
    const { near, far, close } = await connected();
    near.on('data', () => undefined);
    far.write('go');
    await once(near, 'data');
    while (near.writableCorked > 0) await new Promise(setImmediate);
    near.write('alone');
    expect(near.writableLength).toBe(0);
    expect(String((await once(far, 'data'))[0])).toBe('alone');
    close();
  });

  it('reach the other side also where the connection ends meanwhile', async () => {
    const { near, far, close } = await connected();
    near.on('data', () => {
      near.write('last');
      near.end();
    });
    let heard = '';
    far.on('data', (chunk) => {
      heard += String(chunk);
    });
    far.write('go');
    await once(far, 'end');
    expect(heard).toBe('last');
    close();
  });
});
