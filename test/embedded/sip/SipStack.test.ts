import { afterEach, describe, expect, it } from 'vitest';
import { seededLoss } from '../../../embedded/drachtio/seededLoss.ts';
import {
  Dialog,
  type InviteServerTransaction,
  makeRequest,
  newCallId,
  newTag,
  nextHopOf,
  type SipRequest,
  type SipResponse,
  SipStack,
  type SipStackOptions,
} from '../../../embedded/sip/index.ts';
import { lossyTimers, quickTimers } from './wireKit.ts';

const stacks: SipStack[] = [];

async function startStack(options: Partial<SipStackOptions> = {}): Promise<SipStack> {
  const stack = new SipStack({
    listen: [
      { transport: 'udp', host: '127.0.0.1', port: 0 },
      { transport: 'tcp', host: '127.0.0.1', port: 0 },
    ],
    timers: quickTimers,
    onError: (error) => {
      throw error;
    },
    ...options,
  });
  await stack.start();
  stacks.push(stack);
  return stack;
}

afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.close()));
});

function uriOf(stack: SipStack, user: string, transport: 'udp' | 'tcp' = 'udp'): string {
  const { host, port } = stack.listeningPoint(transport);
  return `sip:${user}@${host}:${port}${transport === 'tcp' ? ';transport=tcp' : ''}`;
}

function invite(caller: SipStack, uri: string, body = ''): SipRequest {
  return makeRequest(
    'INVITE',
    uri,
    {
      'Max-Forwards': '70',
      From: `<sip:alice@127.0.0.1>;tag=${newTag()}`,
      To: `<${uri}>`,
      'Call-ID': newCallId(),
      CSeq: '1 INVITE',
      Contact: `<${uriOf(caller, 'alice')}>`,
    },
    body,
  );
}

/** Calls, ACKs the answer and resolves with the final response and the dialog it made. */
function call(caller: SipStack, request: SipRequest): Promise<{ response: SipResponse; dialog: Dialog }> {
  return new Promise((resolve, reject) => {
    const transaction = caller.invite(request, nextHopOf(request.uri), {
      onFinal: (response, { essentials }) => {
        const dialog = Dialog.ofUac(request, response, essentials);
        if (response.status < 300) {
          transaction.acknowledge(dialog.ack(essentials.cseq), dialog.nextHop, essentials.toTag ?? '');
        }
        resolve({ response, dialog });
      },
      onTimeout: () => reject(new Error('timeout')),
      onTransportError: reject,
    });
  });
}

function hangUp(stack: SipStack, dialog: Dialog): Promise<number> {
  return new Promise((resolve, reject) => {
    stack.request(dialog.request('BYE'), dialog.nextHop, {
      onFinal: (response) => resolve(response.status),
      onTimeout: () => reject(new Error('timeout')),
      onTransportError: reject,
    });
  });
}

/** Rings and answers every INVITE, and every other request with 200. */
function answerAll(stack: SipStack, body = ''): { invites: InviteServerTransaction[]; acks: number } {
  const seen = { invites: [] as InviteServerTransaction[], acks: 0 };
  stack.onAck(() => {
    seen.acks += 1;
  });
  stack.onRequest((_request, transaction) => {
    if (transaction.kind === 'invite') {
      seen.invites.push(transaction);
      transaction.reply(180);
      transaction.reply(200, { headers: { Contact: `<${uriOf(stack, 'bob')}>` }, body });
    } else transaction.reply(200);
  });
  return seen;
}

async function drained(stack: SipStack): Promise<void> {
  await expect
    .poll(
      () => {
        const { connections, dropped, ...transactions } = stack.stats();
        return transactions;
      },
      { timeout: 10_000 },
    )
    .toEqual({
      inviteServerTransactions: 0,
      inviteClientTransactions: 0,
      nonInviteServerTransactions: 0,
      nonInviteClientTransactions: 0,
    });
}

