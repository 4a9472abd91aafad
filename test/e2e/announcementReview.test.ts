import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { soundsHeard } from '../kit/hearing.ts';
import { Scenario } from '../kit/Scenario.ts';
import { signature, soundOf } from '../kit/signature.ts';

const SOUNDS = join(import.meta.dirname, '..', '..', 'freeswitch-conf', 'sounds', 'zh');
const NAME = 'no-binding@ride.wav';
const SPRING = signature('spring', 700);
const SUMMER = signature('summer', 700);
const PRODUCTS = soundOf('product', readFileSync(join(SOUNDS, 'no-binding.wav')));
/** What is known of files is looked at again after some seconds. */
const LATER = { timeout: 20_000, interval: 100 };

let scenario: Scenario;
let x: string;

beforeAll(async () => {
  scenario = await Scenario.start({ env: { AXBRIDGE_ANNOUNCEMENT_REVIEW: 'on' } });
  ({ x } = await scenario.bind());
});
afterAll(() => scenario?.close());

const review = (verdict: 'approve' | 'reject', body: object) =>
  scenario.admin.send('POST', `/announcements/${NAME}/${verdict}`, body);

/** What somebody who is not bound hears when he dials X. */
async function heardByStranger(): Promise<string[]> {
  const call = await scenario.anna.call(x, { from: '+8613900009999' });
  await call.end();
  const heard = call.media === undefined ? [] : soundsHeard(call.media, [SPRING, SUMMER, PRODUCTS]);
  return heard.map(({ name }) => name);
}

it('callers hear what was approved, until what replaces it is approved, too, or nothing is any more', async () => {
  await scenario.admin.addAnnouncement(NAME, SPRING.wav);
  const names = { announcements: { 'no-binding': NAME } };
  await expect(scenario.app.change(names)).rejects.toThrow('not-approved');
  await review('approve', { by: 'ada' });
  await scenario.app.change(names);
  await expect.poll(heardByStranger, LATER).toEqual(['spring']);

  await scenario.admin.addAnnouncement(NAME, SUMMER.wav);
  expect(await heardByStranger()).toEqual(['spring']);
  await review('approve', { by: 'ada' });
  expect(await heardByStranger()).toEqual(['summer']);

  await review('reject', { by: 'bob', cause: 'complaint' });
  await expect.poll(heardByStranger, LATER).toEqual(['product']);
});
