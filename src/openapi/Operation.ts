import type { TObject, TSchema } from 'typebox';

/** What one status of an operation means. */
export interface Reply {
  readonly description: string;
  /** Of the body; without one there is none. */
  readonly schema?: TSchema;
  /** `application/json` when it is not said. */
  readonly contentType?: string;
  /** Meaning of the header fields that matter, by name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an operation takes in its body. */
export interface RequestBody {
  readonly schema: TSchema;
  /** `application/json` when it is not said. */
  readonly contentType?: string;
  readonly isOptional?: boolean;
}

/**
 * One path and method of an API, as its readers see it. The schemas of what comes in are those that requests are
 * checked by: a document cannot promise another range than the code keeps.
 */
export interface Operation {
  /** Unique in the document; the name that generated clients give their function. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** From the root, with its parameters in braces. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Meaning of the path's parameters, by name. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: TObject;
  readonly body?: RequestBody;
  /** What holds for a field that is absent, by the field's name. */
  readonly defaults?: Readonly<Record<string, string | number | boolean>>;
  readonly replies: Readonly<Record<number, Reply>>;
}

/** A group of operations that are called in the same way. */
export interface Api {
  readonly operations: readonly Operation[];
  /** Meaning of each tag. */
  readonly tags: Readonly<Record<string, string>>;
  /** Ways to say who calls, by name, as OpenAPI writes them. */
  readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Which of them a request needs: any one of these sets. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  /** Meaning of fields that come up in many operations, by name. */
  readonly meanings: Readonly<Record<string, string>>;
}
