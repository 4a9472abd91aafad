import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminConnection } from '../../cli/AdminConnection.ts';
import { runCommand } from '../../cli/commands.ts';
import { wav } from '../admin/wav.ts';
import { type ApiUnderTest, OPERATOR_TOKEN, startApi } from '../kit/apiUnderTest.ts';

const ONE = wav({ samples: 8000 });
const TWO = wav({ samples: 16_000 });

let api: ApiUnderTest;
let folder: string;
beforeAll(async () => {
  api = await startApi({ settings: { AXBRIDGE_ANNOUNCEMENT_REVIEW: 'on' } });
  folder = await mkdtemp(join(tmpdir(), 'axbridge-cli-'));
  await writeFile(join(folder, 'wait.wav'), ONE);
  await writeFile(join(folder, 'louder.wav'), TWO);
  await writeFile(join(folder, 'music.mp3'), 'ID3 and so on');
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

const said = (...args: string[]) => runCommand(args, () => new AdminConnection(api.base, OPERATOR_TOKEN));
const axbridge = (...args: string[]) => said('announcement', ...args);
const at = (file: string) => join(folder, file);

it('go from their upload over their review to their end', async () => {
  expect(await axbridge('list')).toBe('no announcements');
  expect(await axbridge('upload', at('wait.wav'), '--note', 'spring')).toBe(
    'wait.wav waits until an operator approves it; callers do not hear it',
  );
  expect(await axbridge('list', '--state', 'pending')).toMatch(
    /^NAME +STATE +HEARD +SECONDS +UPLOADED +REVIEWED BY +CAUSE +NOTE\nwait\.wav +pending +no +1\.0 +\S+ +– +– +spring$/,
  );
  expect(await axbridge('approve', 'wait.wav', '--by', 'ada')).toBe('wait.wav is approved: callers hear it');
  expect(await axbridge('upload', at('louder.wav'), '--name', 'wait.wav')).toBe(
    'wait.wav waits until an operator approves it; callers hear what was approved before',
  );
  expect(await axbridge('reject', 'wait.wav', '--cause', 'too loud', '--by', 'bob')).toBe(
    'wait.wav is rejected; callers hear what was approved before',
  );
  const shown = await axbridge('show', 'wait.wav');
  for (const line of [/^cause +too loud$/m, /^reviewedBy +bob$/m, /^approved\.reviewedBy +ada$/m]) {
    expect(shown).toMatch(line);
  }
  expect(await axbridge('remove', 'wait.wav')).toBe('done');
  await expect(axbridge('show', 'wait.wav')).rejects.toThrow('There is no announcement "wait.wav".');
});

it('are downloaded, the newest file or the one that is heard, and replace no file', async () => {
  await axbridge('upload', at('wait.wav'), '--name', 'busy.wav');
  await axbridge('approve', 'busy.wav');
  await axbridge('upload', at('louder.wav'), '--name', 'busy.wav');
  expect(await axbridge('download', 'busy.wav', '--to', at('newest.wav'))).toBe(
    `${at('newest.wav')}: ${TWO.length} bytes`,
  );
  expect(await readFile(at('newest.wav'))).toEqual(TWO);
  await axbridge('download', 'busy.wav', '--which', 'approved', '--to', at('heard.wav'));
  expect(await readFile(at('heard.wav'))).toEqual(ONE);
  await expect(axbridge('download', 'busy.wav', '--to', at('heard.wav'))).rejects.toThrow('already exists');
});

it('are reviewed in the name of the user of this machine, where nobody else is named', async () => {
  await axbridge('upload', at('wait.wav'), '--name', 'hint.wav');
  expect(JSON.parse(await axbridge('approve', 'hint.wav', '--json'))).toMatchObject({
    state: 'approved',
    reviewedBy: expect.stringMatching(/./),
  });
});

it('are refused with what was expected', async () => {
  const refused = (...args: string[]) => expect(axbridge(...args)).rejects;
  await refused('upload', at('none.wav')).toThrow(/^announcement upload: .*ENOENT/);
  await refused('upload', at('music.mp3')).toThrow(/^name: expected a file name/);
  const asWav = ['upload', at('music.mp3'), '--name', 'music.wav'];
  await refused(...asWav).toThrow(/^The file: expected a WAV file .* got an MP3\. ffmpeg makes it/);
  await refused('reject', 'hint.wav').toThrow('expected --cause with what is wrong with it');
  await refused('approve', 'hint.wav', '--sha256', '0'.repeat(64)).toThrow('listen to it first');
});

it('and their switches are settings of applications', async () => {
  await axbridge('upload', at('wait.wav'), '--name', 'checked.wav');
  const { appKey } = await api.admin.createApp({ name: 'ride', mode: 'AX' });
  const change = (...settings: string[]) => said('app', 'change', appKey, ...settings);
  const checked = ['--recording', 'yes', '--quality-check', 'yes', '--quality-hint-tone', 'checked.wav'];
  await expect(change(...checked)).rejects.toThrow(
    'qualityHintTone: the announcement "checked.wav" is pending; approve it first.',
  );
  await axbridge('approve', 'checked.wav');
  expect(await change(...checked)).toMatch(/^qualityHintTone +checked\.wav$/m);
  const sms = ['--sms', 'yes', '--sms-control-url', 'https://customer.example/sms'];
  const shown = await change(...sms, '--sms-notification-url', 'https://customer.example/told');
  expect(shown).toMatch(/^sms +yes$/m);
  expect(shown).toMatch(/^smsControlUrl +https:\/\/customer\.example\/sms$/m);
  expect(await change('--quality-hint-tone', 'none')).not.toContain('qualityHintTone');
});
