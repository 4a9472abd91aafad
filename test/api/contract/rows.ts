import {
  announcement,
  callee,
  city,
  extension,
  type Form,
  flag,
  hidden,
  id,
  integer,
  name,
  notUploaded,
  oneOf,
  only,
  opaque,
  pageSize,
  refused,
  seconds,
  shownAs,
  taken,
  user,
  x,
} from './forms.ts';
import type { SceneName } from './scenes.ts';

/** One row of a table of the facts: a field of a request. */
export interface Row {
  readonly field: string;
  readonly form: Form;
  readonly isRequired?: true;
  /** What a query shows when the field was absent. */
  readonly byDefault?: unknown;
  /** Fields without which this one says nothing. */
  readonly beside?: Readonly<Record<string, unknown>>;
  /** Usual fields that this one stands in for, or loses against. */
  readonly insteadOf?: readonly string[];
}

const DAYS_90 = 7_776_000;

const recordHintTone = { field: 'recordHintTone', form: announcement, beside: { recordFlag: 'true' } };
const lastMinVoice = { field: 'lastMinVoice', form: announcement, beside: { maxDuration: 60 } };
const preVoice: Row = {
  field: 'preVoice',
  form: only(
    refused('a name', 'tone.wav'),
    refused('an array of names', ['tone.wav']),
    refused('129 characters in it', { callerHintTone: 'a'.repeat(129) }),
    notUploaded('a file in it that nobody uploaded', { calleeHintTone: 'nobody.wav' }),
    taken('files for both', tones('tone.wav', 'tone.wav'), tones('tone.wav', 'tone.wav')),
    taken('the empty array of PHP', [], {}),
  ),
  byDefault: {},
};
const userData: Row = { field: 'userData', form: opaque };
const areaMatchMode: Row = { field: 'areaMatchMode', form: hidden(oneOf('0', '1')) };
const appKey: Row = {
  field: 'app_key',
  form: only(refused('another key', 'another', '1010003'), refused('129 characters', 'k'.repeat(129))),
  isRequired: true,
};

function tones(callerHintTone: string, calleeHintTone: string): object {
  return { callerHintTone, calleeHintTone };
}

/** An optional field of a modify: as at bind, and nothing stands for it when it is absent. */
const kept = ({ field, form, beside }: Row): Row => ({ field, form, ...(beside && { beside }) });

const axbTerms: readonly Row[] = [
  { field: 'callDirection', form: integer(0, 2), byDefault: 0 },
  { field: 'duration', form: integer(0, DAYS_90), byDefault: 0 },
  { field: 'recordFlag', form: flag, byDefault: 'false' },
  recordHintTone,
  { field: 'maxDuration', form: integer(0, 1440), byDefault: 0 },
  lastMinVoice,
  { field: 'privateSms', form: flag, byDefault: 'true' },
  preVoice,
  userData,
];

const axTerms: readonly Row[] = [
  { field: 'recordFlag', form: flag, byDefault: 'false' },
  recordHintTone,
  { field: 'privateSms', form: flag, byDefault: 'true' },
  preVoice,
  { field: 'maxDuration', form: integer(0, 1440), byDefault: 0 },
  lastMinVoice,
  { field: 'callDirection', form: integer(0, 2) },
  userData,
];

/** Hours, unless `timeUnit` says minutes. */
const hours: Form = integer(0, 720);
const axeTerms: readonly Row[] = [
  { field: 'recordFlag', form: flag, byDefault: 'false' },
  recordHintTone,
  { field: 'callbackTone', form: announcement },
  { field: 'callbackNum', form: callee(1, 32) },
  { field: 'timeUnit', form: oneOf('0', '1'), byDefault: '0' },
  { field: 'bindExpiredTime', form: hours, byDefault: 0 },
  { field: 'callbackExpiredTime', form: hours, byDefault: 0 },
  userData,
];

/** After a modification, a query still shows the unit and the time of the bind (facts 4.4). */
const likeAtBind = (row: Row): Row => {
  if (row.field === 'timeUnit') return { ...row, form: shownAs('0', row.form) };
  if (row.field === 'bindExpiredTime') return { ...row, form: shownAs(0, row.form) };
  return row;
};

