/** One call between two sipp scenarios, and what must come of it. */
export interface Outcome {
  readonly title: string;
  /** Scenario of the caller, in `sipp/`. */
  readonly caller: string;
  /** Scenario of the callee; absent where nobody must be rung. */
  readonly callee?: string;
  readonly calleeKeys?: Readonly<Record<string, string>>;
  /** Terms of the binding; absent for a call on an X without one. */
  readonly terms?: Readonly<Record<string, unknown>>;
  /** Who calls in place of A. */
  readonly from?: string;
  readonly numberState?: 'suspended';
  readonly stateCode: number;
  /** Final SIP status at the caller and the Q.850 cause in its Reason header; absent for answered calls. */
  readonly refusal?: { readonly sip: number; readonly q850: number };
  /** Tones that the recording must hold. */
  readonly recorded?: true;
}

const NO_REASON = 'X-Interop: none';

const refusing = (status: number, phrase: string, reason = NO_REASON) => ({
  status: String(status),
  phrase,
  reason,
});

/** Every way of must-show 3 in which a call can end, from phones that we did not write. */
export const OUTCOMES: readonly Outcome[] = [
  {
    title: 'answered, the caller hangs up; recorded',
    caller: 'caller-hangs-up',
    callee: 'callee-answers',
    terms: { recordFlag: 'true' },
    stateCode: 0,
    recorded: true,
  },
  {
    title: 'answered, the callee hangs up',
    caller: 'caller-stays',
    callee: 'callee-hangs-up',
    terms: {},
    stateCode: 0,
  },
  {
    title: 'the caller gives up before it rings',
    caller: 'caller-cancels',
    callee: 'callee-silent',
    terms: {},
    stateCode: 7501,
    refusal: { sip: 487, q850: 16 },
  },
  {
    title: 'the caller gives up while it rings',
    caller: 'caller-cancels-ringing',
    callee: 'callee-rings',
    terms: {},
    stateCode: 7502,
    refusal: { sip: 487, q850: 16 },
  },
  {
    title: 'declined (603)',
    caller: 'caller-refused',
    callee: 'callee-rings-refuses',
    calleeKeys: refusing(603, 'Decline'),
    terms: {},
    stateCode: 7503,
    refusal: { sip: 603, q850: 21 },
  },
  {
    title: 'barred (403)',
    caller: 'caller-refused',
    callee: 'callee-refuses',
    calleeKeys: refusing(403, 'Forbidden'),
    terms: {},
    stateCode: 7504,
    refusal: { sip: 403, q850: 21 },
  },
  {
    title: 'no such number (404)',
    caller: 'caller-refused',
    callee: 'callee-refuses',
    calleeKeys: refusing(404, 'Not Found'),
    terms: {},
    stateCode: 8100,
    refusal: { sip: 404, q850: 1 },
  },
  {
    title: 'no answer (480 after ringing)',
    caller: 'caller-refused',
    callee: 'callee-rings-refuses',
    calleeKeys: refusing(480, 'Temporarily Unavailable'),
    terms: {},
    stateCode: 8101,
    refusal: { sip: 480, q850: 19 },
  },
  {
    title: 'busy (486)',
    caller: 'caller-refused',
    callee: 'callee-refuses',
    calleeKeys: refusing(486, 'Busy Here'),
    terms: {},
    stateCode: 8102,
    refusal: { sip: 486, q850: 17 },
  },
  {
    title: 'busy, by the Q.850 reason of a 480',
    caller: 'caller-refused',
    callee: 'callee-refuses',
    calleeKeys: refusing(480, 'Temporarily Unavailable', 'Reason: Q.850;cause=17'),
    terms: {},
    stateCode: 8102,
    refusal: { sip: 486, q850: 17 },
  },
  {
    title: 'unreachable (480 without ringing)',
    caller: 'caller-refused',
    callee: 'callee-refuses',
    calleeKeys: refusing(480, 'Temporarily Unavailable'),
    terms: {},
    stateCode: 8103,
    refusal: { sip: 480, q850: 20 },
  },
  {
    title: 'given up by the platform while it rings',
    caller: 'caller-refused',
    callee: 'callee-rings',
    terms: {},
    stateCode: 8035,
    refusal: { sip: 408, q850: 102 },
  },
  {
    title: 'a stranger dials X',
    caller: 'caller-refused',
    terms: {},
    from: '+8613900009999',
    stateCode: 8014,
    refusal: { sip: 403, q850: 21 },
  },
  {
    title: 'against the direction of the binding',
    caller: 'caller-refused',
    terms: { callDirection: 2 },
    stateCode: 8016,
    refusal: { sip: 403, q850: 21 },
  },
  {
    title: 'a landline calls',
    caller: 'caller-refused',
    terms: {},
    from: '+8657188880000',
    stateCode: 8023,
    refusal: { sip: 403, q850: 21 },
  },
  {
    title: 'X is suspended',
    caller: 'caller-refused',
    terms: {},
    numberState: 'suspended',
    stateCode: 8055,
    refusal: { sip: 403, q850: 21 },
  },
];
