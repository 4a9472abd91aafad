import { describe, expect, it } from 'vitest';
import { route } from '../../routing/route.ts';
import type { Mode, RoutingTable } from '../../routing/types.ts';
import { OPEN_PLATFORM } from '../kit/openPlatform.ts';
import {
  A,
  account,
  app,
  axb,
  axe,
  B,
  decides,
  found,
  LANDLINE,
  NOW,
  number,
  OF_RIDE,
  type Row,
  X,
} from './facts.ts';

const MODES: readonly Mode[] = ['AXB', 'AX', 'AXE', 'AXYB', 'X'];

const LANDLINE_CALLS = 'the caller +86571****0004 is a fixed line, which may only be called';

describe('before the rules of any mode', () => {
  decides([
    ...MODES.map(
      (mode): Row => ({
        when: `a fixed line dials an X of mode ${mode}, whatever else is against it`,
        call: { caller: LANDLINE },
        found: found({
          number: number({ state: 'suspended' }),
          app: app({ mode, state: 'frozen' }),
          relation: axb({ a: LANDLINE }),
        }),
        expected: { kind: 'refuse', stateCode: 8023, announcement: undefined },
        because: [LANDLINE_CALLS],
      }),
    ),
    {
      when: 'a fixed line dials what is no X',
      call: { caller: LANDLINE },
      found: undefined,
      expected: { kind: 'refuse', stateCode: 8023 },
      without: ['app', 'number'],
      because: [LANDLINE_CALLS],
    },
    {
      when: 'the X is unknown',
      call: { caller: A },
      found: undefined,
      expected: { kind: 'refuse', stateCode: 8018, announcement: undefined },
      without: ['app', 'number'],
      because: ['+8617000005001 is no X number of this platform'],
    },
    {
      when: 'the X has gone while the caller of an AXE application typed',
      call: { digits: '1207', failedAttempts: 0 },
      found: undefined,
      expected: { kind: 'refuse', stateCode: 8025, announcement: 'no-permission' },
      because: ['+8617000005001 was taken from the platform while the caller typed'],
    },
    ...(['suspended', 'unavailable', 'returned'] as const).map(
      (state): Row => ({
        when: `the X is ${state}, whatever the application`,
        call: { caller: A },
        found: found({ number: number({ state }), app: app({ state: 'frozen' }) }),
        expected: { kind: 'refuse', stateCode: 8055, announcement: undefined },
        because: [OF_RIDE, `the X number is ${state}`],
      }),
    ),
    {
      when: 'the X takes no new bindings',
      call: { caller: A },
      found: found({ number: number({ state: 'bind-frozen' }) }),
      expected: { kind: 'connect', callee: B },
      because: [
        OF_RIDE,
        'the caller is A of binding sub-1',
        'the binding lets both sides call',
        'the call goes to +86139****0002, who sees the X',
      ],
    },
    ...MODES.map(
      (mode): Row => ({
        when: `the application, of mode ${mode}, is frozen`,
        call: { caller: A },
        found: found({ app: app({ mode, state: 'frozen' }) }),
        expected: { kind: 'refuse', stateCode: 7108, announcement: undefined },
        because: [OF_RIDE, 'application ride is frozen'],
      }),
    ),
    ...MODES.map(
      (mode): Row => ({
        when: `the account of the application, of mode ${mode}, is frozen`,
        call: { caller: A },
        found: found({ app: app({ mode, account: account({ state: 'frozen' }) }) }),
        expected: { kind: 'refuse', stateCode: 7108, announcement: undefined },
        because: [OF_RIDE, 'the customer account axbridge is frozen'],
      }),
    ),
    {
      when: 'application and account are frozen, the application first',
      call: { caller: A },
      found: found({ app: app({ state: 'frozen', account: account({ state: 'frozen' }) }) }),
      expected: { kind: 'refuse', stateCode: 7108, announcement: undefined },
      because: [OF_RIDE, 'application ride is frozen'],
    },
  ]);
});

describe('route', () => {
  const call = { caller: A, x: X, now: NOW };

  it('answers without a promise when the table does', () => {
    expect(route(call, { find: () => found() }, OPEN_PLATFORM)).toMatchObject({ callee: B });
  });

  it('answers with a promise when the table does', async () => {
    const decision = route(call, { find: async () => found() }, OPEN_PLATFORM);
    expect(decision).toBeInstanceOf(Promise);
    expect(await decision).toMatchObject({ callee: B });
  });

  it('hands on what the table throws', async () => {
    const find = async (): Promise<never> => {
      throw new Error('away');
    };
    await expect(route(call, { find }, OPEN_PLATFORM)).rejects.toThrow('away');
  });

  it('asks the table for an extension only when there is one', () => {
    const asked: unknown[][] = [];
    const table: RoutingTable = {
      find: (...question) => {
        asked.push(question);
        return found({ app: app({ mode: 'AXE' }), relation: axe() });
      },
    };
    for (const digits of [undefined, '', '1207']) {
      route({ ...call, ...(digits !== undefined && { digits }) }, table, OPEN_PLATFORM);
    }
    expect(asked).toEqual([
      [X, A],
      [X, A],
      [X, A, '1207'],
    ]);
  });
});