const aNumber = (form: Form): Pick<Row, 'form' | 'isRequired'> => ({ form, isRequired: true });
const idOfBinding = (code: string): Row => ({ field: 'subscriptionId', form: id(code) });
const privateNum = (code: string): Row => ({
  field: 'privateNum',
  form: x(1, 32, code),
  insteadOf: ['subscriptionId'],
});
const extendNum: Row = {
  field: 'extendNum',
  form: extension(refused('one that nobody has', '9998', '1016001')),
  insteadOf: ['subscriptionId'],
};
const virtualNum: Row = {
  field: 'virtualNum',
  form: only(
    refused('33 characters', '1'.repeat(33)),
    refused("somebody else's number", '+8617999999999', '1012001'),
  ),
  insteadOf: ['subscriptionId'],
};

/** The tables of the facts, sections 2 to 7, row by row: what each operation takes. */
export const ROWS: Readonly<Record<SceneName, readonly Row[]>> = {
  // 2.1
  bindAxb: [
    { field: 'callerNum', ...aNumber(user(4, 31)) },
    { field: 'calleeNum', ...aNumber(user(4, 31)) },
    { field: 'relationNum', form: x(4, 31, '1012001') },
    { field: 'areaCode', form: city, insteadOf: ['relationNum'] },
    areaMatchMode,
    ...axbTerms,
  ],
  // 2.2
  unbindAxb: [
    idOfBinding('1012007'),
    { field: 'relationNum', form: x(4, 31, '1012001'), insteadOf: ['subscriptionId'] },
  ],
  // 2.3
  modifyAxb: [
    { ...idOfBinding('1012007'), isRequired: true },
    { field: 'callerNum', form: user(4, 31) },
    { field: 'calleeNum', form: user(4, 31) },
    ...axbTerms.map(kept),
  ],
  // 2.4
  queryAxb: [
    idOfBinding('1012007'),
    { field: 'relationNum', form: x(4, 31, '1012007'), insteadOf: ['subscriptionId'] },
    { field: 'callerNum', form: user(4, 128), insteadOf: ['subscriptionId'] },
    { field: 'calleeNum', form: user(4, 128), insteadOf: ['subscriptionId'] },
    {
      field: 'pageIndex',
      form: only(refused('0', 0), refused('half a page', 1.5), refused('a word', 'first'), taken('1', 1, 1)),
      byDefault: 1,
      insteadOf: ['subscriptionId'],
    },
    { field: 'pageSize', form: pageSize, byDefault: 50, insteadOf: ['subscriptionId'] },
  ],
  // 3.1
  bindAx: [
    { field: 'origNum', ...aNumber(user(1, 32)) },
    { field: 'privateNum', form: x(1, 32, '1011001') },
    {
      field: 'privateNumType',
      form: only(refused('another type', 'fixed'), taken('"mobile-virtual"', 'mobile-virtual')),
      beside: { areaCode: '0571' },
    },
    {
      field: 'areaCode',
      form: city,
      beside: { privateNumType: 'mobile-virtual' },
      insteadOf: ['privateNum'],
    },
    areaMatchMode,
    { field: 'calleeNumDisplay', form: oneOf('0', '1'), byDefault: '0' },
    ...axTerms,
  ],
  // 3.2
  unbindAx: [idOfBinding('1016001'), privateNum('1011004')],
  // 3.3
  modifyAx: [
    idOfBinding('1016001'),
    privateNum('1011001'),
    { field: 'origNum', form: user(1, 32), insteadOf: ['subscriptionId'] },
    ...axTerms.map(kept),
  ],
  // 3.4
  queryAx: [
    idOfBinding('1016001'),
    { field: 'origNum', form: user(1, 32), insteadOf: ['subscriptionId', 'privateNum'] },
    {
      field: 'privateNum',
      form: only(
        refused('33 characters', '1'.repeat(33)),
        refused('no number', '170x', '1011001'),
        refused("somebody else's number", '+8617999999999', '1016001'),
      ),
      insteadOf: ['subscriptionId'],
    },
  ],
  // 3.5
  setTemporaryCallee: [
    idOfBinding('1016001'),
    privateNum('1011001'),
    { field: 'origNum', form: user(1, 32), insteadOf: ['subscriptionId'] },
    { field: 'calleeNum', ...aNumber(callee(1, 32)) },
    { field: 'duration', form: integer(0, DAYS_90) },
    userData,
  ],
  // 4.1
  bindAxe: [
    { field: 'bindNum', ...aNumber(user(1, 32)) },
    { field: 'virtualNum', form: x(1, 32, '1012001') },
    { field: 'areaCode', form: city, insteadOf: ['virtualNum'] },
    areaMatchMode,
    {
      field: 'extendNum',
      form: extension(
        refused('three digits', '123'),
        refused('none of 0001 to 9999', '0000'),
        taken('the first', '0001', '0001'),
        taken('the last', '9999', '9999'),
      ),
    },
    { field: 'displayNumMode', form: oneOf('0', '1'), byDefault: '0' },
    ...axeTerms,
  ],
  // 4.2
  unbindAxe: [idOfBinding('1016001'), virtualNum, extendNum],
  // 4.3
  modifyAxe: [idOfBinding('1016001'), virtualNum, extendNum, ...axeTerms.map(kept).map(likeAtBind)],
  // 4.4
  queryAxe: [idOfBinding('1016001'), virtualNum, extendNum],
  // 4.5
  listAxe: [
    idOfBinding('1016001'),
    virtualNum,
    extendNum,
    {
      field: 'cursor',
      form: only(
        refused('no cursor', '1'),
        refused('more than any binding has', `0000000000000_${'9'.repeat(20)}`),
        taken('the first', '0000000000000_0'),
      ),
      insteadOf: ['subscriptionId', 'extendNum'],
    },
    {
      field: 'limit',
      form: only(refused('a word', 'all'), taken('9', 9), taken('10', 10), taken('1000', 1000)),
      insteadOf: ['subscriptionId', 'extendNum'],
    },
  ],
  // 5.1, first step
  bindAxyb: [
    appKey,
    { field: 'origNum', ...aNumber(user(1, 32)) },
    { field: 'areaCode', form: city },
    { ...areaMatchMode, beside: { areaCode: '0571' } },
    { field: 'callDirection', form: integer(0, 2), byDefault: 0 },
    { field: 'duration', form: seconds(60, DAYS_90), byDefault: '0' },
    { field: 'recordFlag', form: flag, byDefault: 'false' },
    recordHintTone,
    { field: 'preVoiceX', form: announcement },
    userData,
  ],
  // 5.1, second step
  relateAxyb: [
    appKey,
    { field: 'subscriptionId', form: id('1016001') },
    { field: 'origNum', ...aNumber(user(1, 32)) },
    { field: 'areaCode', form: city },
    { ...areaMatchMode, beside: { areaCode: '0571' } },
    { field: 'ybDuration', form: seconds(60, DAYS_90), byDefault: '0' },
    { field: 'preVoiceY', form: announcement },
    userData,
  ],
  // 5.2
  unbindAxyb: [
    appKey,
    { ...idOfBinding('1016001'), isRequired: true },
    { field: 'yNum', form: x(1, 32, '1016001') },
    {
      field: 'bNum',
      form: only(...user(1, 32)(undefined).filter(({ refused: code }) => code !== undefined)),
    },
  ],
  // 5.3
  queryAxyb: [
    appKey,
    idOfBinding('1016001'),
    { field: 'relationNum', form: hidden(x(1, 32, '1016001')), insteadOf: ['subscriptionId'] },
  ],
  // 7.1
  recordingAddress: [
    { field: 'fileName', form: name(128, '1012007'), isRequired: true },
    { field: 'recordDomain', form: name(128, '1012007'), isRequired: true },
  ],
  // 7.2
  stopCall: [
    { field: 'sessionid', form: name(256, '1012007'), isRequired: true },
    { field: 'signal', form: only(refused('another signal', 'call_hold')), isRequired: true },
  ],
};
