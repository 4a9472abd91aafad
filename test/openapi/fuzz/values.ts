import fc from 'fast-check';
import type { JsonSchema } from '../../../src/openapi/describedSchema.ts';

/** What no schema would say: text of every kind, and JSON of every shape. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom('\0', '\n', '{', '}', '"', "'", '\\', '%', '+', '中', '\ud800', '😀', ' '),
  }),
  fc.jsonValue(),
  fc.constantFrom<unknown>('9'.repeat(20), 1e300, -1, 0.5, true, null, [], [[]], {}, 'null', '__proto__'),
  fc.constantFrom('+8613900001001', '+8617000005001', '-0', 'NaN', '1e3', ' 1 ', '１'),
);

/** Values that a schema allows. */
export function valuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { type, anyOf, enum: allowed, const: only } = schema;
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map(valuesOf));
  if (Array.isArray(allowed)) return fc.constantFrom<unknown>(...allowed);
  if (only !== undefined) return fc.constant(only);
  switch (type) {
    case 'integer':
      return integerOf(schema);
    case 'string':
      return textOf(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(isSchema(schema.items) ? valuesOf(schema.items) : oddValue, { maxLength: 4 });
    case 'object':
      return objectOf(schema, (_name, field) => valuesOf(field));
    default:
      return oddValue;
  }
}

/**
 * Objects with some of the fields of a schema.
 * @param valueOfField gives the values of a field
 * @param isLikely whether a field that is not required is given more often than not
 */
export function objectOf(
  { properties, required }: JsonSchema,
  valueOfField: (name: string, schema: JsonSchema) => fc.Arbitrary<unknown>,
  isLikely: (name: string) => boolean = () => false,
): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(properties ?? {}).flatMap(([name, field]) =>
    isSchema(field) ? [[name, field] as const] : [],
  );
  const entries = fields.map(([name, field]) => {
    const isNeeded = Array.isArray(required) && required.includes(name);
    const weight = isNeeded ? 24 : isLikely(name) ? 5 : 1;
    const absent = fc.constant<readonly [string, unknown] | undefined>(undefined);
    const given = valueOfField(name, field).map((value) => [name, value] as const);
    return fc.oneof({ weight, arbitrary: given }, { weight: isNeeded ? 1 : 2, arbitrary: absent });
  });
  return fc
    .tuple(...entries)
    .map((given) => Object.fromEntries(given.filter((entry) => entry !== undefined)));
}

function integerOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const [min, max] = rangeOf(schema);
  return fc.oneof(fc.integer({ min, max }), fc.integer({ min, max: Math.min(max, min + 3) }));
}

/** Digits and the like, as a pattern allows; or any text. */
function textOf({ pattern, maxLength }: JsonSchema): fc.Arbitrary<unknown> {
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern));
  return fc.string({ maxLength: typeof maxLength === 'number' ? Math.min(maxLength, 20) : 20 });
}

/** What lies on the edges of a schema and just beyond them, and what is almost of its type. */
export function edgesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.type === 'integer') {
    const [least, most] = rangeOf(schema);
    const edges = [least - 1, least, most, most + 1];
    return fc.constantFrom<unknown>(...edges, ...edges.map(String), least + 0.5, '');
  }
  const { maxLength } = schema;
  const most = typeof maxLength === 'number' ? maxLength : 64;
  return fc.constantFrom<unknown>(
    'a'.repeat(most),
    'a'.repeat(most + 1),
    '1'.repeat(most),
    '',
    null,
    true,
    0,
    1,
  );
}

function rangeOf({ minimum, maximum }: JsonSchema): [least: number, most: number] {
  return [typeof minimum === 'number' ? minimum : 0, typeof maximum === 'number' ? maximum : 1_000_000];
}

const isSchema = (value: unknown): value is JsonSchema => value !== null && typeof value === 'object';
