import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimDefaultAccount, getAccount, listAccounts } from '../../src/store/accounts.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient, type PartnerReply } from '../kit/PartnerClient.ts';
import { expectProblem, sendTo } from './adminRequest.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const send = (method: string, path: string, body?: unknown) => sendTo(api, method, path, body);

describe('accounts', () => {
  it('are made, listed after the default one, changed and deleted', async () => {
    const made = await send('POST', '/accounts', {
      accountId: 'sp01',
      name: 'Ride Ltd',
      callFrequency: { calls: 100, seconds: 60 },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { accountId: 'sp01', name: 'Ride Ltd', state: 'normal', isDefault: false, apps: 0 },
    });
    expect(made.body).toMatchObject({ callFrequency: { calls: 100, seconds: 60 } });
    const { items } = (await send('GET', '/accounts')).body;
    expect(items).toMatchObject([{ accountId: 'axbridge', isDefault: true }, { accountId: 'sp01' }]);

    const changed = await send('PATCH', '/accounts/sp01', { name: 'Ride', callFrequency: null });
    expect(changed.body).toMatchObject({ name: 'Ride', state: 'normal' });
    expect(changed.body).not.toHaveProperty('callFrequency');
    expect((await send('GET', '/accounts/sp01')).body).toEqual(changed.body);
    expect((await send('DELETE', '/accounts/sp01')).status).toBe(204);
    expectProblem(await send('GET', '/accounts/sp01'), 404, 'not-found', 'no account "sp01"');
  });

  it('have applications: those made for them, those moved to them; any other is the default one’s', async () => {
    await send('POST', '/accounts', { accountId: 'sp02', name: 'two' });
    const first = await send('POST', '/apps', { name: 'first', mode: 'AXB', accountId: 'sp02' });
    expect(first.body).toMatchObject({ accountId: 'sp02' });
    const second = await send('POST', '/apps', { name: 'second', mode: 'AX' });
    expect(second.body).toMatchObject({ accountId: 'axbridge' });
    await send('PATCH', `/apps/${second.body.appKey}`, { accountId: 'sp02' });
    const { items } = (await send('GET', '/apps?accountId=sp02')).body;
    expect(items).toMatchObject([{ name: 'first' }, { name: 'second' }]);
    expect((await send('GET', '/accounts/sp02')).body).toMatchObject({ apps: 2 });
    expectProblem(await send('DELETE', '/accounts/sp02'), 409, 'in-use', 'has 2 applications');
    expect((await send('GET', '/apps?accountId=nobody')).body.items).toEqual([]);
  });

  it.each([
    ['POST', '/accounts', { accountId: 'sp/1', name: 'x' }, 'accountId: expected letters, digits, dots'],
    ['POST', '/accounts', { accountId: 'x'.repeat(33), name: 'x' }, 'accountId: expected letters, digits'],
    [
      'POST',
      '/accounts',
      { accountId: 'sp03' },
      'name: expected a text of 1 to 128 characters, it is missing',
    ],
    ['POST', '/accounts', { accountId: 'sp03', name: 'x', state: 'frozen' }, 'state: no such field'],
    [
      'POST',
      '/accounts',
      { accountId: 'sp03', name: 'x', callFrequency: null },
      'callFrequency: expected an',
    ],
    ['PATCH', '/accounts/axbridge', { state: 'gone' }, 'state: expected normal or frozen, got "gone"'],
    ['PATCH', '/accounts/axbridge', { accountId: 'other' }, 'accountId: no such field'],
    ['PATCH', '/accounts/axbridge', {}, 'at least one field'],
    ['POST', '/apps', { name: 'x', mode: 'AXB', accountId: 'nobody' }, 'there is no account "nobody"'],
  ])('%s %s says what is wrong with %j', async (method, path, body, detail) => {
    expectProblem(await send(method, path, body), 400, 'invalid-body', detail);
  });

  it('cannot be made twice, and the default one cannot be deleted', async () => {
    const account = { accountId: 'axbridge', name: 'again' };
    expectProblem(await send('POST', '/accounts', account), 409, 'already-exists', 'axbridge');
    expectProblem(await send('DELETE', '/accounts/axbridge'), 409, 'in-use', 'by default');
    expectProblem(await send('DELETE', '/accounts/nobody'), 404, 'not-found', 'no account "nobody"');
    expectProblem(await send('PATCH', '/accounts/nobody', { name: 'x' }), 404, 'not-found', 'nobody');
  });
});

