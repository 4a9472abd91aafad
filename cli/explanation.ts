type Fields = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The answer of `POST /explain`: the outcome in one line, and the chain that led to it. */
export function presentExplanation(answer: unknown): string {
  if (!isRecord(answer) || !isRecord(answer.decision)) return 'no answer';
  const { decision, because } = answer;
  const reasons = Array.isArray(because) ? because.map((reason) => `  because ${String(reason)}`) : [];
  return [outcomeOf(decision), ...reasons].join('\n');
}

function outcomeOf(decision: Fields): string {
  switch (decision.kind) {
    case 'connect':
      return `connect: rings ${decision.callee} and shows ${decision.shown}`;
    case 'collect':
      return `collect: plays ${decision.prompt} and takes up to ${decision.mostDigits} digits (--digits says which)`;
    case 'ask':
      return "ask: the customer's server decides";
    default:
      return `refuse: stateCode ${decision.stateCode}${heardOf(decision)}`;
  }
}

function heardOf({ announcement, file }: Fields): string {
  if (file !== undefined) return `, file ${file}`;
  return announcement === undefined ? '' : `, announcement ${announcement}`;
}
