import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { PartnerError } from './errorCodes.ts';
import { bringToForm } from './lenientFields.ts';
import { quote } from './quote.ts';

/** What a field must be, by its name: gives the fields of a request, or throws 1010002 naming the first bad one. */
export type FieldCheck<Fields extends TObject> = (input: unknown) => Static<Fields>;

/** Compiles the check of a request's fields once, at start. Each field's `description` says what is expected of it. */
export function fieldCheck<Fields extends TObject>(fields: Fields): FieldCheck<Fields> {
  const validator = Compile(fields);
  const fits = (value: unknown): value is Static<Fields> => validator.Check(value);
  return (input) => {
    const shaped = bringToForm(fields, input);
    if (fits(shaped)) return shaped;
    throw firstFault(fields, shaped, validator.Errors(shaped)[0]);
  };
}

interface Fault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
}

function firstFault(fields: TObject, value: unknown, fault: Fault | undefined): PartnerError {
  const path = (fault?.instancePath ?? '').split('/').slice(1);
  if (fault?.keyword === 'required' && 'requiredProperties' in fault.params) {
    path.push(String([fault.params.requiredProperties].flat()[0]));
  }
  if (path.length === 0) {
    return new PartnerError('invalid-request', `The body: expected a JSON object, got ${quote(value)}.`);
  }
  let field: TSchema | undefined = fields;
  let given: unknown = value;
  for (const name of path) {
    field = field !== undefined && Type.IsObject(field) ? field.properties[name] : undefined;
    given = given !== null && typeof given === 'object' ? Reflect.get(given, name) : undefined;
  }
  const expected =
    field !== undefined && 'description' in field ? String(field.description) : 'another value';
  const got = given === undefined ? 'it is missing' : `got ${quote(given)}`;
  return new PartnerError('invalid-request', `${path.join('.')}: expected ${expected}, ${got}.`);
}
