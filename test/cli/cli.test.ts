import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiUnderTest, OPERATOR_TOKEN, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';

const MAIN = resolve(import.meta.dirname, '../../cli/main.ts');
const X = '+8617000005001';

let api: ApiUnderTest;
let appKey: string;
beforeAll(async () => {
  api = await startApi();
  const app = await api.admin.createApp({
    name: '出行',
    mode: 'AXB',
    statusUrl: 'http://127.0.0.1:1/status',
  });
  appKey = app.appKey;
  await api.admin.addNumber(appKey, X);
  await api.admin.addTrunk({ name: 'carrier-a', host: '127.0.0.1', port: 5070, sources: ['127.0.0.1/32'] });
  await new PartnerClient(api.base, appKey, app.appSecret).bind('+8613900001001', '+8613900001002');
});
afterAll(() => api.stop());

interface Run {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

function axbridge(args: readonly string[], environment: Record<string, string> = {}): Promise<Run> {
  const env = { AXBRIDGE_ADMIN_URL: api.base, AXBRIDGE_ADMIN_TOKEN: OPERATOR_TOKEN, ...environment };
  return new Promise((done) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (error, out, err) => {
      done({ exitCode: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

it('explains where a call would go, with the other party masked', async () => {
  const { exitCode, out } = await axbridge(['explain', '--caller', '+8613900001001', '--x', X]);
  expect(exitCode).toBe(0);
  expect(out).toContain(`connect: rings +86139****1002 and shows ${X}`);
  expect(out).toContain('  because ');
  const refused = await axbridge(['explain', '--x', X]);
  expect(refused.out).toContain('refuse: stateCode 8014, announcement no-binding');
});

it('lists applications, numbers and trunks as tables', async () => {
  const apps = await axbridge(['apps']);
  expect(apps.out.split('\n')[0]).toMatch(/^APP KEY +NAME +MODE +STATE +RECORDING +STATUS URL +FEE URL$/);
  expect(apps.out).toMatch(/出行 +AXB +normal +no +http:\/\/127\.0\.0\.1:1\/status +–/);
  expect((await axbridge(['numbers', '--app', appKey])).out).toMatch(/\+8617000005001 .* 0571 +normal +1/);
  expect((await axbridge(['trunks'])).out).toMatch(
    /carrier-a +127\.0\.0\.1:5070 udp +127\.0\.0\.1\/32 +1 +1 +– +yes/,
  );
});

it('prints the answer itself with --json', async () => {
  const { out } = await axbridge(['numbers', '--json']);
  expect(JSON.parse(out).items).toMatchObject([{ number: X, appKey }]);
});

it('teaches its use with --help, without asking anybody', async () => {
  const nowhere = { AXBRIDGE_ADMIN_URL: 'http://127.0.0.1:1' };
  expect((await axbridge(['--help'], nowhere)).out).toContain('npm run axbridge -- <command>');
  expect((await axbridge([], nowhere)).exitCode).toBe(0);
  expect((await axbridge(['explain', '--help'], nowhere)).out).toContain('--caller E164');
});

it.each([
  [['dance'], {}, 2, 'dance: no such command; expected explain, apps, numbers, trunks'],
  [['explain'], {}, 2, 'expected --x'],
  [['apps', '--color'], {}, 2, '--color'],
  [['explain', '--x', '170'], {}, 1, 'x: expected a number in E.164'],
  [['apps'], { AXBRIDGE_ADMIN_TOKEN: 'wrong' }, 1, 'set AXBRIDGE_ADMIN_TOKEN'],
  [['apps'], { AXBRIDGE_ADMIN_URL: 'http://127.0.0.1:1' }, 1, 'does not answer (ECONNREFUSED)'],
  [['apps'], { AXBRIDGE_ADMIN_URL: 'nowhere' }, 1, 'expected a URL'],
])('says what is wrong with %j and %j', async (args, environment, exitCode, message) => {
  const run = await axbridge(args, environment);
  expect(run).toMatchObject({ exitCode, out: '' });
  expect(run.err).toContain(message);
  expect(run.err).not.toContain('    at ');
});
