import fc from 'fast-check';
import * as Schema from 'typebox/schema';
import { Agent, request } from 'undici';
import type { FuzzedRequest } from './requests.ts';
import { Later } from './requests.ts';

const IN_FLIGHT = 8;

export interface FuzzerOptions {
  readonly base: string;
  readonly requests: fc.Arbitrary<FuzzedRequest>;
  /** Signs a request. */
  readonly headersOf: (request: FuzzedRequest) => Record<string, string>;
  /** What an answer must be that nobody had an operation for. */
  readonly isEnvelope: (status: number, body: unknown) => boolean;
  /** Values for `Later`, by name; filled from what answers hold under the same name. */
  readonly known: Readonly<Record<string, string[]>>;
  /** Called with each answer. */
  readonly onAnswer: (status: number, body: unknown) => void;
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: string | Uint8Array | null;
}

/** Most values kept of a kind: what is old is mostly gone. */
const MOST_KNOWN = 200;

/** Sends random requests, several at a time, and judges each answer by the document. */
export class Fuzzer {
  readonly #options: FuzzerOptions;
  readonly #agent = new Agent({ connections: IN_FLIGHT });
  readonly #validators = new Map<object, ReturnType<typeof Schema.Compile>>();

  constructor(options: FuzzerOptions) {
    this.#options = options;
  }

  /**
   * Sends so many requests.
   * @param seed the same one makes the same requests
   * @throws Error telling what is wrong with the first answer that is wrong
   */
  async run(count: number, seed: number): Promise<void> {
    const batch = fc.array(this.#options.requests, { minLength: IN_FLIGHT, maxLength: IN_FLIGHT });
    const property = fc.asyncProperty(batch, async (each) => {
      const faults = await Promise.all(each.map((one) => this.#send(one)));
      const [fault] = faults.filter((found) => found !== undefined);
      if (fault !== undefined) throw new Error(fault);
    });
    // What one request does depends on those before it, so that a smaller batch would prove nothing.
    const settings = { numRuns: Math.ceil(count / IN_FLIGHT), seed, endOnFailure: true };
    const { failed, errorInstance, counterexamplePath } = await fc.check(property, settings);
    if (failed) throw new Error(`seed ${seed}, batch ${counterexamplePath}: ${errorInstance}`);
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  /** @returns what is wrong with the answer */
  async #send(fuzzed: FuzzedRequest): Promise<string | undefined> {
    const { method, path, body } = this.#wireOf(fuzzed);
    const headers = spoil({ ...this.#options.headersOf(fuzzed), 'content-type': fuzzed.contentType }, fuzzed);
    const response = await request(this.#options.base + path, {
      method: method as 'GET',
      headers,
      body,
      dispatcher: this.#agent,
    });
    const text = await response.body.text();
    const answer = readJson(text);
    const fault = this.#faultOf(fuzzed, response.statusCode, text, answer);
    this.#learn(answer);
    this.#options.onAnswer(response.statusCode, answer);
    return fault && `${fault}: ${method} ${path} ${String(body)} was answered ${response.statusCode} ${text}`;
  }

  #faultOf(fuzzed: FuzzedRequest, status: number, text: string, answer: unknown): string | undefined {
    const { operation } = fuzzed;
    if (status >= 500) return 'it failed';
    // What is called an X number is told in full.
    const mayName = operation.told.tags.includes('Numbers');
    if (!mayName && /139\d{8}/.test(text) && status >= 400) return 'it names a person';
    if (!this.#isAddressed(fuzzed))
      return this.#options.isEnvelope(status, answer) ? undefined : 'it has no envelope';
    const told = operation.told.responses[status];
    if (told === undefined) {
      // A URL that cannot be decoded, and a path that it does not lead to.
      const isElsewhere = status === 404 || status === 400;
      return isElsewhere && this.#options.isEnvelope(status, answer) ? undefined : 'it is a status untold of';
    }
    const [content] = Object.values(told.content ?? {});
    if (content === undefined) return text === '' ? undefined : 'it has a body untold of';
    const validator = this.#validators.get(content) ?? Schema.Compile(content.schema);
    this.#validators.set(content, validator);
    if (validator.Check(answer) || (status === 404 && this.#options.isEnvelope(status, answer)))
      return undefined;
    return `it is not as told, ${JSON.stringify(validator.Errors(answer)[1].slice(0, 1))}`;
  }

  /** Whether a request went to its operation; an empty part of a path leads elsewhere. */
  #isAddressed({ isAddressed, params }: FuzzedRequest): boolean {
    return isAddressed && Object.values(params).every((value) => encoded(this.#known(value)) !== '');
  }

  #learn(answer: unknown): void {
    if (answer === null || typeof answer !== 'object') return;
    for (const [name, values] of Object.entries(this.#options.known)) {
      const value: unknown = Reflect.get(answer, name);
      if (typeof value === 'string' || typeof value === 'number') values.push(String(value));
      if (values.length > MOST_KNOWN) values.shift();
    }
  }

  #wireOf({
    operation,
    method,
    params,
    query,
    querySuffix,
    pathSuffix,
    body,
    spoiltBody,
  }: FuzzedRequest): Sent {
    const place = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encoded(this.#known(params[name])),
    );
    const pairs = Object.entries(query).map(([name, value]) => `${name}=${encoded(this.#known(value))}`);
    const path = `${place}${pathSuffix}?${[...pairs, querySuffix].filter((each) => each !== '').join('&')}`;
    return { method, path, body: this.#bodyOf(body, spoiltBody) };
  }

  #bodyOf(body: unknown, spoilt: FuzzedRequest['spoiltBody']): Sent['body'] {
    if (typeof spoilt === 'string' || spoilt instanceof Uint8Array) return spoilt;
    if (body === undefined) return null;
    const whole = JSON.stringify(body, (_name, value) => this.#known(value));
    return typeof spoilt === 'number' ? whole.slice(0, spoilt) : whole;
  }

  #known(value: unknown): unknown {
    if (!(value instanceof Later)) return value;
    const values = this.#options.known[value.name] ?? [];
    return values[value.n % values.length] ?? 'nothing';
  }
}

const encoded = (value: unknown): string =>
  encodeURIComponent((typeof value === 'object' ? JSON.stringify(value) : String(value)).toWellFormed());

function spoil(headers: Record<string, string>, { spoiltHeader }: FuzzedRequest): Record<string, string> {
  if (spoiltHeader === undefined) return headers;
  const { which, by } = spoiltHeader;
  const name = Object.keys(headers)[which % Object.keys(headers).length] ?? '';
  return { ...headers, [name]: typeof by === 'number' ? (headers[name] ?? '').slice(0, by) : by };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
