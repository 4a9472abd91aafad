import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { maskText } from '../telemetry/fault.ts';
import { Problem } from './problem.ts';

/**
 * Compiles the check of a request's body or query. Unlike the partner API, an operator's typing error is never
 * passed over: a field that does not exist is refused (schemas say `additionalProperties: false`).
 * @returns a function that gives the input typed, or throws a Problem naming the first bad field, numbers masked
 */
export function inputCheck<Schema extends TSchema>(
  schema: Schema,
  code: 'invalid-body' | 'invalid-query' = 'invalid-body',
): (input: unknown) => Static<Schema> {
  const validator = Compile(schema);
  const fits = (value: unknown): value is Static<Schema> => validator.Check(value);
  return (input) => {
    if (fits(input)) return input;
    throw new Problem(code, describeFault(schema, input, validator.Errors(input)[0]));
  };
}

interface Fault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

function describeFault(schema: TSchema, input: unknown, fault: Fault | undefined): string {
  const path = (fault?.instancePath ?? '').split('/').slice(1);
  // `additionalProperties: false` is a schema that no value fits.
  if (fault?.keyword === 'boolean') {
    const known = fieldsOf(at(schema, path.slice(0, -1)));
    return `${path.join('.')}: no such field; expected ${known.join(', ')}.`;
  }
  if (fault?.keyword === 'required' && 'requiredProperties' in fault.params) {
    path.push(String([fault.params.requiredProperties].flat()[0]));
  }
  const field = at(schema, path);
  const given = valueAt(input, path);
  const expected =
    field !== undefined && 'description' in field
      ? String(field.description)
      : (fault?.message ?? 'another value');
  const got = given === undefined ? 'it is missing' : `got ${shorten(maskText(JSON.stringify(given)))}`;
  return `${path.length === 0 ? 'The request' : path.join('.')}: expected ${expected}, ${got}.`;
}

function at(schema: TSchema, path: readonly string[]): TSchema | undefined {
  let found: TSchema | undefined = schema;
  for (const name of path) {
    if (found === undefined) return undefined;
    if (Type.IsObject(found)) found = found.properties[name];
    else if (Type.IsArray(found)) found = found.items;
    else if (Type.IsUnion(found)) return found;
    else return undefined;
  }
  return found;
}

function fieldsOf(schema: TSchema | undefined): string[] {
  return schema !== undefined && Type.IsObject(schema) ? Object.keys(schema.properties) : [];
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  let value = input;
  for (const name of path) {
    value = value !== null && typeof value === 'object' ? Reflect.get(value, name) : undefined;
  }
  return value;
}

const LONGEST_QUOTE = 80;
const shorten = (text: string): string =>
  text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
