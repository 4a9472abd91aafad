import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { runCommand } from './runCommand.ts';

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

const axbridge = (args: readonly string[], environment: Record<string, string> = {}) =>
  runCommand(api, args, environment);

it('explains where a call would go, with the other party masked', async () => {
  const { exitCode, out } = await axbridge(['explain', '--caller', '+8613900001001', '--x', X]);
  expect(exitCode).toBe(0);
  expect(out).toContain(`connect: rings +86139****1002 and shows ${X}`);
  expect(out).toContain('  because ');
  const refused = await axbridge(['explain', '--x', X]);
  expect(refused.out).toContain('refuse: stateCode 8014, announcement no-binding');
});

it('explains what a caller is asked, and what becomes of the digits that he types', async () => {
  const extensions = await api.admin.createApp({ name: 'AXE', mode: 'AXE' });
  const x = '+8617000005002';
  await api.admin.addNumber(extensions.appKey, x);
  const partner = new PartnerClient(api.base, extensions.appKey, extensions.appSecret);
  await partner.bindAxe('+8613900001001', { virtualNum: x, extendNum: '1207' });
  const question = ['explain', '--caller', '+8613900001009', '--x', x];
  expect((await axbridge(question)).out).toContain('collect: plays enter-extension and takes up to 4 digits');
  expect((await axbridge([...question, '--digits', '1207'])).out).toContain('rings +86139****1001');
  expect((await axbridge([...question, '--digits', ''])).out).toContain('refuse: stateCode 8033');
});

it("explains that the customer's server decides", async () => {
  const app = await api.admin.createApp({ name: 'X', mode: 'X' });
  await api.admin.addNumber(app.appKey, '+8617000005003');
  const { out } = await axbridge(['explain', '--x', '+8617000005003']);
  expect(out).toContain("ask: the customer's server decides");
});

it('lists applications, numbers and trunks as tables', async () => {
  const apps = await axbridge(['app', 'list']);
  expect(apps.out.split('\n')[0]).toMatch(
    /^APP KEY +NAME +MODE +STATE +ACCOUNT +RECORDING +STATUS URL +FEE URL$/,
  );
  expect(apps.out).toMatch(/出行 +AXB +normal +axbridge +no +http:\/\/127\.0\.0\.1:1\/status +–/);
  expect((await axbridge(['number', 'list', '--app', appKey])).out).toMatch(
    /\+8617000005001 .* 0571 +normal +1/,
  );
  expect((await axbridge(['trunk', 'list'])).out).toMatch(
    /carrier-a +127\.0\.0\.1:5070 udp +127\.0\.0\.1\/32 +1 +1 +– +yes/,
  );
});

it('shows an application whole, and changes what its options say', async () => {
  const shown = await axbridge(['app', 'show', appKey]);
  expect(shown.out).toMatch(/^FIELD +VALUE$/m);
  expect(shown.out).toMatch(/^guards\.callsAbroad +no$/m);
  expect(shown.out).toMatch(/^announcements\.no-binding +default$/m);
  const changes = ['--hours', '08:00-12:00,13:30-21:30', '--max-calls', '50', '--caller-frequency', '3/60'];
  const more = ['--calls-abroad', 'yes', '--announcements', 'no-binding=none,last-minute=default'];
  const changed = await axbridge(['app', 'change', appKey, ...changes, ...more]);
  expect(changed.out).toMatch(/^guards\.hours +08:00-12:00 13:30-21:30$/m);
  expect(changed.out).toMatch(/^guards\.maxCalls +50$/m);
  expect(changed.out).toMatch(/^guards\.callerFrequency +3\/60$/m);
  expect(changed.out).toMatch(/^guards\.callsAbroad +yes$/m);
  expect(changed.out).toMatch(/^announcements\.last-minute +default$/m);
  expect(changed.out).not.toContain('no-binding');
  const undone = ['--hours', 'always', '--max-calls', 'none', '--caller-frequency', 'none'];
  const { out } = await axbridge(['app', 'change', appKey, ...undone, '--json']);
  expect(JSON.parse(out).guards).toEqual({ callsFromAbroad: false, callsAbroad: true, hours: [] });
});

