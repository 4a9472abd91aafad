import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SipStack } from '../../embedded/sip/index.ts';
import { TORTURE_FOLDER, TORTURE_MESSAGES } from './tortureMessages.ts';

/*
 * The embedded SIP server's stack against the 49 messages of RFC 4475, octet by octet as its appendix holds them. Here
 * every request that is let through is answered 200; what axbridge makes of them is in scans.test.ts.
 */

let stack: SipStack | undefined;

afterEach(async () => {
  await stack?.close();
});

/** The status of the answer to this datagram; undefined where there is none. */
async function answerTo(datagram: Buffer): Promise<number | undefined> {
  const errors: unknown[] = [];
  const answers: string[] = [];
  const started = new SipStack({
    listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }],
    tap: ({ direction, bytes }) => {
      if (direction === 'out') answers.push(bytes);
    },
    onError: (error) => errors.push(error),
  });
  stack = started;
  started.onRequest((_request, transaction) => void transaction.reply(200));
  await started.start();
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.send(datagram, started.listeningPoint('udp').port, '127.0.0.1');
  await expect.poll(() => answers.length + Object.keys(started.stats().dropped).length).toBeGreaterThan(0);
  socket.close();
  expect(errors).toEqual([]);
  const [status] = answers.map((answer) => Number(/^SIP\/2\.0 (\d{3}) /.exec(answer)?.[1]));
  return status;
}

describe('the messages of RFC 4475', () => {
  it('are all here', () => {
    const files = readdirSync(TORTURE_FOLDER).filter((name) => name.endsWith('.dat'));
    expect(files.sort()).toEqual(TORTURE_MESSAGES.map(({ name }) => `${name}.dat`).sort());
    expect(files).toHaveLength(49);
  });

  it.each(TORTURE_MESSAGES)('$section $name: $what → $answer', async ({ name, answer }) => {
    const datagram = readFileSync(join(TORTURE_FOLDER, `${name}.dat`));
    expect((await answerTo(datagram)) ?? 'nothing').toBe(answer);
  });
});
