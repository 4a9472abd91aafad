import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { START_PATIENCE_MS } from '../faults/FaultWorld.ts';
import { Handset } from '../kit/Handset.ts';
import { Phone } from '../kit/Phone.ts';
import { Attacker, SCANNER_SDP } from './Attacker.ts';
import { Besieged, onRealServer } from './Besieged.ts';

/** How long each flood lasts: AXBRIDGE_TEST_FLOOD_SECONDS. */
const SECONDS = Number(process.env.AXBRIDGE_TEST_FLOOD_SECONDS ?? 3);
/** As many packets as one process here sends besides all that it has to test. */
const PER_SECOND = 4000;
const CALL_EVERY_MS = 100;
const PATIENCE_MS = 120_000 + SECONDS * 3000;
/** drachtio-server reads all that strangers send: without a packet filter before it, calls may be lost. */
const HARMLESS = { ...(!onRealServer && { lost: 0 }), missing: 0, doubled: 0 };
/**
 * From the carrier's INVITE to the callee's, of nine calls in ten. A packet of the tenth may be lost where the kernel's
 * buffer is full (net.core.rmem_max) and come again: the carrier's stack sees to that. drachtio-server has no limit of
 * strangers, and reads all that they send.
 */
const USUAL_DELAY_MS = onRealServer ? 8000 : 1000;

let besieged: Besieged;
const owned: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  besieged = await Besieged.start({ env: { AXBRIDGE_HANDSETS: 'on' } });
}, START_PATIENCE_MS);

afterEach(async () => {
  for (const each of owned.splice(0).reverse()) await each.close();
});

afterAll(() => besieged?.close());

async function attackersAt(hosts: readonly string[]): Promise<Attacker[]> {
  const attackers = await Promise.all(
    hosts.map((host) => Attacker.at(host, besieged.scenario.application.sip)),
  );
  owned.push(...attackers);
  return attackers;
}

const hosts = (network: number, count: number) =>
  Array.from({ length: count }, (_, at) => `127.${network}.${Math.floor(at / 250)}.${(at % 250) + 1}`);

/** Calls of the trunk while something goes on, ten a second. @returns how long each took to ring, in ms; all must succeed */
async function callsDuring(attack: Promise<unknown>): Promise<number[]> {
  const pair = await besieged.scenario.bind();
  let isOver = false;
  const ended = attack.finally(() => {
    isOver = true;
  });
  const delays: number[] = [];
  while (!isOver) {
    delays.push(await besieged.callOn(pair));
    await new Promise((next) => setTimeout(next, CALL_EVERY_MS));
  }
  await ended;
  return delays.sort((a, b) => a - b);
}

const usual = (delays: readonly number[]) => delays[Math.floor(delays.length * 0.9)] ?? 0;

/** Floods from all of them in turn. @returns how many packets went out */
function flood(attackers: readonly Attacker[], method: string, to?: string): Promise<number[]> {
  const each = PER_SECOND / attackers.length;
  const body = method === 'INVITE' ? SCANNER_SDP : '';
  return Promise.all(
    attackers.map((attacker) =>
      attacker.flood(each, SECONDS, () => attacker.request({ method, ...(to && { to }), body })),
    ),
  );
}