it('adds an account, gives it an application, freezes it and removes it', async () => {
  const added = await axbridge(['account', 'add', 'sp01', '--name', '快递', '--call-frequency', '100/60']);
  expect(added.out).toContain('account sp01 is there');
  const { appKey: moving } = await api.admin.createApp({ name: 'parcels', mode: 'AXB' });
  const app = await axbridge(['app', 'change', moving, '--account', 'sp01', '--push-number-status', 'yes']);
  expect(app.out).toMatch(/^accountId +sp01$/m);
  expect(app.out).toMatch(/^pushNumberStatus +yes$/m);
  const list = await axbridge(['account', 'list']);
  expect(list.out).toMatch(/^ACCOUNT +NAME +STATE +DEFAULT +APPS +MOST CALLS$/m);
  expect(list.out).toMatch(/^axbridge +axbridge +normal +yes +\d+ +–$/m);
  expect(list.out).toMatch(/^sp01 +快递 +normal +no +1 +100\/60$/m);
  const frozen = await axbridge([
    'account',
    'change',
    'sp01',
    '--state',
    'frozen',
    '--call-frequency',
    'none',
  ]);
  expect(frozen.out).toMatch(/^state +frozen$/m);
  expect(frozen.out).not.toContain('callFrequency');
  await axbridge(['app', 'change', moving, '--account', 'axbridge']);
  expect((await axbridge(['account', 'remove', 'sp01'])).out).toBe('done\n');
});

it('puts numbers out of service, moves them, and says what that has ended', async () => {
  const from = await api.admin.createApp({ name: 'from', mode: 'AXB' });
  const to = await api.admin.createApp({ name: 'to', mode: 'AX' });
  const [one, two] = ['+8617000005021', '+8617000005022'];
  for (const number of [one, two]) await api.admin.addNumber(from.appKey, number);
  const partner = new PartnerClient(api.base, from.appKey, from.appSecret);
  await partner.bind('+8613900001001', '+8613900001002', { relationNum: one });
  const stopped = await axbridge([
    ...['number', 'set-state', `${one}, ${two}`],
    ...['--state', 'unavailable', '--cause', 'arrears'],
  ]);
  expect(stopped.out).toMatch(/^\+8617000005021 .* unavailable \(arrears\) +1$/m);
  expect(stopped.out).toMatch(/^\+8617000005022 .* unavailable \(arrears\) +0$/m);
  expect(stopped.out).not.toContain('ended');
  const idle = await axbridge(['number', 'list', '--app', from.appKey, '--state', 'unavailable']);
  expect(idle.out.match(/unavailable/g)).toHaveLength(2);
  const moved = await axbridge(['number', 'move', `${one},${two}`, '--app', to.appKey]);
  expect(moved.out).toMatch(new RegExp(`^\\+8617000005021 +${to.appKey} `, 'm'));
  expect(moved.out).toContain('1 binding was ended');
  const shown = await axbridge(['number', 'change', one, '--area', '010']);
  expect(shown.out).toMatch(/^areaCode +010$/m);
  expect(shown.out).toMatch(/^cause +arrears$/m);
});

it('blocks a number, lists it masked and unblocks it', async () => {
  const number = '+8613900001009';
  const blocked = await axbridge(['blacklist', 'add', number, '--app', appKey, '--as', 'caller']);
  expect(blocked.out).toMatch(
    new RegExp(
      `^\\+86139\\*{4}1009 is blocked as caller in calls of application ${appKey} \\(entry \\d+\\)$`,
      'm',
    ),
  );
  await axbridge(['blacklist', 'add', '--number', number]);
  const list = await axbridge(['blacklist', 'list']);
  expect(list.out).toMatch(/^ID +NUMBER +BLOCKED AS +APP KEY +SINCE$/m);
  expect(list.out).toMatch(new RegExp(`\\+86139\\*{4}1009 +caller +${appKey} +\\d{4}-`));
  expect(list.out).toMatch(/\+86139\*{4}1009 +both +all +\d{4}-/);
  expect(list.out).not.toContain(number);
  expect((await axbridge(['blacklist', 'remove', number, '--app', appKey])).out).toBe('done\n');
  const [entry] = JSON.parse((await axbridge(['blacklist', 'list', '--json'])).out).items;
  expect((await axbridge(['blacklist', 'remove', '--id', String(entry.id)])).out).toBe('done\n');
  expect((await axbridge(['blacklist', 'list'])).out).toBe('no number is blocked\n');
});

