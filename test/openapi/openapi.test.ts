import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { Validator } from '@seriousme/openapi-schema-validator';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PARTNER_ERRORS } from '../../src/api/errorCodes.ts';
import { FIELD_MEANINGS } from '../../src/api/fieldMeanings.ts';
import type { OpenApiDocument } from '../../src/openapi/openApiDocument.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';

let api: ApiUnderTest;
let document: OpenApiDocument;

beforeAll(async () => {
  api = await startApi();
  document = (await (await request(`${api.base}/openapi.json`)).body.json()) as OpenApiDocument;
});
afterAll(() => api.stop());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );

describe('the document', () => {
  it('tells of every operation that is served, and of no other', () => {
    const served = api.routes
      .flatMap(({ method, url }) =>
        [method].flat().map((each) => `${each} ${url.replace(/:(\w+)/g, '{$1}')}`),
      )
      .filter((route) => !/^(HEAD|OPTIONS) | \/(docs|openapi\.json)|\*$/.test(route));
    const told = operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(told.sort()).toEqual(served.sort());
  });

  it('is OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(JSON.stringify(document)))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('names each operation once', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('tells of every error of the partner API', () => {
    const told = operations().map(({ operation }) => JSON.stringify(operation.responses));
    const untold = Object.entries(PARTNER_ERRORS).filter(
      ([name, { code }]) => name !== 'no-such-route' && !told.some((text) => text.includes(`"${code}"`)),
    );
    expect(untold).toEqual([]);
  });

  it('says what each field of the partner API means', () => {
    const fields = operations()
      .filter(({ path }) => path.startsWith('/rest/'))
      .flatMap(({ operation }) => [
        ...operation.parameters.map(({ name }) => name),
        ...namesIn(operation.requestBody),
        ...namesIn(operation.responses),
      ]);
    expect([...new Set(fields)].filter((name) => !Object.hasOwn(FIELD_MEANINGS, name))).toEqual([]);
    expect(Object.keys(FIELD_MEANINGS).filter((name) => !fields.includes(name))).toEqual([]);
  });

  it('uses no tag and no way to sign in that it does not explain', () => {
    const tags = document.tags.map(({ name }) => name);
    for (const { operation } of operations()) {
      expect(tags).toEqual(expect.arrayContaining([...operation.tags]));
      const schemes = operation.security.flatMap((each) => Object.keys(each));
      expect(Object.keys(document.components.securitySchemes)).toEqual(expect.arrayContaining(schemes));
    }
  });
});

/** Names of the properties of all schemas within a value. */
function namesIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  const inside = Object.entries(value).flatMap(([key, member]) =>
    key === 'properties' ? Object.values(member).flatMap(namesIn) : namesIn(member),
  );
  return 'properties' in value ? [...Object.keys(value.properties as object), ...inside] : inside;
}

describe('the page', () => {
  it('loads only what the same server serves, under a policy that allows no other', async () => {
    const page = await request(`${api.base}/docs`);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    const html = await page.body.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(4);
    for (const link of links) {
      expect(link).toMatch(/^\/docs\//);
      const file = await request(api.base + link);
      expect([link, file.statusCode]).toEqual([link, 200]);
      await file.body.dump();
    }
    expect(html).not.toMatch(/<script(?![^>]* src=)|\son\w+=|style=/);
  });

  it('shows the document, and asks for key and secret in the way that Swagger UI has', async () => {
    const shown = (await (await request(`${api.base}/docs/json`)).body.json()) as OpenApiDocument;
    expect(Object.keys(shown.paths)).toEqual(Object.keys(document.paths));
    expect(shown.components.securitySchemes.application).toMatchObject({ type: 'http', scheme: 'basic' });
    expect(document.components.securitySchemes).not.toHaveProperty('application');
  });

  it('hands each request to the code that signs it', async () => {
    const start = await request(`${api.base}/docs/static/swagger-initializer.js`);
    expect(await start.body.text()).toContain(
      '"requestInterceptor":(request) => globalThis.signRequest(request)',
    );
  });

  it('signs as the partner API asks, so that it takes what the page sends', async () => {
    const { appKey, appSecret } = await api.admin.createApp({ name: 'ride', mode: 'AXB' });
    const basic = `Basic ${btoa(`${appKey}:${appSecret}`)}`;
    const { headers } = await interceptorOfPage()({ headers: { Authorization: basic, accept: 'x' } });
    const [, digest, nonce, created] =
      /PasswordDigest="([^"]+)", Nonce="([^"]+)", Created="([^"]+)"/.exec(headers['X-AKSK'] ?? '') ?? [];
    expect(digest).toBe(createHmac('sha256', appSecret).update(`${nonce}${created}`).digest('base64'));
    expect(headers.accept).toBe('x');
    const path = '/rest/caas/relationnumber/partners/v1.0?subscriptionId=none';
    expect(await (await request(api.base + path, { headers })).body.json()).toMatchObject({
      resultcode: '1012007',
    });
  });

  it('leaves requests of the operator as they are', async () => {
    const sent = { headers: { Authorization: 'Bearer token' } };
    expect(await interceptorOfPage()(sent)).toBe(sent);
  });
});

type Interceptor = (sent: {
  headers: Record<string, string>;
}) => Promise<{ headers: Record<string, string> }>;

/** Runs the page's script as a browser would, which has no `require` and no `process`. */
function interceptorOfPage(): Interceptor {
  const file = join(import.meta.dirname, '..', '..', 'src', 'openapi', 'page', 'signRequests.js');
  const globals = { crypto, TextEncoder, btoa, atob };
  const browser: { signRequest?: Interceptor } & Record<string, unknown> = { ...globals };
  runInNewContext(readFileSync(file, 'utf8'), browser);
  if (browser.signRequest === undefined) throw new Error('the script makes no signRequest');
  return browser.signRequest;
}