describe('the calls of those who may call go on, each of them,', () => {
  it.each([
    ['INVITE', 'three addresses', hosts(71, 3)],
    ['INVITE', 'four hundred addresses', hosts(72, 400)],
    ['REGISTER', 'three addresses', hosts(73, 3)],
    ['REGISTER', 'four hundred addresses', hosts(74, 400)],
    ['OPTIONS', 'four hundred addresses', hosts(75, 400)],
  ])(
    'under a flood of %s from %s',
    async (method, from, addresses) => {
      const attackers = await attackersAt(addresses);
      let delays: number[] = [];
      const { row, others } = await besieged.siege(
        `flood of ${method} from ${from}, ${SECONDS} s`,
        async () => {
          const flooding = flood(attackers, method, method === 'INVITE' ? '+8617099999999' : undefined);
          delays = await callsDuring(flooding);
          const sent = (await flooding).reduce((sum, count) => sum + count, 0);
          expect(sent).toBeGreaterThan((PER_SECOND * SECONDS) / 2);
        },
        // Those that come one after the other are answered by who makes them.
        { answers: () => undefined },
      );
      expect(row).toMatchObject(HARMLESS);
      expect(usual(delays)).toBeLessThan(USUAL_DELAY_MS);
      expect(others.length).toBe(delays.length);
      await besieged.isUnharmed();
    },
    PATIENCE_MS,
  );

  it('also those of a handset, once it has proved who it is, under a flood of REGISTER', async () => {
    const { application, admin, ben } = besieged.scenario;
    const pair = await besieged.scenario.bind();
    const account = { username: 'desk-1', password: 'only-for-tests' };
    await admin.send('POST', '/handsets', { ...account, number: pair.a });
    const desk = await Phone.start({ name: 'desk', host: '127.0.0.81', sound: false });
    owned.push(desk);
    const handset = new Handset(desk, application.sip, account);
    await handset.register();
    const flooding = flood(await attackersAt(hosts(76, 400)), 'REGISTER');
    const call = await handset.call(pair.x);
    const atBen = await ben.nextCallTo(pair.b);
    await Promise.all([atBen.answer(), call.answered]);
    await call.hangUp();
    await flooding;
  });

  it(
    'while strangers hold a thousand connections and say nothing, or half a message',
    async () => {
      const { application, admin } = besieged.scenario;
      const silent = await holdConnections(hosts(77, 10), 100, '');
      const halves = await holdConnections(hosts(78, 10), 100, 'OPTIONS sip:x SIP/2.0\r\nVia: ');
      const overTcp = await Phone.start({
        name: 'Carrier over TCP',
        host: '127.0.0.82',
        transport: 'tcp',
        sound: false,
      });
      owned.push(overTcp, silent, halves);
      overTcp.dialVia(application.sip);
      const { host, port } = overTcp;
      await admin.addTrunk({
        name: 'carrier-tcp',
        host,
        port,
        transport: 'tcp',
        sources: [`${host}/32`],
        priority: 9,
      });
      const pair = await besieged.scenario.bind();
      const { row } = await besieged.siege('strangers hold 2000 connections open', async () => {
        const call = await overTcp.call(pair.x, { from: pair.a });
        await call.answered;
        await call.hangUp();
      });
      expect(row).toMatchObject(HARMLESS);
      await admin.send('DELETE', '/trunks/carrier-tcp');
      await silent.close();
      await halves.close();
      await besieged.isUnharmed();
    },
    PATIENCE_MS,
  );
});

async function holdConnections(addresses: readonly string[], each: number, text: string) {
  const { port } = besieged.scenario.application.sip;
  const sockets: Socket[] = [];
  for (const localAddress of addresses) {
    for (let at = 0; at < each; at += 1) {
      const socket = connect({ host: '127.0.0.1', port, localAddress });
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      if (text !== '') socket.write(text);
      sockets.push(socket);
    }
  }
  return {
    close: async () => {
      for (const socket of sockets.splice(0)) socket.destroy();
    },
  };
}

describe('one trunk that sends more calls than it may', () => {
  it(
    'is turned down beyond its rate, and the others keep theirs',
    async () => {
      const { admin } = besieged.scenario;
      const callsPerSecond = 5;
      await admin.addTrunk({
        name: 'wild',
        host: '127.0.0.83',
        port: 5060,
        transport: 'udp',
        sources: ['127.0.0.83/32'],
        priority: 9,
        callsPerSecond,
      });
      const pair = await besieged.scenario.bind();
      const [wild] = await attackersAt(['127.0.0.83']);
      if (wild === undefined) throw new Error('nobody attacks');
      let delays: number[] = [];
      const { row, others } = await besieged.siege(
        `a trunk sends 300 calls a second, and may send ${callsPerSecond}`,
        async () => {
          const flooding = wild.flood(300, SECONDS, () =>
            wild.request({ method: 'INVITE', to: pair.x, from: pair.a, body: SCANNER_SDP }),
          );
          delays = await callsDuring(flooding);
        },
        {
          answers: (call) => {
            if (call.wantedNumber === pair.b) call.reject(486);
          },
        },
      );
      expect(row).toMatchObject({ lost: 0, missing: 0, doubled: 0 });
      expect(usual(delays)).toBeLessThan(USUAL_DELAY_MS);
      const gotThrough = others.filter(({ wantedNumber }) => wantedNumber === pair.b);
      expect(gotThrough.length).toBeGreaterThan(callsPerSecond);
      expect(gotThrough.length).toBeLessThanOrEqual(callsPerSecond * (SECONDS + 2));
      expect(wild.answers.get(503)).toBeGreaterThan(100);
      await admin.send('DELETE', '/trunks/wild');
      await besieged.isUnharmed();
    },
    PATIENCE_MS,
  );
});