describe('SipStack', () => {
  it('sets up and ends a call over UDP and leaves no transaction behind', async () => {
    const alice = await startStack();
    const bob = await startStack();
    const seen = answerAll(bob);
    const { response, dialog } = await call(alice, invite(alice, uriOf(bob, 'bob')));
    expect(response.status).toBe(200);
    await expect.poll(() => seen.acks).toBe(1);
    expect(await hangUp(alice, dialog)).toBe(200);
    await drained(alice);
    await drained(bob);
  });

  it('does the same over TCP, on one connection', async () => {
    const alice = await startStack();
    const bob = await startStack();
    const seen = answerAll(bob);
    const { dialog } = await call(alice, invite(alice, uriOf(bob, 'bob', 'tcp')));
    await expect.poll(() => seen.acks).toBe(1);
    expect(seen.invites[0]?.arrival.flow.transport).toBe('tcp');
    expect(await hangUp(alice, dialog)).toBe(200);
    expect(alice.stats().connections).toBe(1);
  });

  it('sends a request over 1300 octets by TCP, and by UDP where TCP is refused', async () => {
    const alice = await startStack();
    const bob = await startStack();
    const onlyUdp = await startStack({ listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] });
    const bobSaw = answerAll(bob);
    const otherSaw = answerAll(onlyUdp);
    const body = 'x'.repeat(2000);
    await call(alice, invite(alice, uriOf(bob, 'bob'), body));
    await call(alice, invite(alice, uriOf(onlyUdp, 'bob'), body));
    expect(bobSaw.invites[0]?.arrival.flow.transport).toBe('tcp');
    expect(bobSaw.invites[0]?.request.body).toBe(body);
    expect(otherSaw.invites[0]?.arrival.flow.transport).toBe('udp');
  });

  it('answers a CANCEL with 200 and the INVITE with 487', async () => {
    const alice = await startStack();
    const bob = await startStack();
    let cancelled = false;
    bob.onRequest((_request, transaction) => {
      transaction.reply(180);
      if (transaction.kind !== 'invite') return;
      transaction.events.onCancel = () => {
        cancelled = true;
      };
    });
    const request = invite(alice, uriOf(bob, 'bob'));
    const status = await new Promise<number>((resolve, reject) => {
      const transaction = alice.invite(request, nextHopOf(request.uri), {
        onProvisional: () => transaction.cancel(),
        onFinal: (response) => resolve(response.status),
        onTimeout: () => reject(new Error('timeout')),
        onTransportError: reject,
      });
    });
    expect(status).toBe(487);
    expect(cancelled).toBe(true);
    await drained(alice);
    await drained(bob);
  });

  it('carries calls through 30 % loss both ways and ends with nothing left', async () => {
    const alice = await startStack({ dropPacket: seededLoss(0.3, 7), timers: lossyTimers });
    const bob = await startStack({ timers: lossyTimers });
    const seen = answerAll(bob);
    const calls = Array.from({ length: 40 }, async () => {
      const { response, dialog } = await call(alice, invite(alice, uriOf(bob, 'bob')));
      expect(response.status).toBe(200);
      return hangUp(alice, dialog).catch(() => 408);
    });
    const endings = await Promise.all(calls);
    // At this loss, 1 BYE in 1,700 has all of its eleven exchanges broken; its caller is told 408.
    expect(endings.filter((status) => status !== 200).length).toBeLessThan(3);
    expect(seen.invites).toHaveLength(40);
    await drained(alice);
    await drained(bob);
  });

  it('tells the callee when its answer is never acknowledged', async () => {
    const alice = await startStack();
    const bob = await startStack();
    const missed = new Promise<void>((resolve) => {
      bob.onRequest((_request, transaction) => {
        if (transaction.kind === 'invite') transaction.events.onAckTimeout = resolve;
        transaction.reply(200);
      });
    });
    const request = invite(alice, uriOf(bob, 'bob'));
    alice.invite(request, nextHopOf(request.uri), { onFinal() {}, onTimeout() {}, onTransportError() {} });
    await missed;
    await drained(bob);
  });

  it('reports a request that nobody answers as timed out', async () => {
    const alice = await startStack();
    const silent = await startStack();
    silent.onRequest(() => {});
    const request = invite(alice, uriOf(silent, 'bob'));
    request.method = 'OPTIONS';
    request.headers.set('CSeq', '1 OPTIONS');
    const outcome = await new Promise<string>((resolve) => {
      alice.request(request, nextHopOf(request.uri), {
        onFinal: () => resolve('final'),
        onTimeout: () => resolve('timeout'),
        onTransportError: () => resolve('transport'),
      });
    });
    expect(outcome).toBe('timeout');
  });

  it('reports a refused TCP connection as a transport error', async () => {
    const alice = await startStack();
    const bob = await startStack();
    const uri = uriOf(bob, 'bob', 'tcp');
    await bob.close();
    await expect(call(alice, invite(alice, uri))).rejects.toThrow(/ECONNREFUSED/);
  });
});
