import { mainlandNumberOf, userNumberOf } from './numbers.ts';

/** `operation` connect (facts 6). */
export interface ConnectReply {
  readonly kind: 'connect';
  /** E.164. */
  readonly callee: string;
  /** E.164, or what the customer wrote where it is no mainland number; undefined for the X. */
  readonly displayed: string | undefined;
  readonly waitVoice: string | undefined;
  readonly recordFlag: boolean;
  readonly recordHintTone: string | undefined;
  /** 0 for no limit. */
  readonly maxDurationMinutes: number;
  readonly lastMinVoice: string | undefined;
  readonly userData: string | undefined;
}

/** `operation` close (facts 6). */
export interface CloseReply {
  readonly kind: 'close';
  readonly closeHintTone: string | undefined;
  readonly userData: string | undefined;
}

export interface BadReply {
  readonly kind: 'bad';
  /** Names the first field that is wrong and what was expected, never its value. */
  readonly why: string;
}

const MOST_CALL_MINUTES = 1440;
const LONGEST_FILE_NAME = 128;
const LONGEST_USER_DATA = 256;
const LONGEST_NUMBER = 32;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads what a customer's server answered to the callin event. It is read as the partner API reads requests: `null` and
 * `""` mean that a field is absent, integers may be digit strings and strings numbers, booleans may be strings, unknown
 * fields are passed over; `connectInfo` and `closeInfo` are a list of one or the object itself.
 */
export function readReply(body: unknown): ConnectReply | CloseReply | BadReply {
  const reply = new ReplyReader('', body);
  const operation = reply.text('operation', LONGEST_NUMBER)?.trim().toLowerCase();
  if (reply.fault !== undefined) return { kind: 'bad', why: reply.fault };
  switch (operation) {
    case 'connect':
      return readConnect(reply.member('connectInfo'));
    case 'close':
      return readClose(reply.member('closeInfo'));
    default:
      return { kind: 'bad', why: 'operation: expected connect or close' };
  }
}

function readConnect(info: ReplyReader): ConnectReply | BadReply {
  const callee = info.userNumber('calleeNum');
  const displayed = info.text('displayCalleeNum', LONGEST_NUMBER)?.trim();
  const reply = {
    kind: 'connect' as const,
    displayed: displayed && (mainlandNumberOf(displayed) ?? displayed),
    waitVoice: info.text('waitVoice', LONGEST_FILE_NAME),
    recordFlag: info.flag('recordFlag'),
    recordHintTone: info.text('recordHintTone', LONGEST_FILE_NAME),
    maxDurationMinutes: info.wholeNumber('maxDuration', MOST_CALL_MINUTES),
    lastMinVoice: info.text('lastMinVoice', LONGEST_FILE_NAME),
    userData: info.userData(),
  };
  if (callee === undefined || info.fault !== undefined) return { kind: 'bad', why: info.fault ?? '' };
  return { ...reply, callee };
}

function readClose(info: ReplyReader): CloseReply | BadReply {
  const closeHintTone = info.text('closeHintTone', LONGEST_FILE_NAME);
  const userData = info.userData();
  return info.fault === undefined
    ? { kind: 'close', closeHintTone, userData }
    : { kind: 'bad', why: info.fault };
}

/** Reads fields of one object and keeps what was wrong with the first that it could not read. */
class ReplyReader {
  readonly #path: string;
  readonly #fields: Fields;
  #fault: string | undefined;

  /** @param path where the object stands in the body: '' for the body itself, else a field's name */
  constructor(path: string, value: unknown) {
    this.#path = path;
    const fields = value === undefined ? {} : fieldsOf(value);
    this.#fields = fields ?? {};
    if (fields === undefined) this.#fault = `${path || 'the body'}: expected an object`;
  }

  /** What was wrong first; undefined while all is well. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** An object, or a list of one. One that is absent has no fields. */
  member(name: string): ReplyReader {
    const value = this.#value(name);
    return new ReplyReader(name, Array.isArray(value) && value.length <= 1 ? (value[0] ?? {}) : value);
  }

  text(name: string, longest: number): string | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text === 'string' && text.length <= longest && isStorable(text)) return text;
    return this.#refuse(name, `text of at most ${longest} characters`);
  }

  userData(): string | undefined {
    const text = this.text('userData', LONGEST_USER_DATA);
    if (text === undefined || !/[{}]/.test(text)) return text;
    return this.#refuse('userData', 'text without { and }');
  }

  /** @returns E.164 */
  userNumber(name: string): string | undefined {
    const text = this.text(name, LONGEST_NUMBER);
    if (this.#fault !== undefined) return undefined;
    const number = text === undefined ? undefined : userNumberOf(text);
    return number ?? this.#refuse(name, 'a mobile or fixed number in global form (+86…)');
  }

  /** 0 when it is absent. */
  wholeNumber(name: string, greatest: number): number {
    const value = this.#value(name);
    if (value === undefined) return 0;
    const number = typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= greatest)
      return number;
    this.#refuse(name, `a whole number from 0 to ${greatest}`);
    return 0;
  }

  /** false when it is absent. */
  flag(name: string): boolean {
    const value = this.#value(name);
    const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
    if (word === true || word === 'true') return true;
    if (word !== undefined && word !== false && word !== 'false') this.#refuse(name, 'true or false');
    return false;
  }

  #value(name: string): unknown {
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    return value === null || value === '' ? undefined : value;
  }

  #refuse(name: string, expected: string): undefined {
    const field = this.#path === '' ? name : `${this.#path}.${name}`;
    this.#fault ??= `${field}: expected ${expected}`;
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}

/** What ends in a call record must be text that a database holds: no NUL, no half of a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
