import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Application } from '../kit/Application.ts';
import { challengesOf, Handset, type HandsetHabits } from '../kit/Handset.ts';
import { digitsOf, findLeaks } from '../kit/leaks.ts';
import { Phone, type PhoneOptions } from '../kit/Phone.ts';
import { ANNA_HZ, BEN_HZ, type Pair, Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

const CARRIER_HOST = '127.0.0.31';
const ANNA_HOST = '127.0.0.32';
const BEN_HOST = '127.0.0.33';

/** It deals requests out to every application that is connected, and its TLS port is not ours to know. */
const onRealServer = process.env.AXBRIDGE_DRACHTIO !== undefined;

let scenario: Scenario;
let carrier: Phone;
const phones: Phone[] = [];
let made = 0;

async function newDatabase(): Promise<string> {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  return database.url;
}

beforeAll(async () => {
  scenario = await Scenario.start({
    database: await newDatabase(),
    trunk: false,
    env: {
      AXBRIDGE_HANDSETS: 'on',
      AXBRIDGE_TRUNK_OPTIONS_SECONDS: '0',
      AXBRIDGE_TLS: 'self-signed',
      AXBRIDGE_TLS_PORT: '0',
      AXBRIDGE_SIP_TLS_PORT: '0',
    },
    app: { recording: true },
  });
  carrier = (await newPhone({ name: 'carrier', host: CARRIER_HOST })).dialVia(scenario.application.sip);
  await scenario.admin.addTrunk({
    name: 'carrier-a',
    host: CARRIER_HOST,
    port: carrier.port,
    sources: [`${CARRIER_HOST}/32`],
  });
});

afterAll(async () => {
  await scenario?.close();
  await Promise.all(phones.map((phone) => phone.close()));
});

async function newPhone(options: PhoneOptions): Promise<Phone> {
  const phone = await Phone.start(options);
  phones.push(phone);
  return phone;
}

/** A phone with an account of its own for a number, not registered yet. */
async function newHandset(
  number: string,
  options: PhoneOptions,
  habits: HandsetHabits & { readonly password?: string } = {},
): Promise<Handset> {
  made += 1;
  const username = `${options.name.toLowerCase()}-${made}`;
  const account = await scenario.admin.send<{ username: string; password: string }>('POST', '/handsets', {
    number,
    username,
  });
  const { password = account.password } = habits;
  return new Handset(await newPhone(options), scenario.application.sip, { username, password }, habits);
}

const annas = (pair: Pick<Pair, 'a'>, options: Partial<PhoneOptions> = {}, habits: HandsetHabits = {}) =>
  newHandset(pair.a, { name: 'Anna', host: ANNA_HOST, toneHz: ANNA_HZ, ...options }, habits);
const bens = (pair: Pick<Pair, 'b'>, options: Partial<PhoneOptions> = {}, habits: HandsetHabits = {}) =>
  newHandset(pair.b, { name: 'Ben', host: BEN_HOST, toneHz: BEN_HZ, ...options }, habits);

/** Where the embedded SIP server takes TLS, as the application logs it. */
function tlsPort(): number {
  const listening = scenario.application.log.items.find(({ listeningOn }) => Array.isArray(listeningOn));
  const [, port] = /"tls\/[^"]*:(\d+)"/.exec(JSON.stringify(listening?.listeningOn)) ?? [];
  return Number(port);
}

/** Anna dials X at her handset, Ben answers at his, both hear each other. */
async function talk(anna: Handset, ben: Handset, pair: Pair) {
  const atAnna = await anna.call(pair.x);
  const atBen = await ben.phone.nextCall();
  atBen.ring();
  await atAnna.progress.when(({ status }) => status >= 180);
  await Promise.all([atBen.answer(), atAnna.answered]);
  await Promise.all([atAnna.media?.hears(BEN_HZ), atBen.media?.hears(ANNA_HZ)]);
  return { atAnna, atBen };
}