describe('a frozen account', () => {
  const A = '+8613900001001';
  const everyEndpoint: [name: string, ask: (partner: PartnerClient) => Promise<string | undefined>][] = [
    ['AXB bind', (to) => codeOf(to.bind(A, '+8613900001002'))],
    ['AXB unbind', (to) => codeOf(to.unbind({ subscriptionId: 'x' }))],
    ['AXB modify', (to) => codeOf(to.modify('x', {}))],
    ['AXB query', (to) => codeOf(to.query({ subscriptionId: 'x' }))],
    ['AX bind', (to) => codeOf(to.bindAx(A, {}))],
    ['AX unbind', (to) => codeOf(to.unbindAx({ subscriptionId: 'x' }))],
    ['AX modify', (to) => codeOf(to.modifyAx({ subscriptionId: 'x' }))],
    ['AX query', (to) => codeOf(to.queryAx({ subscriptionId: 'x' }))],
    ['AX callee', (to) => codeOf(to.setTemporaryCallee(A, { subscriptionId: 'x' }))],
    ['AXE bind', (to) => codeOf(to.bindAxe(A, {}))],
    ['AXE unbind', (to) => codeOf(to.unbindAxe({ subscriptionId: 'x' }))],
    ['AXE modify', (to) => codeOf(to.modifyAxe({ subscriptionId: 'x' }))],
    ['AXE query', (to) => codeOf(to.queryAxe({ subscriptionId: 'x' }))],
    ['AXE query v2.0', (to) => codeOf(to.listAxe())],
    ['AXYB bind', (to) => codeOf(to.bindAxyb(A))],
    ['AXYB unbind', (to) => codeOf(to.unbindAxyb({ subscriptionId: 'x' }))],
    ['AXYB query', (to) => codeOf(to.queryAxyb({ subscriptionId: 'x' }))],
    ['recording', async (to) => (await to.recording('a.wav', 'host')).resultcode],
    ['callStop', (to) => codeOf(to.stopCall('x'))],
  ];
  const codeOf = async (reply: Promise<PartnerReply>) => (await reply).body.resultcode;

  it.each(everyEndpoint)('is 1010029 at once: %s', async (_name, ask) => {
    const accountId = `frozen-${everyEndpoint.findIndex(([name]) => name === _name)}`;
    await send('POST', '/accounts', { accountId, name: accountId });
    const { appKey, appSecret } = await api.admin.createApp({ name: 'ride', mode: 'AXB', accountId });
    const partner = new PartnerClient(api.base, appKey, appSecret);
    expect(await ask(partner)).not.toBe('1010029');
    await send('PATCH', `/accounts/${accountId}`, { state: 'frozen' });
    expect(await ask(partner)).toBe('1010029');
    await send('PATCH', `/accounts/${accountId}`, { state: 'normal' });
    expect(await ask(partner)).not.toBe('1010029');
  });

  it('has no calls (7108), whichever of its applications the X belongs to, and explain says why', async () => {
    await send('POST', '/accounts', { accountId: 'sp10', name: 'ten' });
    const xs = ['+8617000006001', '+8617000006002'];
    for (const [index, mode] of ['AXB', 'X'].entries()) {
      const { appKey } = await api.admin.createApp({ name: mode, mode, accountId: 'sp10' });
      await api.admin.addNumber(appKey, xs[index] ?? '');
    }
    await send('PATCH', '/accounts/sp10', { state: 'frozen' });
    for (const x of xs) {
      const { decision, because } = (await send('POST', '/explain', { caller: A, x })).body;
      expect(decision).toMatchObject({
        kind: 'refuse',
        stateCode: 7108,
        account: { accountId: 'sp10', state: 'frozen' },
      });
      expect(because).toContain('the customer account sp10 is frozen');
    }
  });
});

describe('the default account', () => {
  it('has the id of the setting: it is given it, or another account becomes the default one', async () => {
    const { sql, admin } = api;
    await admin.send('PATCH', '/accounts/axbridge', { name: 'all of them' });
    const { appKey } = await admin.createApp({ name: 'ride', mode: 'AXB' });
    const accountOf = async () => (await send('GET', `/apps/${appKey}`)).body;
    await Promise.all([claimDefaultAccount(sql, 'house'), claimDefaultAccount(sql, 'house')]);
    expect(await accountOf()).toMatchObject({ accountId: 'house' });
    expect(await getAccount(sql, 'axbridge')).toBeUndefined();
    expect(await getAccount(sql, 'house')).toMatchObject({ name: 'all of them', isDefault: true });

    await admin.send('POST', '/accounts', { accountId: 'annex', name: 'annex' });
    await claimDefaultAccount(sql, 'annex');
    expect((await listAccounts(sql)).filter(({ isDefault }) => isDefault)).toMatchObject([
      { accountId: 'annex' },
    ]);
    expect(await accountOf()).toMatchObject({ accountId: 'house' });
    const made = await admin.createApp({ name: 'new', mode: 'AXB' });
    expect((await send('GET', `/apps/${made.appKey}`)).body).toMatchObject({ accountId: 'annex' });
    await claimDefaultAccount(sql, 'house');
    await claimDefaultAccount(sql, 'axbridge');
    expect(await accountOf()).toMatchObject({ accountId: 'axbridge' });
  });
});
