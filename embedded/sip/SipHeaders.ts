import { SipStackError } from './errors.ts';
import { headerKey } from './headerNames.ts';
import { splitAtCommas } from './quotedText.ts';

/** One header line: the name as written, the key to find it by, and the text after the colon. */
export interface HeaderField {
  readonly name: string;
  readonly key: string;
  value: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the bytes that end a line or a C string
const lineBreaking = /[\r\n\u0000]/;
const token = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/**
 * The header fields of one message, in their order on the wire. Names match in any spelling.
 * A field keeps its raw text; lists are split only when asked for.
 */
export class SipHeaders implements Iterable<HeaderField> {
  #fields: HeaderField[] = [];

  /** Makes headers from `[name, value]` pairs, in that order. @throws SipStackError as {@link append} */
  static from(pairs: Iterable<readonly [string, string]>): SipHeaders {
    const headers = new SipHeaders();
    for (const [name, value] of pairs) headers.append(name, value);
    return headers;
  }

  get size(): number {
    return this.#fields.length;
  }

  [Symbol.iterator](): Iterator<HeaderField> {
    return this.#fields[Symbol.iterator]();
  }

  /** The raw value of the first field with this name. */
  get(name: string): string | undefined {
    const key = headerKey(name);
    for (const field of this.#fields) if (field.key === key) return field.value;
    return undefined;
  }

  /** The raw values of all fields with this name, one for each line. */
  getAll(name: string): string[] {
    const key = headerKey(name);
    const values: string[] = [];
    for (const field of this.#fields) if (field.key === key) values.push(field.value);
    return values;
  }

  /** All values of a list header, whether they came on one line or on several (RFC 3261 7.3.1). */
  list(name: string): string[] {
    const lines = this.getAll(name);
    const [only] = lines;
    if (only !== undefined && lines.length === 1 && !only.includes(',')) return [only];
    return lines.flatMap(splitAtCommas);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  count(name: string): number {
    const key = headerKey(name);
    let count = 0;
    for (const field of this.#fields) if (field.key === key) count += 1;
    return count;
  }

  /**
   * Adds a field at the end.
   * @throws SipStackError SIP_BAD_SYNTAX when the name is no token or the value would end its line
   */
  append(name: string, value: string): this {
    this.#fields.push(checkedField(name, value));
    return this;
  }

  /** Replaces the first field with this name where it stands and drops the others; adds one if there is none. */
  set(name: string, value: string): this {
    const field = checkedField(name, value);
    const at = this.#fields.findIndex((candidate) => candidate.key === field.key);
    if (at < 0) {
      this.#fields.push(field);
      return this;
    }
    this.#fields = this.#fields.filter((candidate, index) => index === at || candidate.key !== field.key);
    const first = this.#fields[at];
    if (first !== undefined) first.value = value;
    return this;
  }

  /** Removes every field with this name. */
  remove(name: string): this {
    const key = headerKey(name);
    if (this.#fields.some((field) => field.key === key)) {
      this.#fields = this.#fields.filter((field) => field.key !== key);
    }
    return this;
  }

  /** A copy that can be changed without changing this one. */
  clone(): SipHeaders {
    const copy = new SipHeaders();
    for (const { name, key, value } of this.#fields) copy.#fields.push({ name, key, value });
    return copy;
  }

  /** Adds a field that a parser has already checked. */
  appendParsed(name: string, value: string): void {
    this.#fields.push({ name, key: headerKey(name), value });
  }
}

function checkedField(name: string, value: string): HeaderField {
  if (!token.test(name)) {
    throw new SipStackError(
      'SIP_BAD_SYNTAX',
      `header name ${JSON.stringify(name.slice(0, 40))}: expected a token`,
    );
  }
  if (lineBreaking.test(value)) {
    throw new SipStackError('SIP_BAD_SYNTAX', `header ${name}: its value may not hold a line break or NUL`);
  }
  return { name, key: headerKey(name), value };
}
