import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { PARTNER_ERRORS } from '../../src/api/errorCodes.ts';
import type { OpenApiDocument } from '../../src/openapi/openApiDocument.ts';
import { signedHeaders } from '../api/signedHeaders.ts';
import { type ApiUnderTest, OPERATOR_TOKEN, startApi } from '../kit/apiUnderTest.ts';
import { Fuzzer } from './fuzz/Fuzzer.ts';
import {
  type FuzzedOperation,
  type FuzzedRequest,
  later,
  operationsOf,
  type Plausible,
  requestOf,
} from './fuzz/requests.ts';

/** Requests to the partner API; the admin API gets a quarter of it. */
const REQUESTS = Number(process.env.AXBRIDGE_TEST_FUZZ ?? 2400);
const SEED = Number(process.env.AXBRIDGE_TEST_FUZZ_SEED ?? 1);
const REQUESTS_PER_SECOND_AT_LEAST = 50;
const LIMIT_MS = 60_000 + (REQUESTS / REQUESTS_PER_SECOND_AT_LEAST) * 1000;
/** Beyond what is in use after the first quarter. */
const MOST_GROWTH_BYTES = 8 * 1024 * 1024;

const MODES = ['AXB', 'AX', 'AXE', 'AXYB'] as const;
const user = fc.nat(39).map((n) => `+86139000010${String(n).padStart(2, '0')}`);
const NUMBERS_OF_AN_APP = 20;
/** Mostly the X numbers of one application. */
const xOf = (app: number) => {
  const first = Math.max(0, app) * NUMBERS_OF_AN_APP;
  return fc
    .oneof(
      { weight: 9, arbitrary: fc.integer({ min: first, max: first + NUMBERS_OF_AN_APP - 1 }) },
      { weight: 1, arbitrary: fc.nat(99) },
    )
    .map((n) => `+8617000005${String(n).padStart(3, '0')}`);
};

const PARTNER_FIELDS: Plausible = {
  callerNum: user,
  calleeNum: user,
  origNum: user,
  bindNum: user,
  bNum: user,
  callbackNum: user,
  subscriptionId: later('subscriptionId'),
  areaCode: fc.constant('0571'),
  privateNumType: fc.constant('mobile-virtual'),
  ybDuration: fc.constantFrom(0, 60, '3600'),
  bindExpiredTime: fc.nat(720),
  callbackExpiredTime: fc.nat(720),
  extendNum: fc.constantFrom('0001', '0002', '0003', 4),
  recordHintTone: fc.constantFrom('', null),
  lastMinVoice: fc.constantFrom('', null),
  callbackTone: fc.constantFrom('', null),
  preVoice: fc.constantFrom({}, []),
  preVoiceX: fc.constant(''),
  preVoiceY: fc.constant(''),
  cursor: fc.constantFrom('0000000000000_0', '0000000000000_3'),
  recordFlag: fc.constantFrom('true', false),
  fileName: fc.constantFrom('260105040007000000001.wav', '../../etc/passwd'),
  recordDomain: fc.constant('axbridge.local'),
  sessionid: fc.constant('1200_77_0_20260105040001@ax.test'),
};

/** Which application an operation belongs to: -1 for those of every mode. */
const modeOf = ({ told }: FuzzedOperation): number => MODES.findIndex((mode) => told.tags.includes(mode));

/** Requests to any of the operations; what makes something comes up more often, because the others need it. */
const oneOf = (
  operations: readonly FuzzedOperation[],
  plausibleFor: (operation: FuzzedOperation) => Plausible,
) =>
  fc.oneof(
    ...operations.map((operation) => ({
      weight: operation.method === 'POST' ? 3 : 1,
      arbitrary: requestOf(operation, plausibleFor(operation)),
    })),
  );

interface Watched {
  readonly api: ApiUnderTest;
  readonly document: OpenApiDocument;
  /** Lines of the log that tell of a failure, or name a person. */
  readonly bad: object[];
}

async function start(): Promise<Watched> {
  const bad: object[] = [];
  const watch = (level: string) => (fields: object, message: string) => {
    const line = JSON.stringify({ level, message, fields });
    if (level === 'error' || /139\d{8}/.test(line)) bad.push({ level, message, fields });
  };
  const log = { debug: watch('debug'), info: watch('info'), warn: watch('warn'), error: watch('error') };
  // Nonces are remembered for minutes, up to a number: their ledger has tests of its own, and would hide a leak here.
  const api = await startApi({ log, settings: { AXBRIDGE_REPLAY: 'allow' } });
  const document = (await (await request(`${api.base}/openapi.json`)).body.json()) as OpenApiDocument;
  return { api, document, bad };
}

/** Bytes in use after a collection of what is not. */
function bytesInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed;
}

/** Runs in four quarters: the memory after the first one is what it needs, and more is a leak. */
async function fuzz(fuzzer: Fuzzer, count: number, bad: readonly object[]): Promise<void> {
  const inUse: number[] = [];
  for (let quarter = 0; quarter < 4; quarter++) {
    await fuzzer.run(count / 4, SEED + quarter).catch((error: unknown) => {
      throw new Error(`${error}; logged: ${JSON.stringify(bad)}`, { cause: error });
    });
    inUse.push(bytesInUse());
  }
  const [first = 0, ...others] = inUse;
  const megabytes = inUse.map((bytes) => Math.round(bytes / 2 ** 20));
  console.log(`${count} requests, seed ${SEED}: ${megabytes.join(', ')} MB in use after each quarter`);
  expect(Math.max(...others) - first).toBeLessThan(MOST_GROWTH_BYTES);
}

