import { type TSchema, Type } from 'typebox';
import type { Operation } from './Operation.ts';

/** A schema as the document has it: plain JSON Schema of the dialect of OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface FieldNotes {
  readonly meanings: Readonly<Record<string, string>>;
  readonly defaults: NonNullable<Operation['defaults']>;
}

/**
 * A schema of the code for readers: each field tells what it means, what is expected of it, and what holds without it.
 * In the code the `description` of a field says only what is expected, because that is what an error says.
 */
export function describedSchema(schema: TSchema, notes: FieldNotes): JsonSchema {
  if (Type.IsObject(schema)) {
    const fields = Object.entries(schema.properties).map(([name, field]) => [
      name,
      describedField(name, field, notes),
    ]);
    return { ...schema, properties: Object.fromEntries(fields) };
  }
  if (Type.IsArray(schema)) return { ...schema, items: describedSchema(schema.items, notes) };
  if (Type.IsUnion(schema)) {
    return { ...schema, anyOf: schema.anyOf.map((choice) => describedSchema(choice, notes)) };
  }
  if (Type.IsEnum(schema)) return { type: 'string', ...schema };
  return { ...schema };
}

function describedField(name: string, field: TSchema, notes: FieldNotes): JsonSchema {
  const meaning = Object.hasOwn(notes.meanings, name) ? notes.meanings[name] : undefined;
  const expected = 'description' in field ? String(field.description) : undefined;
  const description = [meaning, expected && `Expected: ${expected}.`].filter(Boolean).join(' ');
  return {
    // What lies within an object has other defaults than a field of the same name outside of it.
    ...describedSchema(field, { ...notes, defaults: {} }),
    ...(description !== '' && { description }),
    ...(Object.hasOwn(notes.defaults, name) && { default: notes.defaults[name] }),
  };
}
