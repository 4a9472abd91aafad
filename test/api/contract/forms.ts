/** One value of a field, and what must come of it. */
export interface Case {
  readonly what: string;
  readonly value: unknown;
  /** The resultcode; without it the value is taken. */
  readonly refused?: string;
  /** What the refusal says; the field's name when it is not said. */
  readonly saying?: string;
  /** What a query shows of it afterwards. */
  readonly shown?: unknown;
}

/** What the facts say of a field's form, as the cases that prove it. `known` is a value of the field that exists. */
export type Form = (known: unknown) => readonly Case[];

const INVALID = '1010002';
const NO_ID = '00000000-0000-4000-8000-000000000000';

const refused = (what: string, value: unknown, code = INVALID): Case => ({ what, value, refused: code });
const taken = (what: string, value: unknown, shown?: unknown): Case => ({ what, value, shown });

export const notUploaded = (what: string, value: unknown): Case => ({
  ...refused(what, value),
  saying: 'nobody.wav',
});

const lengths = (least: number, most: number): Case[] => [
  ...(least > 1 ? [refused(`${least - 1} characters`, '1'.repeat(least - 1))] : []),
  refused(`${most + 1} characters`, '1'.repeat(most + 1)),
];
const strange: readonly Case[] = [refused('an object', { a: 1 }), refused('an array', [1])];

/** A person's number: "String(least-most)", global form. */
export const user =
  (least: number, most: number): Form =>
  (known) => [
    ...lengths(least, most),
    ...strange,
    refused('no number', 'anna-bert'),
    refused('a number without its area code', '88880001'),
    taken('global form', known, known),
    taken('with 0086', String(known).replace('+', '00'), known),
  ];

/** A number that will only be called: as `user`, and a service number. */
export const callee =
  (least: number, most: number): Form =>
  (known) => [...user(least, most)(known), taken('a 400 number', '+864008001234')];

/** An X of the application. @param unknown the resultcode for one that is not */
export const x =
  (least: number, most: number, unknown: string): Form =>
  (known) => [
    ...lengths(least, most),
    ...strange,
    refused("somebody else's number", '+8617999999999', unknown),
    taken('global form', known, known),
  ];

/** A whole number in a range, both ends included. */
export const integer =
  (least: number, most: number): Form =>
  () => [
    refused('one too few', least - 1),
    refused('one too many', most + 1),
    refused('a fraction', least + 0.5),
    refused('a word', 'many'),
    ...strange,
    taken('the least', least, least),
    taken('the most', most, most),
    taken('the most, in quotes', String(most), most),
  ];

/** Seconds from a floor, or 0. */
export const seconds =
  (least: number, most: number): Form =>
  () => [
    refused('below the floor', least - 1),
    refused('below 0', -1),
    refused('one too many', most + 1),
    refused('a word', 'long'),
    taken('0', 0, '0'),
    taken('the floor', least, String(least)),
    taken('the most, in quotes', String(most), String(most)),
  ];

/** "String enum". */
export const oneOf =
  (...values: readonly string[]): Form =>
  () => [
    refused('another value', '7'),
    refused('a word', 'yes'),
    ...strange,
    ...values.map((value) => taken(`"${value}"`, value, value)),
    ...values
      .filter((value) => /^\d$/.test(value))
      .map((value) => taken(`${value} bare`, Number(value), value)),
  ];

/** "true" or "false", also as JSON booleans (facts 11, C7). */
export const flag: Form = () => [
  refused('another word', 'yes'),
  refused('a number', 2),
  ...strange,
  taken('"true"', 'true', 'true'),
  taken('"false"', 'false', 'false'),
  taken('true', true, 'true'),
  taken('false', false, 'false'),
];

/** An announcement that an operator has turned down. */
export const REJECTED = 'rejected.wav';

/** The name of an announcement: "String(0-128)". */
export const announcement: Form = (known) => [
  refused('129 characters', 'a'.repeat(129)),
  notUploaded('a file that nobody uploaded', 'nobody.wav'),
  { ...refused('a file that is not approved', REJECTED), saying: `not approved: ${REJECTED}` },
  ...strange,
  taken('an uploaded file', known, known),
];

/** "String(1-256)" that comes back as it is. */
export const opaque: Form = () => [
  refused('257 characters', 'u'.repeat(257)),
  refused('an opening brace', 'a{'),
  refused('a closing brace', 'a}'),
  refused('NUL', 'a\0'),
  ...strange,
  taken('256 characters', 'u'.repeat(256), 'u'.repeat(256)),
  taken('quotes and spaces', `"it's" 1; --`, `"it's" 1; --`),
];

/** "String(0-32)", a city that the application has numbers of. */
export const city: Form = (known) => [
  refused('33 characters', '5'.repeat(33)),
  ...strange,
  taken('a city with a free number', known),
];

/** "String(1-64)". @param unknown the resultcode for an id that nobody has */
export const id =
  (unknown: string): Form =>
  (known) => [
    refused('65 characters', 'i'.repeat(65)),
    refused('64 characters that are no id', 'i'.repeat(64), unknown),
    refused('an id that nobody has', NO_ID, unknown),
    taken('the id of a binding', known),
  ];

/** Digits of a length, which the application has fixed at four. */
export const extension =
  (...cases: readonly Case[]): Form =>
  () => [refused('five digits', '12345'), refused('a letter', '12a4'), ...cases];

/** A page size: what is out of range is no error. */
export const pageSize: Form = () => [
  refused('a word', 'all'),
  taken('9, which is below the range', 9, 50),
  taken('10', 10, 10),
  taken('100', 100, 100),
  taken('101, which is above the range', 101, 50),
];

/** Text of at most so many characters that names something; nothing is there of the name that is too long by one. */
export const name =
  (most: number, unknown: string): Form =>
  (known) => [
    refused(`${most + 1} characters`, 'n'.repeat(most + 1)),
    refused('one that does not exist', 'nothing', unknown),
    ...(known === undefined ? [] : [taken('one that exists', known)]),
  ];

/** A field that no query shows. */
export const hidden =
  (form: Form): Form =>
  (known) =>
    form(known).map(({ shown: _, ...each }) => each);

/** A field that a query goes on to show as it was (facts 4.4). */
export const shownAs =
  (before: unknown, form: Form): Form =>
  (known) =>
    form(known).map((each) => ({ ...each, shown: before }));

/** Cases that are said one by one. */
export const only =
  (...cases: readonly Case[]): Form =>
  () =>
    cases;
export { refused, taken };
