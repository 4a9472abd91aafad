import { describe, expect, it } from 'vitest';
import { decide } from '../../routing/route.ts';
import type { Ask, Decision, Found, Platform } from '../../routing/types.ts';
import { type CustomerAnswer, decideReply, refuseNoFile } from '../../routing/xMode.ts';
import { OPEN_PLATFORM } from '../kit/openPlatform.ts';
import {
  ABROAD,
  app,
  B,
  decides,
  expectDecision,
  found,
  guards,
  NOW,
  OF_RIDE,
  STRANGER,
  X,
} from './facts.ts';

const ASKED = "the customer's server decides";
const CONNECTS = "the customer's answer is to connect";
const CLOSES = "the customer's answer is to close";
const TO_B = 'the call goes to +86139****0002, who sees the X';

const ofX = (more: Parameters<typeof app>[0] = {}): Found =>
  found({ app: app({ mode: 'X', ...more }), relation: undefined });
const call = { caller: STRANGER, x: X, now: NOW };

function askOf(facts: Found): Ask {
  const decision = decide(call, facts, OPEN_PLATFORM);
  if (decision.kind !== 'ask') throw new Error(`expected to be asked, got ${decision.kind}`);
  return decision;
}

interface Reply {
  readonly when: string;
  readonly answer: CustomerAnswer;
  readonly found?: Found;
  readonly caller?: string;
  readonly platform?: Partial<Platform>;
  readonly expected: Partial<Decision>;
  readonly without?: readonly string[];
  /** After the application and the question. */
  readonly because: readonly string[];
}

const says = (body: unknown): CustomerAnswer => ({ kind: 'answer', body });
const connectTo = (info: object): CustomerAnswer => says({ operation: 'connect', connectInfo: [info] });
const toB = (more: object): CustomerAnswer => connectTo({ calleeNum: B, ...more });
const fault = { kind: 'refuse', stateCode: 8020, announcement: 'business-fault' } as const;

function replies(rows: readonly Reply[]): void {
  it.each(rows)('when $when', ({ answer, found: facts = ofX(), caller = STRANGER, platform, ...row }) => {
    const decision = decideReply({ ...call, caller }, askOf(facts), answer, {
      ...OPEN_PLATFORM,
      ...platform,
    });
    expectDecision(decision, { ...row, found: facts, because: [OF_RIDE, ASKED, ...row.because] });
  });
}

describe('X mode: a call', () => {
  decides([
    {
      when: 'anyone dials X',
      call: {},
      found: ofX(),
      expected: { kind: 'ask' },
      because: [OF_RIDE, ASKED],
    },
    {
      when: 'the caller withholds the number',
      call: { caller: '' },
      found: ofX(),
      expected: { kind: 'ask' },
      because: [OF_RIDE, ASKED],
    },
  ]);
});

describe('X mode: the customer connects', () => {
  replies([
    {
      when: 'nothing is said but the callee',
      answer: toB({}),
      expected: {
        kind: 'connect',
        callee: B,
        shown: X,
        subscriptionId: '',
        ringback: undefined,
        record: false,
        recordHintTone: undefined,
        maxDurationSeconds: 0,
        lastMinVoice: undefined,
        userData: undefined,
      },
      without: ['line', 'remember', 'extension', 'temporaryCallee'],
      because: [CONNECTS, TO_B],
    },
    {
      when: 'all fields are there',
      answer: toB({
        displayCalleeNum: X,
        maxDuration: 2,
        waitVoice: 'wait.wav',
        recordFlag: 'true',
        recordHintTone: 'hint.wav',
        lastMinVoice: 'last.wav',
        userData: 'u',
      }),
      expected: {
        kind: 'connect',
        callee: B,
        shown: X,
        ringback: 'wait.wav',
        record: true,
        recordHintTone: 'hint.wav',
        maxDurationSeconds: 120,
        lastMinVoice: 'last.wav',
        userData: 'u',
      },
      because: [CONNECTS, TO_B],
    },
    {
      when: 'the X to be shown is written without a country code',
      answer: toB({ displayCalleeNum: X.slice(3) }),
      expected: { kind: 'connect', shown: X },
      because: [CONNECTS, TO_B],
    },
    {
      when: 'the real caller is to be shown, and the platform allows it',
      answer: toB({ displayCalleeNum: STRANGER }),
      expected: { kind: 'connect', shown: STRANGER },
      because: [CONNECTS, 'the call goes to +86139****0002, who sees the real caller'],
    },
    {
      when: 'the real caller is to be shown, and the platform does not allow it',
      answer: toB({ displayCalleeNum: STRANGER, userData: 'u' }),
      platform: { showsRealCallers: false },
      expected: { kind: 'refuse', stateCode: 8024, announcement: undefined, userData: 'u' },
      because: [
        CONNECTS,
        'the call goes to +86139****0002, who sees the real caller',
        'the platform shows no real number of a caller',
      ],
    },
    {
      when: 'any other number is to be shown',
      answer: toB({ displayCalleeNum: B, userData: 'u' }),
      expected: { kind: 'refuse', stateCode: 8024, announcement: undefined, userData: 'u' },
      without: ['subscriptionId'],
      because: ["the customer's answer shows another number than the X"],
    },
    {
      when: 'a word is to be shown',
      answer: toB({ displayCalleeNum: 'anonymous' }),
      expected: { kind: 'refuse', stateCode: 8024 },
      because: ["the customer's answer shows another number than the X"],
    },
    {
      when: 'recording is asked for, and the application has none',
      answer: toB({ recordFlag: true, recordHintTone: 'hint.wav' }),
      found: ofX({ recording: false }),
      expected: { kind: 'connect', record: false, recordHintTone: undefined },
      because: [CONNECTS, TO_B, 'recording is asked for, but application ride has none'],
    },
    {
      when: 'the callee is on the blacklist',
      answer: toB({ userData: 'u' }),
      platform: { isBlockedCallee: () => true },
      expected: { kind: 'refuse', stateCode: 7004, userData: 'u' },
      because: [CONNECTS, TO_B, 'the callee +86139****0002 is on the blacklist'],
    },
    {
      when: 'the callee is a number where calls are dear, and the application may call abroad',
      answer: connectTo({ calleeNum: '+979123456789', userData: 'u' }),
      found: ofX({ guards: guards({ callsAbroad: true }) }),
      platform: { isBarred: (number) => number.startsWith('+979') },
      expected: { kind: 'refuse', stateCode: 7004, userData: 'u' },
      because: [
        CONNECTS,
        'the call goes to +9791****6789, who sees the X',
        'no call goes to +9791****6789, where calls cost more than calls',
      ],
    },
    {
      when: 'the callee is abroad',
      answer: connectTo({ calleeNum: ABROAD }),
      found: ofX({ guards: guards({ callsAbroad: false }) }),
      expected: { kind: 'refuse', stateCode: 8043 },
      because: [
        CONNECTS,
        'the call goes to +4420****0005, who sees the X',
        'the application may make no calls abroad, as to +4420****0005',
      ],
    },
  ]);
});

