import { maskNumber } from '../../routing/numbers.ts';
import type { Connect, Decision } from '../../routing/types.ts';

/** A decision for an operator's eyes: the caller and the X are known to him, everybody else stays masked. */
export function describeDecision(decision: Decision): object {
  return { ...outcomeOf(decision), ...ownerOf(decision) };
}

function outcomeOf(decision: Decision): object {
  switch (decision.kind) {
    case 'connect':
      return connectOf(decision);
    case 'refuse': {
      const { kind, stateCode, announcement, file, subscriptionId, extension } = decision;
      return { kind, stateCode, announcement, file, subscriptionId, extension };
    }
    case 'collect': {
      const { kind, prompt, mostDigits, failedAttempts } = decision;
      return { kind, prompt, mostDigits, failedAttempts };
    }
    case 'ask':
      return { kind: decision.kind };
  }
}

function connectOf(connect: Connect): object {
  const { kind, callee, shown, subscriptionId, ringback, record, recordHintTone } = connect;
  const { maxDurationSeconds, lastMinVoice, extension, line, remember, temporaryCallee } = connect;
  return {
    kind,
    callee: maskNumber(callee),
    shown,
    subscriptionId,
    ringback,
    record,
    recordHintTone,
    maxDurationSeconds,
    lastMinVoice,
    extension,
    line,
    remembersCaller: remember !== undefined,
    usesTemporaryCallee: temporaryCallee !== undefined,
  };
}

function ownerOf({ app, number }: Decision): object {
  return {
    ...(app !== undefined && {
      app: { appKey: app.appKey, mode: app.mode, state: app.state, recording: app.recording },
      account: { accountId: app.account.accountId, state: app.account.state },
    }),
    ...(number !== undefined && { number }),
  };
}
