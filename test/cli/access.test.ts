import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { runCommand } from './runCommand.ts';

const LET_IN = '1012007';

let api: ApiUnderTest;
let appKey: string;
let secret: string;
beforeAll(async () => {
  api = await startApi({ settings: { AXBRIDGE_AUTH_FAILURES: '2/60' } });
  const made = await api.admin.createApp({ name: 'courier', mode: 'AXB' });
  [appKey, secret] = [made.appKey, made.appSecret];
});
afterAll(() => api.stop());

const axbridge = (...args: string[]) => runCommand(api, args);

const knock = async (appSecret: string) =>
  (await new PartnerClient(api.base, appKey, appSecret).query({ subscriptionId: 'none' })).body.resultcode;

it('gives an application a new secret beside the old one, until that is ended', async () => {
  const { exitCode, out } = await axbridge('app', 'new-secret', appKey, '--keep-old', '3600');
  expect(exitCode).toBe(0);
  const [renewed = '', rest = ''] = out.split('\n');
  expect(rest).toMatch(/^the old one is good until 20\d\d-/);
  expect([await knock(secret), await knock(renewed)]).toEqual([LET_IN, LET_IN]);
  expect(await axbridge('app', 'end-old-secret', appKey)).toMatchObject({ exitCode: 0, out: 'done\n' });
  expect([await knock(secret), await knock(renewed)]).toEqual(['1010003', LET_IN]);

  const [again = '', ended] = (await axbridge('app', 'new-secret', appKey)).out.split('\n');
  expect(ended).toBe('the old one has ended');
  secret = again;
  expect(await knock(secret)).toBe(LET_IN);
});

it('lists blocked addresses and lets one in again', async () => {
  expect((await axbridge('blocked-address', 'list')).out).toContain('no address is blocked');
  while ((await knock('guessed')) !== '1020176');
  expect(await knock(secret)).toBe('1020176');
  expect((await axbridge('blocked-address', 'list')).out).toMatch(
    /^ADDRESS +BLOCKED +UNTIL *\n127\.0\.0\.1 /,
  );
  expect((await axbridge('blocked-address', 'remove', '127.0.0.1')).exitCode).toBe(0);
  expect(await knock(secret)).toBe(LET_IN);
  expect((await axbridge('blocked-address', 'remove', '127.0.0.1')).err).toContain('127.0.0.1');
});

it('says where requests of an application may come from, and how many', async () => {
  const app = (...options: string[]) => axbridge('app', 'change', appKey, ...options);
  const set = await app('--allowed-addresses', '192.0.2.0/24,2001:db8::1', '--request-limit', '600/60');
  expect(set.out).toMatch(/allowedAddresses +192\.0\.2\.0\/24 2001:db8::1\/128/);
  expect(set.out).toMatch(/requestLimit +600\/60/);
  expect(await knock(secret)).toBe('1020166');
  await app('--allowed-addresses', 'anywhere', '--request-limit', 'none');
  expect(await knock(secret)).toBe(LET_IN);
  expect(await app('--request-limit', 'many')).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('expected requests/seconds, like 600/60, or none'),
  });
});
