import fc from 'fast-check';
import type { JsonSchema } from '../../../src/openapi/describedSchema.ts';
import type { OpenApiDocument, PathItemOperation } from '../../../src/openapi/openApiDocument.ts';
import { edgesOf, objectOf, oddValue, valuesOf } from './values.ts';

/** An operation of the document, with where it is. */
export interface FuzzedOperation {
  readonly method: string;
  readonly path: string;
  readonly told: PathItemOperation;
}

/** One request, as it goes over the wire once `Later` values are known. */
export interface FuzzedRequest {
  readonly operation: FuzzedOperation;
  /** False where path or method were changed: the answer is then of nobody. */
  readonly isAddressed: boolean;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly querySuffix: string;
  readonly pathSuffix: string;
  readonly body: unknown;
  /** What becomes of the text of the body; undefined: it is sent as it is. */
  readonly spoiltBody: Uint8Array | string | number | undefined;
  readonly contentType: string;
  /** A header that is cut to so many characters, or replaced. */
  readonly spoiltHeader: { readonly which: number; readonly by: number | string } | undefined;
  /** Which client sends it. */
  readonly client: number;
}

/** Stands for a value that an earlier answer gave: number `n` of those that are called `name`. */
export class Later {
  readonly name: string;
  readonly n: number;
  constructor(name: string, n: number) {
    this.name = name;
    this.n = n;
  }
}

export const later = (name: string): fc.Arbitrary<Later> => fc.nat(10_000).map((n) => new Later(name, n));

export type Plausible = Readonly<Record<string, fc.Arbitrary<unknown>>>;

export function operationsOf(document: OpenApiDocument, prefix: string): FuzzedOperation[] {
  return Object.entries(document.paths)
    .filter(([path]) => path.startsWith(prefix))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, told]) => ({ method: method.toUpperCase(), path, told })),
    );
}

/** @param plausible values of fields that make a request succeed now and then, by name */
export function requestOf(operation: FuzzedOperation, plausible: Plausible): fc.Arbitrary<FuzzedRequest> {
  const fieldOf = (name: string, schema: JsonSchema): fc.Arbitrary<unknown> => {
    return fc.oneof(
      { weight: 40, arbitrary: plausible[name] ?? valuesOf(schema) },
      { weight: 2, arbitrary: edgesOf(schema) },
      { weight: 1, arbitrary: oddValue },
    );
  };
  const isLikely = (name: string): boolean => Object.hasOwn(plausible, name);
  const { parameters, requestBody } = operation.told;
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const inQuery = parameters.filter((parameter) => parameter.in === 'query');
  const [content] = Object.values(requestBody?.content ?? {});
  const changed = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH');
  return fc
    .record({
      method: rarely(20, fc.constant(operation.method), changed),
      params: fc.record(Object.fromEntries(inPath.map(({ name, schema }) => [name, fieldOf(name, schema)]))),
      query: objectOf(schemaOf(inQuery), fieldOf, isLikely),
      querySuffix: rarely(
        20,
        fc.constant(''),
        fc.constantFrom('%zz', 'a=1&a=2', '__proto__=1', 'a[b]=c', '='),
      ),
      pathSuffix: rarely(50, fc.constant(''), fc.constantFrom('/', '/x', '/%00', '/..', '.json')),
      body:
        content === undefined
          ? rarely(9, fc.constant(undefined), oddValue)
          : bodyOf(content.schema, fieldOf, isLikely),
      spoiltBody: rarely(
        20,
        fc.constant(undefined),
        fc.oneof(
          fc.nat(200),
          fc.uint8Array({ maxLength: 60 }),
          fc.constantFrom(
            '['.repeat(5000),
            '{"a":'.repeat(200),
            `"${'x'.repeat(70_000)}"`,
            '{"a":1}{',
            '\ufeff{}',
          ),
        ),
      ),
      contentType: fc.constantFrom('application/json', 'application/json;charset=UTF-8', 'x', 'text/plain;'),
      spoiltHeader: rarely(30, fc.constant(undefined), spoiltHeader),
      client: fc.nat(10_000),
    })
    .map((request) => ({
      ...request,
      operation,
      isAddressed: request.method === operation.method && ['', '/'].includes(request.pathSuffix),
    }));
}

const spoiltHeader = fc.record({
  which: fc.nat(3),
  by: fc.oneof(
    fc.nat(120),
    fc.string({ unit: fc.constantFrom('a', '"', '=', ',', ' ', 'é', ';', '\t'), maxLength: 40 }),
  ),
});

/** Once in so many times the other one. */
function rarely<Usual, Other>(
  times: number,
  usual: fc.Arbitrary<Usual>,
  other: fc.Arbitrary<Other>,
): fc.Arbitrary<Usual | Other> {
  return fc.oneof({ weight: times - 1, arbitrary: usual }, { weight: 1, arbitrary: other });
}

function bodyOf(
  schema: JsonSchema,
  ...how: Parameters<typeof objectOf> extends [unknown, ...infer Rest] ? Rest : never
) {
  const choices: readonly JsonSchema[] = Array.isArray(schema.anyOf) ? schema.anyOf : [schema];
  const objects = choices.filter(({ type }) => type === 'object').map((choice) => objectOf(choice, ...how));
  return objects.length === 0 ? oddValue : rarely(40, fc.oneof(...objects), oddValue);
}

function schemaOf(parameters: PathItemOperation['parameters']): JsonSchema {
  return {
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  };
}
