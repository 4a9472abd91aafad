import { Agent, request } from 'undici';
import { expect, it } from 'vitest';
import { PARTNER_ERRORS } from '../../src/api/errorCodes.ts';
import { startApi } from '../kit/apiUnderTest.ts';
import { signedHeaders } from './signedHeaders.ts';

/** Where the requests of an application go, and which fields most of them have. */
interface Target {
  readonly mode: 'AXB' | 'AX' | 'AXE' | 'AXYB';
  readonly paths: readonly [string, ...string[]];
  readonly usual: readonly string[];
  /** Codes of which each must come up. */
  readonly sure: readonly string[];
}

const AXYB_PATH = '/rest/omp/xyrelationnumber/v1.0';
const TARGETS: readonly Target[] = [
  {
    mode: 'AXB',
    paths: ['/rest/caas/relationnumber/partners/v1.0'],
    usual: ['callerNum', 'calleeNum'],
    sure: ['0', '1010002', '1012007', '1012010'],
  },
  {
    mode: 'AX',
    paths: ['/rest/provision/caas/privatenumber/v1.0', '/rest/caas/privatenumber/calleenumber/v1.0'],
    usual: ['origNum', 'privateNum', 'calleeNum'],
    sure: ['0', '1010002', '1011001', '1011005', '1016001'],
  },
  {
    mode: 'AXE',
    paths: ['/rest/caas/extendnumber/v1.0', '/rest/caas/extendnumber/v2.0'],
    usual: ['bindNum', 'virtualNum', 'extendNum'],
    sure: ['0', '1010002', '1012001', '1016001', '1016002', '1020167'],
  },
  { mode: 'AXYB', paths: [AXYB_PATH], usual: ['origNum'], sure: ['0', '1010002', '1011002', '1016001'] },
];
const OTHER_PATHS = ['/rest/provision/voice/record/v1.0', '/rest/httpsessions/callStop/v2.0'] as const;
const REQUESTS = 1200;
const IN_FLIGHT = 8;
const SEED = Number(process.env.FUZZ_SEED ?? 1);