describe('test handsets', () => {
  it.each<[string, HandsetHabits]>([
    ['SHA-256', {}],
    ['MD5', { algorithm: 'MD5' }],
    ['MD5 without qop', { algorithm: 'MD5', counts: false }],
  ])('register with %s and call as their number, whatever From says', async (_, habits) => {
    const pair = await scenario.bind();
    const anna = await annas(pair, {}, habits);
    const registered = await anna.register();
    expect(registered.status).toBe(200);
    expect(registered.headers.get('contact')).toMatch(/;expires=300$/);
    const call = await anna.call(pair.x, '+8613800000000');
    const atBen = await carrier.nextCall();
    expect(atBen.invite.uri).toContain(pair.b);
    await Promise.all([atBen.answer(), call.answered]);
    await call.hangUp();
    const [told] = await scenario.told(pair.x);
    expect(told?.events[0]?.statusInfo).toMatchObject({ caller: pair.a, called: pair.x });
  });

  it.each([
    ['straight', {}],
    ['anchored', { recordFlag: 'true' }],
  ])('talk to each other through X, media %s, and learn nothing of each other', async (_, terms) => {
    const pair = await scenario.bind(terms);
    const [anna, ben] = await Promise.all([annas(pair), bens(pair)]);
    await Promise.all([anna.register(), ben.register()]);
    const { atAnna, atBen } = await talk(anna, ben, pair);
    expect((await atAnna.reinvite('sendonly')).status).toBe(200);
    expect((await atBen.reinvite('sendrecv')).status).toBe(200);
    await atBen.hangUp();
    await atAnna.end();
    const [told] = await scenario.told(pair.x);
    expect(told?.events.at(-1)?.statusInfo.stateCode).toBe(0);
    expect(carrier.activeCalls).toEqual([]);
    const ofAnna = [digitsOf(pair.a), anna.account.username];
    const ofBen = [digitsOf(pair.b), ben.account.username];
    expect(findLeaks(ben.phone.packets, [atBen.media], ofAnna)).toEqual([]);
    expect(findLeaks(anna.phone.packets, [atAnna.media], ofBen)).toEqual([]);
    expect(JSON.stringify(scenario.application.log.items)).not.toContain(digitsOf(pair.a));
  });

  it('are rung on the connection they keep open over TCP, whatever address they believe to be at', async () => {
    const pair = await scenario.bind();
    const anna = await annas(pair, { transport: 'tcp' });
    const ben = await bens(pair, { transport: 'tcp' }, { contactHost: '10.9.8.7' });
    await Promise.all([anna.register(), ben.register()]);
    const { atAnna, atBen } = await talk(anna, ben, pair);
    await atAnna.hangUp();
    await atBen.end();
  });

  it.skipIf(onRealServer)('register, call and are rung over TLS', async () => {
    const pair = await scenario.bind();
    const folder = join(scenario.application.dataDir, 'tls');
    const [key, cert] = await Promise.all(
      ['key.pem', 'certificate.pem'].map((name) => readFile(join(folder, name))),
    );
    const options = { transport: 'tls', tls: { key, cert } } as const;
    const server = { ...scenario.application.sip, port: tlsPort() };
    const [anna, ben] = await Promise.all([annas(pair, options), bens(pair, options)]);
    const [annasTls, bensTls] = [anna, ben].map(({ phone, account }) => new Handset(phone, server, account));
    if (annasTls === undefined || bensTls === undefined) throw new Error('two phones');
    await Promise.all([annasTls.register(), bensTls.register()]);
    const { atAnna, atBen } = await talk(annasTls, bensTls, pair);
    await atBen.hangUp();
    await atAnna.end();
  });

  it('are rung where their REGISTER came from over UDP, whatever address they believe to be at', async () => {
    const pair = await scenario.bind();
    const ben = await bens(pair, {}, { contactHost: '10.9.8.7' });
    await ben.register();
    const call = await carrier.call(pair.x, { from: pair.a });
    (await ben.phone.nextCall()).reject(486);
    expect((await call.end()).status).toBe(486);
  });

  it('are reached through the trunk once they have left, or are gone without a word', async () => {
    const pair = await scenario.bind();
    const ben = await bens(pair);
    await ben.register();
    expect((await ben.register(0)).headers.get('contact')).toBeUndefined();
    const call = await carrier.call(pair.x, { from: pair.a });
    (await carrier.nextCall()).reject(486);
    expect((await call.end()).status).toBe(486);

    const other = await scenario.bind();
    const lost = await bens(other, { transport: 'tcp' });
    await lost.register();
    await lost.phone.close();
    const second = await carrier.call(other.x, { from: other.a });
    (await carrier.nextCall()).reject(480);
    expect((await second.end()).status).toBe(480);
  });

  it('are refused with a wrong password, and not heard at all after five of them', async () => {
    const pair = await scenario.bind();
    const anna = await annas(pair);
    const guesser = new Handset(anna.phone, scenario.application.sip, { ...anna.account, password: 'wrong' });
    await expect(guesser.call(pair.x).then((call) => call.answered)).rejects.toThrow('403');
    for (let guess = 2; guess <= 5; guess++) expect((await guesser.register()).status).toBe(403);
    expect((await anna.register()).status).toBe(403);
    await scenario.application.log.when(({ msg }) => msg.startsWith('too many wrong'));
    const stranger = new Handset(anna.phone, scenario.application.sip, { username: 'nobody', password: 'x' });
    expect((await stranger.register()).status).toBe(403);
    expect(scenario.sink.requests.some(({ body }) => body.includes(pair.x))).toBe(false);
  });

  it('are challenged again for credentials that were used before', async () => {
    const pair = await scenario.bind();
    const anna = await annas(pair);
    const [challenge = ''] = challengesOf(await anna.sendRegister(60));
    const { host, port } = scenario.application.sip;
    const credentials = anna.credentials(challenge, 'REGISTER', `sip:${host}:${port}`);
    expect((await anna.sendRegister(60, credentials)).status).toBe(200);
    const again = await anna.sendRegister(0, credentials);
    expect(again.status).toBe(401);
    expect(challengesOf(again)[0]).toContain('stale=true');
  });

  it('have to register again when their password changes, and lose their number when they are deleted', async () => {
    const pair = await scenario.bind();
    const ben = await bens(pair);
    await ben.register();
    const path = `/handsets/${ben.account.username}`;
    expect(await scenario.admin.send('GET', path)).toMatchObject({ registrations: [{ transport: 'udp' }] });
    await scenario.admin.send('PATCH', path, { password: 'another-password' });
    const call = await carrier.call(pair.x, { from: pair.a });
    (await carrier.nextCall()).reject(486);
    await call.end();
    await scenario.admin.send('DELETE', path);
    expect((await ben.register()).status).toBe(403);
  });

  it('stay registered while the application starts again', async () => {
    const pair = await scenario.bind();
    const ben = await bens(pair);
    await ben.register();
    await scenario.application.kill();
    await scenario.application.restart();
    const call = await carrier.call(pair.x, { from: pair.a });
    (await ben.phone.nextCall()).reject(486);
    expect((await call.end()).status).toBe(486);
  });

  it.skipIf(onRealServer)('do not exist unless they are switched on', async () => {
    const application = await Application.start({ database: await newDatabase() });
    try {
      const phone = await newPhone({ name: 'stranger', host: ANNA_HOST });
      const handset = new Handset(phone, application.sip, { username: 'anna', password: 'x' });
      expect((await handset.register()).status).toBe(403);
      const refused = application.admin.send('POST', '/handsets', { number: '+8613900001001' });
      await expect(refused).rejects.toThrow('AXBRIDGE_HANDSETS=on');
    } finally {
      await application.stop();
    }
  });
});