describe('random requests made from the document', () => {
  it(
    `${REQUESTS} to the partner API: each answer is as told, none a 500, none names a person`,
    async () => {
      const { api, document, bad } = await start();
      const apps = await Promise.all(
        MODES.map((mode) => api.admin.createApp({ name: 'ride', mode, recording: true })),
      );
      let numbers = 0;
      for (const { appKey } of apps) {
        for (let count = 0; count < NUMBERS_OF_AN_APP; count++) {
          await api.admin.addNumber(appKey, `+8617000005${String(numbers++).padStart(3, '0')}`);
        }
      }
      const appOf = ({ operation, client }: FuzzedRequest) => {
        const own = modeOf(operation);
        const strangers = 40;
        return apps[own === -1 || client % strangers === 0 ? client % apps.length : own];
      };
      const plausibleFor = (operation: FuzzedOperation): Plausible => {
        const x = xOf(modeOf(operation));
        const numbers = { relationNum: x, privateNum: x, virtualNum: x, yNum: x };
        return { ...PARTNER_FIELDS, ...numbers, app_key: fc.constant(apps[3]?.appKey) };
      };
      const operations = operationsOf(document, '/rest/');
      const seen = new Map<string, number>();
      const fuzzer = new Fuzzer({
        base: api.base,
        requests: oneOf(operations, plausibleFor),
        headersOf: (fuzzed) => {
          const app = appOf(fuzzed);
          return signedHeaders({ appKey: app?.appKey ?? '', secret: app?.appSecret ?? '' });
        },
        isEnvelope: (status, body) => isPartnerEnvelope(status, body),
        known: { subscriptionId: ['00000000-0000-4000-8000-000000000000'] },
        onAnswer: (_status, body) => {
          const code = codeOf(body);
          seen.set(code, (seen.get(code) ?? 0) + 1);
        },
      });
      try {
        await fuzz(fuzzer, REQUESTS, bad);
        console.log([...seen].map(([code, count]) => `${code || 'none'}: ${count}`).join(', '));
        const sure = [
          '0',
          '1010002',
          '1010003',
          '1010006',
          '1010040',
          '1012007',
          '1012010',
          '1016001',
          '1016002',
        ];
        expect([...seen.keys()]).toEqual(expect.arrayContaining(sure));
        expect(bad).toEqual([]);
      } finally {
        await fuzzer.close();
        await api.stop();
      }
    },
    LIMIT_MS,
  );

  it(
    `${REQUESTS / 4} to the admin API: each answer is as told, none a 500`,
    async () => {
      const { api, document, bad } = await start();
      const { appKey } = await api.admin.createApp({ name: 'ride', mode: 'AXE' });
      const operations = operationsOf(document, '/admin/');
      const x = xOf(0);
      const numbers = fc.array(
        x.map((number) => ({ number })),
        { minLength: 1, maxLength: 3 },
      );
      const plausible: Plausible = {
        appKey: later('appKey'),
        number: x,
        numbers: fc.oneof(numbers, fc.uniqueArray(x, { minLength: 1, maxLength: 3 })),
        accountId: fc.constantFrom('acme', 'axbridge'),
        name: fc.constantFrom('carrier', 'hint.wav', 'ride'),
        username: fc.constantFrom('anna', 'bert'),
        id: later('id'),
        caller: user,
        x,
        after: x,
        statusUrl: fc.constant('https://customer.example/status'),
        host: fc.constant('sip.carrier.example'),
        state: fc.constantFrom('normal', 'suspended', 'frozen', 'returned'),
      };
      const statuses = new Map<number, number>();
      const fuzzer = new Fuzzer({
        base: api.base,
        requests: oneOf(operations, () => plausible),
        headersOf: () => ({ authorization: `Bearer ${OPERATOR_TOKEN}` }),
        isEnvelope: isProblem,
        known: { appKey: [appKey], id: ['1'] },
        onAnswer: (status) => void statuses.set(status, (statuses.get(status) ?? 0) + 1),
      });
      try {
        await fuzz(fuzzer, REQUESTS / 4, bad);
        console.log([...statuses].map(([status, count]) => `${status}: ${count}`).join(', '));
        expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 201, 204, 400, 401, 404, 409]));
        expect(bad).toEqual([]);
      } finally {
        await fuzzer.close();
        await api.stop();
      }
    },
    LIMIT_MS,
  );
});

const ROWS = Object.values(PARTNER_ERRORS);

function codeOf(body: unknown): string {
  const code: unknown =
    body !== null && typeof body === 'object' ? Reflect.get(body, 'resultcode') : undefined;
  return typeof code === 'string' ? code : '';
}

function isPartnerEnvelope(status: number, body: unknown): boolean {
  if (status === 301 && body === undefined) return true;
  if (body === null || typeof body !== 'object' || !('resultdesc' in body)) return false;
  const code = codeOf(body);
  const isKnown = code === '0' || ROWS.some((row) => row.code === code && row.httpStatus === status);
  return isKnown && typeof body.resultdesc === 'string' && body.resultdesc.length <= 256;
}

function isProblem(status: number, body: unknown): boolean {
  if (status === 204 || status < 400) return true;
  return (
    body !== null &&
    typeof body === 'object' &&
    'detail' in body &&
    'status' in body &&
    body.status === status
  );
}
