import * as Schema from 'typebox/schema';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenApiDocument, PathItemOperation } from '../../src/openapi/openApiDocument.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import type { PartnerReply } from '../kit/PartnerClient.ts';
import { ERROR_ROWS, type ErrorRow } from './contract/errors.ts';
import type { Case } from './contract/forms.ts';
import { ROWS, type Row } from './contract/rows.ts';
import { type Customers, newCustomers, SCENES, type Scene, type SceneName } from './contract/scenes.ts';

let api: ApiUnderTest;
let document: OpenApiDocument;
let customers: Customers;
let proven = 0;

beforeAll(async () => {
  api = await startApi();
  document = (await (await request(`${api.base}/openapi.json`)).body.json()) as OpenApiDocument;
  customers = await newCustomers(api);
});
afterAll(async () => {
  await api.stop();
  const rows = Object.values(ROWS).reduce((sum, each) => sum + each.length, ERROR_ROWS.length);
  console.log(`${proven} cases of ${rows} rows of the facts' tables, through HTTP`);
});

const METHODS = { get: 'GET', post: 'POST', put: 'PUT', delete: 'DELETE' } as const;
type MethodName = keyof typeof METHODS;

function findOperation(operationId: string): { path: string; name: MethodName; told: PathItemOperation } {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const name of ['get', 'post', 'put', 'delete'] as const) {
      const told = methods[name];
      if (told?.operationId === operationId) return { path, name, told };
    }
  }
  throw new Error(`the document has no ${operationId}`);
}

/** Sends a request as the document says that it is sent; the reply must be one that the document tells of. */
async function send({ customer, operationId }: Scene, fields: object): Promise<PartnerReply> {
  const { path, name, told } = findOperation(operationId);
  const inQuery = new Set(told.parameters.map((parameter) => parameter.name));
  const query = new URLSearchParams();
  const body: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(fields)) {
    if (inQuery.has(field)) {
      if (value !== undefined) query.set(field, String(value));
    } else body[field] = value;
  }
  const hasBody = told.requestBody !== undefined;
  const reply = await customer.client.send(METHODS[name], `${path}?${query}`, hasBody ? body : undefined);
  const [content] = Object.values(told.responses[reply.status]?.content ?? {});
  const [, errors] = Schema.Errors(content?.schema ?? false, reply.body);
  expect(errors).toEqual([]);
  return reply;
}

const isOfQuery = (scene: SceneName): boolean => /^(query|unbind|list|recording)/.test(scene);

/** The cases of a row; what a query cannot hold is left out there. */
function casesOf(scene: SceneName, row: Row): readonly Omit<Case, 'value'>[] {
  return [...absences(row), ...row.form(undefined)].filter((each) => canBeSent(scene, row, each));
}

function canBeSent(scene: SceneName, { field }: Row, { value }: Case): boolean {
  const inQuery = isOfQuery(scene) || field === 'app_key';
  return !inQuery || (value !== null && typeof value !== 'object');
}

function absences({ isRequired, byDefault }: Row): Case[] {
  const forms = [
    ['absent', undefined],
    ['null', null],
    ['an empty text', ''],
  ] as const;
  if (isRequired) return forms.map(([what, value]) => ({ what, value, refused: '1010002' }));
  return byDefault === undefined ? [] : forms.map(([what, value]) => ({ what, value, shown: byDefault }));
}

async function prove(name: SceneName, row: Row, what: string): Promise<void> {
  const scene = await SCENES[name](customers);
  const wanted = [...absences(row), ...row.form(scene.known[row.field])].find((each) => each.what === what);
  if (wanted === undefined) throw new Error(`${row.field} has no case "${what}"`);
  const given = Object.entries(scene.usual).filter(([field]) => !row.insteadOf?.includes(field));
  const reply = await send(scene, { ...Object.fromEntries(given), ...row.beside, [row.field]: wanted.value });
  expect(reply.body).toMatchObject({ resultcode: wanted.refused ?? '0' });
  if (wanted.refused === '1010002') {
    expect(reply.status).toBe(400);
    expect(reply.body.resultdesc).toContain(wanted.saying ?? row.field);
  }
  if (wanted.refused === undefined && wanted.shown !== undefined && scene.shown !== undefined) {
    expect((await scene.shown(reply))[row.field]).toEqual(wanted.shown);
  }
  proven += 1;
}

