import { STATE_CODES, STATE_GROUPS, type StateCode, type StateGroup } from '../src/calls/stateCodes.ts';

const HEADINGS: Readonly<Record<StateGroup, string>> = {
  ended: 'Calls that ended as they should',
  binding: 'Binding',
  caller: 'Caller',
  number: 'X number',
  callee: 'Callee',
  tenant: 'Customer and application',
  control: 'Controls',
  platform: 'Platform',
  network: 'Network',
};

const INTRODUCTION = `# State codes

How a call ended: \`stateCode\` of the \`disconnect\` event, and what goes with it. \`npm run docs\` makes this page from
\`src/calls/stateCodes.ts\`, and a test keeps both alike.

- **SIP** and **Q.850** are what a caller gets who has no answer yet: the final status and its \`Reason\` header. Where the
  callee's network gave a reason of its own, the caller gets that one. Who talks already gets a BYE with the same Q.850
  cause. In the record, \`fwdUnaswRsn\` and \`sipStatusCode\` tell of the callee's leg: 0 where it did not fail.
- **ulFailReason** is that field of the call record.
- **Announcement** is the scene that belongs to the code; an application may name a file of its own for it. Whether a call
  hears it depends on how it came to its end: a callee who is busy, for one, is told of by his own network.
- Codes without a mark under **given** belong to the hosted product, and no call of this engine ends with them today.`;

const COLUMNS =
  '| stateCode | meaning | SIP | Q.850 | ulFailReason | announcement | given |\n|--:|---|--:|--:|--:|---|:-:|';

/** The page `docs/state-codes.md`: Markdown, one table for each group. */
export function stateCodesPage(): string {
  const tables = STATE_GROUPS.map((group) => {
    const rows = STATE_CODES.filter((each) => each.group === group).map(lineOf);
    return `## ${HEADINGS[group]}\n\n${COLUMNS}\n${rows.join('\n')}`;
  });
  return `${[INTRODUCTION, ...tables].join('\n\n')}\n`;
}

function lineOf(code: StateCode): string {
  const { stateCode, description, sipStatus, q850, ulFailReason, announcement = '', isGiven } = code;
  const cells = [stateCode, description, sipStatus, q850, ulFailReason, announcement, isGiven ? '●' : ''];
  return `| ${cells.join(' | ')} |`;
}
