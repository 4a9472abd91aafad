import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { runCommand } from './runCommand.ts';

const [ANNA, BEN, CARA] = ['+8613900001001', '+8613900001002', '+8613900001003'];
const [X, Y] = ['+8617000005001', '+8617000005002'];

let api: ApiUnderTest;
let appKey: string;
let id: string;
beforeAll(async () => {
  api = await startApi();
  const app = await api.admin.createApp({ name: 'parcels', mode: 'AXYB' });
  appKey = app.appKey;
  for (const number of [X, Y, '+8617000005003']) await api.admin.addNumber(appKey, number);
  const partner = new PartnerClient(api.base, appKey, app.appSecret);
  id = String((await partner.bindAxyb(ANNA)).body.subscriptionId);
  for (const b of [BEN, CARA]) await partner.bindAxyb(b, { subscriptionId: id, userData: `parcel of ${b}` });
});
afterAll(() => api.stop());

const axbridge = (...args: string[]) => runCommand(api, args);

it('lists bindings with numbers of people masked, page by page', async () => {
  const { out } = await axbridge('binding', 'list', '--app', appKey, '--limit', '1');
  expect(out).toMatch(/^ID +APP KEY +MODE +X +EXT +A +B +BOUND +UNTIL$/m);
  expect(out).toMatch(
    new RegExp(`^${id} +${appKey} +AXYB +\\+861700000500\\d +– +\\+86139\\*{4}1001 +2 Bs `, 'm'),
  );
  const [, after = ''] = /^more: --after (\S+)$/m.exec(out) ?? [];
  expect((await axbridge('binding', 'list', '--after', after)).out).toBe('no bindings\n');
  expect((await axbridge('binding', 'list', '--mode', 'AXB')).out).toBe('no bindings\n');
});

it('finds a person whose number is typed or piped in, and says in which role', async () => {
  const ben = await axbridge('binding', 'find', BEN);
  expect(ben.out).toMatch(/ HE IS$/m);
  expect(ben.out).toMatch(new RegExp(`^${id} .* b behind \\+861700000500\\d$`, 'm'));
  expect((await axbridge('binding', 'find', '--number', ANNA, '--app', appKey)).out).toMatch(/ a$/m);
  const piped = await runCommand(api, ['binding', 'find', '-'], {}, `${CARA}\n`);
  expect(piped.out).toContain('b behind +86170');
  expect((await runCommand(api, ['binding', 'find', '-'], {}, '13900001002')).err).toContain(
    'number: expected a number in E.164, like +8617000005001, got "139****1002"',
  );
});

it('shows one binding with who is behind which number, and ends it part by part', async () => {
  const shown = await axbridge('binding', 'show', id);
  expect(shown.out).toMatch(/^terms\.callDirection +0$/m);
  expect(shown.out).toMatch(/^Y +B +BOUND +SECONDS +HEARD +USER DATA$/m);
  expect(shown.out).toMatch(/ +\+86139\*{4}1002 .* parcel of \+86139\*{4}1002$/m);
  expect(shown.out).not.toMatch(/\+86139\d{8}/);
  const [, y = ''] = /^(\+\d+) +\+86139\*{4}1002 /m.exec(shown.out) ?? [];
  expect((await axbridge('binding', 'end', id, '--y', y)).out).toBe('done\n');
  expect((await axbridge('binding', 'find', BEN)).out).toBe('no bindings\n');
  expect((await axbridge('binding', 'end', id)).out).toBe('done\n');
  expect(await axbridge('binding', 'show', id)).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining(`There is no binding "${id}"`),
  });
});
