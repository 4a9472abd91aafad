import { describedSchema, type FieldNotes, type JsonSchema } from './describedSchema.ts';
import type { Api, Operation, Reply } from './Operation.ts';

const JSON_TYPE = 'application/json';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

/** An operation as OpenAPI writes it. */
export interface PathItemOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: Api['security'];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<Operation['method'], PathItemOperation>>>>>;
  readonly components: { readonly securitySchemes: Api['securitySchemes'] };
}

/** One OpenAPI 3.1 document of all that is served; paths stand in the order of the operations. */
export function openApiDocument(info: OpenApiDocument['info'], apis: readonly Api[]): OpenApiDocument {
  const paths: Record<string, Partial<Record<Operation['method'], PathItemOperation>>> = {};
  for (const api of apis) {
    for (const operation of api.operations) {
      paths[operation.path] = {
        ...paths[operation.path],
        [operation.method]: pathItemOperation(operation, api),
      };
    }
  }
  const tags = apis.flatMap((api) => Object.entries(api.tags));
  return {
    openapi: '3.1.0',
    info,
    tags: tags.map(([name, description]) => ({ name, description })),
    paths,
    components: { securitySchemes: Object.assign({}, ...apis.map((api) => api.securitySchemes)) },
  };
}

function pathItemOperation(operation: Operation, { meanings, security }: Api): PathItemOperation {
  const { id, tag, summary, description, body, defaults = {}, replies } = operation;
  const notes = { meanings, defaults };
  const answers = Object.entries(replies).map(([status, reply]) => [status, responseOf(reply, meanings)]);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security,
    parameters: parametersOf(operation, notes),
    ...(body !== undefined && {
      requestBody: {
        required: body.isOptional !== true,
        content: { [body.contentType ?? JSON_TYPE]: { schema: describedSchema(body.schema, notes) } },
      },
    }),
    responses: Object.fromEntries(answers),
  };
}

function parametersOf({ params = {}, query }: Operation, notes: FieldNotes): Parameter[] {
  const inPath = Object.entries(params).map(([name, description]): Parameter => {
    return { name, in: 'path', required: true, description, schema: { type: 'string' } };
  });
  if (query === undefined) return inPath;
  const required: readonly string[] = query.required ?? [];
  const { properties } = describedSchema(query, notes);
  const inQuery = Object.entries(properties ?? {}).map(([name, { description, ...schema }]): Parameter => {
    const isRequired = required.includes(name);
    return { name, in: 'query', required: isRequired, ...(description && { description }), schema };
  });
  return [...inPath, ...inQuery];
}

function responseOf(
  { description, schema, contentType = JSON_TYPE, headers }: Reply,
  meanings: Api['meanings'],
) {
  const fields = Object.entries(headers ?? {}).map(([name, meaning]) => [
    name,
    { description: meaning, schema: { type: 'string' } },
  ]);
  return {
    description,
    ...(headers !== undefined && { headers: Object.fromEntries(fields) }),
    ...(schema !== undefined && {
      content: { [contentType]: { schema: describedSchema(schema, { meanings, defaults: {} }) } },
    }),
  };
}