it('prints the answer itself with --json', async () => {
  const { out } = await axbridge(['number', 'list', '--app', appKey, '--json']);
  expect(JSON.parse(out).items).toMatchObject([{ number: X, appKey }]);
});

it('teaches its use with --help, without asking anybody', async () => {
  const nowhere = { AXBRIDGE_ADMIN_URL: 'http://127.0.0.1:1' };
  expect((await axbridge(['--help'], nowhere)).out).toContain('npm run axbridge -- <command>');
  expect((await axbridge([], nowhere)).exitCode).toBe(0);
  expect((await axbridge(['explain', '--help'], nowhere)).out).toContain('--caller E164');
});

it.each([
  [['dance'], {}, 2, 'dance: no such command; expected account, app, number'],
  [['app', 'dance'], {}, 2, 'app dance: no such command; expected app list, app show, app add'],
  [['explain'], {}, 2, 'expected --x'],
  [['app', 'list', '--color'], {}, 2, '--color'],
  [['app', 'show'], {}, 2, 'app show: expected --app with the key of an application'],
  [['app', 'change', 'x', '--max-calls', 'many'], {}, 2, 'app change: --max-calls many: expected a number'],
  [
    ['app', 'change', 'x', '--x-frequency', '3'],
    {},
    2,
    'app change: --x-frequency 3: expected calls/seconds, like',
  ],
  [
    ['app', 'change', 'x', '--calls-abroad', 'on'],
    {},
    2,
    'app change: --calls-abroad on: expected yes or no',
  ],
  [
    ['app', 'change', 'x', '--announcements', 'busy'],
    {},
    2,
    'app change: --announcements busy: expected scene=file',
  ],
  [['app', 'show', 'nobody'], {}, 1, 'There is no application "nobody"'],
  [['app', 'change', 'x', '--hours', 'noon'], {}, 1, 'guards.hours.0: expected a part of the day like 08:00'],
  [['account', 'show'], {}, 2, 'account show: expected --account with the id of an account'],
  [
    ['account', 'change', 'x', '--call-frequency', '3'],
    {},
    2,
    'account change: --call-frequency 3: expected calls',
  ],
  [['account', 'show', 'nobody'], {}, 1, 'There is no account "nobody"'],
  [['account', 'remove', 'axbridge'], {}, 1, 'is the one that applications belong to by default'],
  [['number', 'set-state', X], {}, 2, 'number set-state: expected --state with the new state'],
  [['number', 'set-state', X, '--state', 'sleepy'], {}, 1, 'state: expected normal, suspended, unavailable'],
  [['number', 'move', X, '--app', 'nobody'], {}, 1, 'appKey: there is no application "nobody"'],
  [['blacklist', 'add'], {}, 2, 'blacklist add: expected --number with the number to block'],
  [['blacklist', 'add', '13900001009'], {}, 1, 'number: expected a number in E.164'],
  [
    ['blacklist', 'remove'],
    {},
    2,
    'blacklist remove: expected --number with the number to take off, or --id',
  ],
  [['blacklist', 'remove', '--id', '77'], {}, 1, 'There is no entry of the black list "77"'],
  [['blacklist', 'remove', '+8613900001008'], {}, 1, '+86139****1008 is not blocked for every application'],
  [['explain', '--x', '170'], {}, 1, 'x: expected a number in E.164'],
  [['app', 'list'], { AXBRIDGE_ADMIN_TOKEN: 'wrong' }, 1, 'set AXBRIDGE_ADMIN_TOKEN'],
  [['app', 'list'], { AXBRIDGE_ADMIN_URL: 'http://127.0.0.1:1' }, 1, 'does not answer (ECONNREFUSED)'],
  [['app', 'list'], { AXBRIDGE_ADMIN_URL: 'nowhere' }, 1, 'expected a URL'],
])('says what is wrong with %j and %j', async (args, environment, exitCode, message) => {
  const run = await axbridge(args, environment);
  expect(run).toMatchObject({ exitCode, out: '' });
  expect(run.err).toContain(message);
  expect(run.err).not.toContain('    at ');
});