/** Mulberry32: the same seed makes the same requests. @returns a number from 0 to below 1 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomOf(SEED);
const upTo = (limit: number): number => Math.floor(random() * limit);
const chance = (probability: number): boolean => random() < probability;
function pick<Item>(first: Item, ...others: Item[]): Item {
  return others[upTo(others.length + 1)] ?? first;
}

const PIECES = [
  'a',
  '+',
  '86',
  '\0',
  '\n',
  '{',
  '}',
  '"',
  '中',
  '\ud800',
  ' ',
  '%',
  "'",
  '\\',
  '😀',
  '-',
  '.',
] as const;
const text = (): string =>
  Array.from({ length: Math.floor(random() ** 3 * 300) }, () => pick(...PIECES)).join('');
const user = (): string => `+86139000010${String(upTo(60)).padStart(2, '0')}`;
const x = (): string => `+861700000500${upTo(6)}`;
const odd = (): unknown =>
  pick<() => unknown>(
    text,
    user,
    x,
    () => random() * 1e6,
    () => -1,
    () => null,
    () => true,
    () => [],
    () => ({ a: text() }),
    () => 1e300,
    () => '9'.repeat(20),
  )();

const ids = ['00000000-0000-4000-8000-000000000000'];
const FIELDS: Readonly<Record<string, () => unknown>> = {
  callerNum: user,
  calleeNum: user,
  relationNum: x,
  areaCode: () => '0571',
  areaMatchMode: () => pick('0', '1'),
  callDirection: () => pick<unknown>(0, 1, 2, '1'),
  duration: () => pick<unknown>(0, 60, '3600'),
  recordFlag: () => pick<unknown>('true', false),
  recordHintTone: () => '',
  maxDuration: () => upTo(10),
  lastMinVoice: () => null,
  privateSms: () => true,
  preVoice: () => ({}),
  userData: text,
  subscriptionId: () => ids[upTo(ids.length)],
  origNum: user,
  privateNum: x,
  privateNumType: () => 'mobile-virtual',
  calleeNumDisplay: () => pick<unknown>('0', 1),
  bindNum: user,
  virtualNum: x,
  extendNum: () => pick<unknown>('0001', '0002', 3, '12', ''),
  displayNumMode: () => pick<unknown>(0, '1'),
  callbackTone: () => '',
  callbackNum: user,
  timeUnit: () => pick<unknown>('0', 1),
  bindExpiredTime: () => upTo(800),
  callbackExpiredTime: () => upTo(3),
  cursor: () => '0000000000000_1',
  limit: () => upTo(200),
  ybDuration: () => pick<unknown>(0, 60, '59'),
  preVoiceX: () => null,
  preVoiceY: () => '',
  yNum: x,
  bNum: user,
  pageIndex: () => 1 + upTo(2),
  pageSize: () => 10,
  fileName: () => pick('260105040007000000001.wav', '../../etc/passwd', text()),
  recordDomain: () => pick('axbridge.local', text()),
  sessionid: () => pick('1200_77_0_20260105040001@ax.test', text()),
  signal: () => 'call_stop',
};

function fields({ usual }: Target): Record<string, unknown> {
  const entries = Object.entries(FIELDS)
    .filter(([name]) => chance(usual.includes(name) ? 0.8 : 0.3))
    .map(([name, usual]) => [name, chance(0.95) ? usual() : odd()]);
  return Object.fromEntries(entries);
}

interface RandomRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body: string | Buffer | null;
}

function randomRequest(target: Target, appKey: string): RandomRequest {
  const method = pick('GET', 'POST', 'POST', 'PUT', 'DELETE');
  const key = target.mode === 'AXYB' && chance(0.95) ? `app_key=${appKey}&` : '';
  const path = `${chance(0.9) ? pick(...target.paths) : pick(...OTHER_PATHS)}?${key}`;
  const given = fields(target);
  if (method === 'GET' || (method === 'DELETE' && chance(0.7))) {
    const query = Object.entries(given).map(
      ([name, value]) => `${name}=${encodeURIComponent(String(value).toWellFormed())}`,
    );
    return { method, path: `${path}${query.join('&')}${chance(0.02) ? '&%zz' : ''}`, body: null };
  }
  const whole = JSON.stringify(given);
  const body = chance(0.05) ? whole.slice(0, upTo(whole.length)) : whole;
  return {
    method,
    path,
    body: chance(0.02) ? Buffer.from(Array.from({ length: 40 }, () => upTo(256))) : body,
  };
}

const what = `answers ${REQUESTS} random requests with the envelope, never a 500, and names nobody (seed ${SEED})`;

it.each(TARGETS)(
  `$mode ${what}`,
  async (target) => {
    const api = await startApi();
    const { mode, sure } = target;
    const { appKey, appSecret } = await api.admin.createApp({ name: 'ride', mode, recording: true });
    for (let last = 0; last < 5; last++) await api.admin.addNumber(appKey, `+861700000500${last}`);
    const dispatcher = new Agent({ connections: IN_FLIGHT });
    const codes = new Set<string>(['0', ...Object.values(PARTNER_ERRORS).map(({ code }) => code)]);
    const seen = new Set<string>();
    const wrong: object[] = [];
    let left = REQUESTS;

    async function client(): Promise<void> {
      while (left-- > 0) {
        const { method, path, body } = randomRequest(target, appKey);
        const headers: Record<string, string> = { ...signedHeaders({ appKey, secret: appSecret }) };
        for (const name of Object.keys(headers)) {
          if (chance(0.02)) headers[name] = headers[name]?.slice(0, upTo(120)).trim() || 'x';
        }
        headers['content-type'] = pick(
          'application/json',
          'application/json;charset=UTF-8',
          'x',
          'text/plain;',
        );
        const response = await request(api.base + path, { method, headers, body, dispatcher });
        const answer = (await response.body.json()) as Record<string, unknown>;
        const { resultcode, resultdesc } = answer;
        seen.add(String(resultcode));
        if (typeof answer.subscriptionId === 'string') ids.push(answer.subscriptionId);
        const fine =
          response.statusCode < 500 &&
          typeof resultcode === 'string' &&
          codes.has(resultcode) &&
          typeof resultdesc === 'string' &&
          resultdesc.length <= 256 &&
          !/139\d{8}/.test(resultdesc);
        if (!fine) wrong.push({ method, path, body: String(body), status: response.statusCode, answer });
      }
    }

    try {
      await Promise.all(Array.from({ length: IN_FLIGHT }, client));
      expect(wrong).toEqual([]);
      expect([...seen]).toEqual(expect.arrayContaining([...sure]));
      expect(api.logged.filter(({ level }) => level === 'error')).toEqual([]);
      expect(JSON.stringify(api.logged)).not.toMatch(/139\d{8}/);
    } finally {
      await dispatcher.close();
      await api.stop();
    }
  },
  60_000,
);
