import { describe, expect, it } from 'vitest';
import { readReply } from '../../routing/customerReply.ts';

const B = '+8613900000002';
const FIXED = '+8657188880004';

const connect = (info: unknown): unknown => ({ operation: 'connect', connectInfo: info });
const close = (info: unknown): unknown => ({ operation: 'close', closeInfo: info });
const withField = (field: object): unknown => connect([{ calleeNum: B, ...field }]);

const NUMBER = 'connectInfo.calleeNum: expected a mobile or fixed number in global form (+86…)';
const FLAG = 'connectInfo.recordFlag: expected true or false';
const MINUTES = 'connectInfo.maxDuration: expected a whole number from 0 to 1440';

describe("reading a customer's answer", () => {
  it.each<[string, unknown]>([
    ['a list of one', connect([{ calleeNum: B }])],
    ['the object itself', connect({ calleeNum: B })],
    ['fields that nobody knows', { operation: 'connect', connectInfo: { calleeNum: B, more: [] }, more: 1 }],
    ['null and "" for what is absent', withField({ maxDuration: null, waitVoice: '', userData: null })],
    ['an operation in capitals', { operation: ' Connect ', connectInfo: { calleeNum: B } }],
  ])('takes %s', (_what, body) => {
    expect(readReply(body)).toEqual({
      kind: 'connect',
      callee: B,
      displayed: undefined,
      waitVoice: undefined,
      recordFlag: false,
      recordHintTone: undefined,
      maxDurationMinutes: 0,
      lastMinVoice: undefined,
      userData: undefined,
    });
  });

  it.each([
    [B, B],
    ['13900000002', B],
    [13900000002, B],
    ['8613900000002', B],
    ['008613900000002', B],
    [` ${B} `, B],
    ['057188880004', FIXED],
    [FIXED, FIXED],
    ['+442079460005', '+442079460005'],
  ])('brings the callee %j to E.164', (calleeNum, callee) => {
    expect(readReply(connect({ calleeNum }))).toMatchObject({ kind: 'connect', callee });
  });

  it.each([
    [{ maxDuration: 1440 }, { maxDurationMinutes: 1440 }],
    [{ maxDuration: '60' }, { maxDurationMinutes: 60 }],
    [{ maxDuration: 0 }, { maxDurationMinutes: 0 }],
    [{ recordFlag: true }, { recordFlag: true }],
    [{ recordFlag: 'True' }, { recordFlag: true }],
    [{ recordFlag: false }, { recordFlag: false }],
    [{ recordFlag: 'false' }, { recordFlag: false }],
    [{ userData: 77 }, { userData: '77' }],
    [{ userData: 'x'.repeat(256) }, { userData: 'x'.repeat(256) }],
    [{ displayCalleeNum: '17000005001' }, { displayed: '+8617000005001' }],
    [{ displayCalleeNum: '95588' }, { displayed: '95588' }],
  ])('reads %j', (field, expected) => {
    expect(readReply(withField(field))).toMatchObject({ kind: 'connect', ...expected });
  });

  it.each([
    [{ operation: 'close' }, {}],
    [close([]), {}],
    [close(null), {}],
    [close([{ closeHintTone: 'bye.wav' }]), { closeHintTone: 'bye.wav' }],
    [close({ closeHintTone: 'bye.wav', userData: 'u' }), { closeHintTone: 'bye.wav', userData: 'u' }],
  ])('reads %j', (body, expected) => {
    expect(readReply(body)).toEqual({
      kind: 'close',
      closeHintTone: undefined,
      userData: undefined,
      ...expected,
    });
  });

  it.each<[unknown, string]>([
    [null, 'the body: expected an object'],
    ['connect', 'the body: expected an object'],
    [[{ operation: 'connect' }], 'the body: expected an object'],
    [{}, 'operation: expected connect or close'],
    [{ operation: 'forward' }, 'operation: expected connect or close'],
    [{ operation: true }, 'operation: expected text of at most 32 characters'],
    [{ operation: 'connect' }, NUMBER],
    [connect([]), NUMBER],
    [connect([{ calleeNum: B }, { calleeNum: B }]), 'connectInfo: expected an object'],
    [connect('13900000002'), 'connectInfo: expected an object'],
    [connect([null]), NUMBER],
    [connect([7]), 'connectInfo: expected an object'],
    [connect({ calleeNum: '' }), NUMBER],
    [connect({ calleeNum: '88880004' }), NUMBER],
    [connect({ calleeNum: '4001234567' }), NUMBER],
    [connect({ calleeNum: '95588' }), NUMBER],
    [connect({ calleeNum: `${B}@example.com` }), NUMBER],
    [connect({ calleeNum: [B] }), 'connectInfo.calleeNum: expected text of at most 32 characters'],
    [connect({ calleeNum: '1'.repeat(33) }), 'connectInfo.calleeNum: expected text of at most 32 characters'],
    [
      withField({ displayCalleeNum: {} }),
      'connectInfo.displayCalleeNum: expected text of at most 32 characters',
    ],
    [withField({ maxDuration: 1441 }), MINUTES],
    [withField({ maxDuration: -1 }), MINUTES],
    [withField({ maxDuration: 1.5 }), MINUTES],
    [withField({ maxDuration: 'an hour' }), MINUTES],
    [withField({ maxDuration: true }), MINUTES],
    [withField({ recordFlag: 1 }), FLAG],
    [withField({ recordFlag: 'yes' }), FLAG],
    [withField({ waitVoice: true }), 'connectInfo.waitVoice: expected text of at most 128 characters'],
    [
      withField({ recordHintTone: 'x'.repeat(129) }),
      'connectInfo.recordHintTone: expected text of at most 128 characters',
    ],
    [withField({ lastMinVoice: [] }), 'connectInfo.lastMinVoice: expected text of at most 128 characters'],
    [
      withField({ userData: 'x'.repeat(257) }),
      'connectInfo.userData: expected text of at most 256 characters',
    ],
    [withField({ userData: '{}' }), 'connectInfo.userData: expected text without { and }'],
    [withField({ userData: 'a\0b' }), 'connectInfo.userData: expected text of at most 256 characters'],
    [withField({ userData: '\ud800' }), 'connectInfo.userData: expected text of at most 256 characters'],
    [withField({ maxDuration: 'no', recordFlag: 'no' }), FLAG],
    [close('bye.wav'), 'closeInfo: expected an object'],
    [close([{ closeHintTone: 7n }]), 'closeInfo.closeHintTone: expected text of at most 128 characters'],
    [close({ userData: {} }), 'closeInfo.userData: expected text of at most 256 characters'],
  ])('cannot follow %o, and says why', (body, why) => {
    expect(readReply(body)).toEqual({ kind: 'bad', why });
  });

  it('reads no field that is only inherited', () => {
    const answer: unknown = Object.create({ operation: 'close' });
    expect(readReply(answer)).toMatchObject({ kind: 'bad' });
  });
});