describe('X mode: the customer closes', () => {
  replies([
    {
      when: 'nothing more is said',
      answer: says({ operation: 'close' }),
      expected: { kind: 'refuse', stateCode: 8014, announcement: undefined },
      without: ['file', 'userData', 'subscriptionId'],
      because: [CLOSES],
    },
    {
      when: 'a tone and data come along',
      answer: says({ operation: 'close', closeInfo: [{ closeHintTone: 'bye.wav', userData: 'u' }] }),
      expected: {
        kind: 'refuse',
        stateCode: 8014,
        announcement: undefined,
        file: 'bye.wav',
        userData: 'u',
      },
      because: [CLOSES],
    },
  ]);
});

describe('X mode: there is no answer that could be followed', () => {
  replies([
    {
      when: 'it does not come in time',
      answer: { kind: 'failed', why: 'no answer in 5 s' },
      expected: fault,
      without: ['file', 'userData'],
      because: ["the customer's server decided nothing: no answer in 5 s"],
    },
    {
      when: 'the reason itself holds a number',
      answer: { kind: 'failed', why: `no JSON: ${B}` },
      expected: fault,
      because: ["the customer's server decided nothing: no JSON: +86139****0002"],
    },
    {
      when: 'it is bad: the field is named, and its value is not',
      answer: connectTo({ calleeNum: '400-1234-567' }),
      expected: fault,
      because: [
        "the customer's answer cannot be followed: connectInfo.calleeNum: expected a mobile or fixed number in global form (+86…)",
      ],
    },
  ]);
});

describe('X mode: a file that does not exist', () => {
  const missing = { kind: 'refuse', stateCode: 8006, announcement: 'business-fault' } as const;
  const reply = (answer: CustomerAnswer): Decision => decideReply(call, askOf(ofX()), answer, OPEN_PLATFORM);

  it('is named by a connect', () => {
    const decided = reply(toB({ waitVoice: 'gone.wav', userData: 'u' }));
    if (decided.kind !== 'connect') throw new Error(decided.kind);
    expectDecision(refuseNoFile(decided, 'gone.wav'), {
      found: ofX(),
      expected: { ...missing, userData: 'u', subscriptionId: '' },
      because: [OF_RIDE, ASKED, CONNECTS, TO_B, 'there is no announcement gone.wav'],
    });
  });

  it('is named by a close, and has itself no file to be played', () => {
    const decided = reply(
      says({ operation: 'close', closeInfo: { closeHintTone: 'gone.wav', userData: 'u' } }),
    );
    if (decided.kind !== 'refuse') throw new Error(decided.kind);
    expectDecision(refuseNoFile(decided, 'gone.wav'), {
      found: ofX(),
      expected: { ...missing, userData: 'u' },
      without: ['file'],
      because: [OF_RIDE, ASKED, CLOSES, 'there is no announcement gone.wav'],
    });
  });

  it('has a name that could be a number', () => {
    const { because } = refuseNoFile(askOf(ofX()), `${B}.wav`);
    expect(because.at(-1)).toEqual(['file-missing', `${B}.wav`]);
    expectDecision(refuseNoFile(askOf(ofX()), `${B}.wav`), {
      found: ofX(),
      expected: missing,
      because: [OF_RIDE, ASKED, 'there is no announcement +86139****0002.wav'],
    });
  });
});
