import { afterEach, describe, expect, it } from 'vitest';
import { LossyLink } from './LossyLink.ts';
import { Phone, type PhoneOptions } from './Phone.ts';

const phones: Phone[] = [];

async function start(options: PhoneOptions): Promise<Phone> {
  const phone = await Phone.start(options);
  phones.push(phone);
  return phone;
}

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

describe('two phones without anything between them', () => {
  it('talk, and each hears the tone of the other', async () => {
    const anna = await start({ name: 'Anna', toneHz: 440 });
    const ben = await start({ name: 'Ben', toneHz: 660 });
    const call = await anna.dialVia(ben).call('+8613900001002', { from: '+8613900001001' });
    const atBen = await ben.nextCall();
    expect(atBen.shownNumber).toBe('+8613900001001');
    expect(atBen.wantedNumber).toBe('+8613900001002');
    atBen.ring();
    await call.progress.when(({ status }) => status === 180);
    await Promise.all([atBen.answer(), call.answered]);
    await Promise.all([call.media?.hears(660), atBen.media?.hears(440)]);
    expect(call.media?.shareOfTone(440)).toBeLessThan(0.1);

    await call.media?.press('5');
    await atBen.media?.hearsDigits('5');

    const silenced = await atBen.reinvite('sendonly');
    expect(silenced.body).toContain('a=recvonly');
    expect(await call.hangUp()).toBe(200);
    expect(await atBen.end()).toMatchObject({ how: 'other-hung-up' });
  });

  it('tell a refusal with its reason, a cancel and a wrong password', async () => {
    const account = { realm: 'carrier', username: 'x', password: 'secret' };
    const anna = await start({ name: 'Anna', sound: false });
    const ben = await start({ name: 'Ben', sound: false });
    const carrier = await start({ name: 'Carrier', account });
    const refused = await anna.dialVia(ben).call('1', { from: '2' });
    (await ben.nextCall()).reject(486, { Reason: 'Q.850;cause=17' });
    expect(await refused.end()).toMatchObject({ how: 'refused', status: 486, reason: 'Q.850;cause=17' });

    const cancelled = await anna.call('1', { from: '2' });
    const ringing = await ben.nextCall();
    ringing.ring();
    await cancelled.progress.next();
    cancelled.cancel();
    expect(await cancelled.end()).toMatchObject({ how: 'cancelled', status: 487 });
    expect(await ringing.end()).toMatchObject({ how: 'cancelled' });

    const unknown = await anna.dialVia(carrier).call('1', { from: '2' });
    expect(await unknown.end()).toMatchObject({ how: 'refused', status: 401 });
  });

  it('talk over a line that loses a third of the packets', async () => {
    const anna = await start({ name: 'Anna', sound: false });
    const ben = await start({ name: 'Ben', sound: false });
    const line = await LossyLink.open({ loss: 0.3, seed: 5, phone: anna, server: ben });
    const call = await anna.dialVia(ben).behind(line).call('1', { from: '2' });
    const atBen = await ben.nextCall();
    await Promise.all([atBen.answer(), call.answered]);
    expect(await atBen.hangUp()).toBe(200);
    expect(await call.end()).toMatchObject({ how: 'other-hung-up' });
    expect(line.counts.passed).toBeGreaterThan(0);
    line.close();
  });
});