async function meet({ code, arrange }: ErrorRow): Promise<void> {
  const { scene, fields } = await arrange(api, customers);
  const reply = await send(scene, fields);
  expect([reply.status, reply.body.resultcode]).toEqual([403, code]);
  proven += 1;
}

const names = Object.keys(ROWS) as SceneName[];

describe.each(names)('%s', (name) => {
  for (const row of ROWS[name]) {
    it.each(casesOf(name, row).map(({ what, refused }) => [what, refused ?? 'taken']))(
      `${row.field}: %s, %s`,
      (what) => prove(name, row, what),
    );
  }
});

describe('a rule is met', () => {
  for (const row of ERROR_ROWS) it(`${row.operationId}, ${row.code}: ${row.why}`, () => meet(row));
});

describe('the table', () => {
  it('has a row for each field that the document tells of, and for no other', () => {
    const told = new Map<string, Set<string>>();
    const proved = new Map<string, Set<string>>();
    for (const name of names) {
      const operationId = operationOf(name);
      const { told: operation } = findOperation(operationId);
      const body = Object.values(operation.requestBody?.content ?? {}).flatMap(({ schema }) =>
        fieldsOf(schema),
      );
      told.set(operationId, new Set([...operation.parameters.map((parameter) => parameter.name), ...body]));
      const rows = ROWS[name].map(({ field }) => field);
      proved.set(operationId, new Set([...(proved.get(operationId) ?? []), ...rows]));
    }
    expect(proved).toEqual(told);
    const inDocument = Object.keys(document.paths).filter((path) => path.startsWith('/rest/'));
    const count = inDocument.flatMap((path) => Object.keys(document.paths[path] ?? {})).length;
    expect(told.size).toBe(count);
  });

  it('meets each rule that the document tells of for an operation, and no other', () => {
    const ids = new Set(names.map(operationOf));
    const told = new Map([...ids].map((id) => [id, codesOf(findOperation(id).told)]));
    const [first = [], ...others] = told.values();
    const common = first.filter((code) => others.every((codes) => codes.includes(code)));
    for (const id of ids) {
      const byField = names
        .filter((name) => operationOf(name) === id)
        .flatMap((name) => ROWS[name].flatMap((row) => row.form(undefined).map(({ refused }) => refused)));
      const met = [...byField, ...ERROR_ROWS.filter((row) => row.operationId === id).map(({ code }) => code)];
      const rules = [...new Set(met)].filter((code) => code !== undefined && !common.includes(code));
      expect([id, rules.sort()]).toEqual([
        id,
        told
          .get(id)
          ?.filter((code) => !common.includes(code))
          .sort(),
      ]);
    }
  });
});

/** The two steps of AXYB are one operation. */
function operationOf(name: SceneName): string {
  return name === 'relateAxyb' ? 'bindAxyb' : name;
}

/** Every resultcode of an operation's refusals. */
function codesOf({ responses }: PathItemOperation): string[] {
  const schemas = Object.entries(responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([, { content }]) => Object.values(content ?? {}));
  return schemas.flatMap(({ schema }) => {
    const { resultcode } = schema.properties as { resultcode: { enum: string[] } };
    return resultcode.enum;
  });
}

function fieldsOf(schema: Readonly<Record<string, unknown>>): string[] {
  const { properties, anyOf } = schema;
  if (Array.isArray(anyOf)) return anyOf.flatMap(fieldsOf);
  return Object.keys(properties ?? {});
}
