import { type TObject, type TSchema, Type } from 'typebox';
import { PartnerError } from './errorCodes.ts';

/**
 * Brings the fields of a request to the form that the documents give them, where a real client's form has only one
 * meaning; the schema then checks the result strictly.
 *
 * - `null` and `""` mean that the field is absent (Java beans and PHP arrays send all their members).
 * - Integers may be digit strings; strings may be JSON numbers.
 * - "true" and "false" may be JSON booleans, or `True`/`TRUE` (facts 11, C7).
 * - An empty array stands for an object without members (PHP's `json_encode([])`).
 * - Fields that the schema does not know are left out.
 *
 * Text that no database holds (NUL, half of a surrogate pair) is refused whatever the field.
 *
 * What is no object at all, or a value that fits none of this, is passed on for the schema to refuse.
 * @throws PartnerError 1010002
 */
export function bringToForm(schema: TObject, input: unknown): unknown {
  if (Array.isArray(input) && input.length === 0) return {};
  if (input === null || typeof input !== 'object' || Array.isArray(input)) return input;
  const shaped: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.properties)) {
    if (!Object.hasOwn(input, name)) continue;
    const value: unknown = Reflect.get(input, name);
    if (value === null || value === '') continue;
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) {
      throw new PartnerError('invalid-request', `${name}: expected Unicode text without NUL.`);
    }
    shaped[name] = bringValue(field, value);
  }
  return shaped;
}

function bringValue(field: TSchema, value: unknown): unknown {
  if (Type.IsObject(field)) return bringToForm(field, value);
  if (Type.IsInteger(field)) {
    return typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : value;
  }
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return String(value);
  if (Type.IsEnum(field) && typeof value === 'string') return value.trim().toLowerCase();
  return value;
}
