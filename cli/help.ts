import type { Command, CommandGroup } from './command.ts';

/** A command line, or a group of them. */
export type CommandTree = Readonly<Record<string, Command | CommandGroup>>;

const START = 'npm run axbridge --';
const WIDEST = 100;

/** What `axbridge --help` says: everything there is, by the kind of thing that it is about. */
export function describeTree(tree: CommandTree): string {
  return [
    'axbridge: the command line of a running axbridge',
    '',
    `  ${START} <command> [options]`,
    '',
    ...pairs(
      Object.entries(tree).map(([name, entry]) => [
        name,
        'commands' in entry ? `${entry.purpose}: ${Object.keys(entry.commands).join(', ')}` : entry.purpose,
      ]),
    ),
    '',
    `Every one knows --help, with examples: ${START} number --help, ${START} number add --help.`,
    'Every one knows --json: the answer as the admin API gave it, for scripts.',
    'Exit codes: 0 done, 1 refused or not reached, 2 the command line cannot be understood.',
    '',
    'AXBRIDGE_ADMIN_URL says where axbridge listens (http://127.0.0.1:8080), AXBRIDGE_ADMIN_TOKEN is the operator token.',
    "docs/first-day.md goes through an operator's first day.",
  ].join('\n');
}

/** What `axbridge account --help` says. */
export function describeGroup(name: string, { purpose, commands }: CommandGroup): string {
  return [
    `axbridge ${name}: ${purpose}`,
    '',
    ...pairs(Object.entries(commands).map(([verb, command]) => [`${name} ${verb}`, command.purpose])),
    '',
    `More of each, with examples: ${START} ${name} ${Object.keys(commands)[0]} --help`,
  ].join('\n');
}

/** What `axbridge account add --help` says. */
export function describeCommand(name: string, command: Command): string {
  const { purpose, more, options, subject, examples } = command;
  const rows = [
    ...Object.entries(options).map(([option, { value, meaning }]): Pair => [`--${option} ${value}`, meaning]),
    ['--json', 'the answer as the admin API gave it'] satisfies Pair,
  ];
  const [first] = subject === undefined ? [] : [options[subject]];
  return [
    `axbridge ${name}: ${purpose}`,
    '',
    `  ${START} ${name}${first === undefined ? '' : ` ${first.value}`}${Object.keys(options).length > 0 ? ' [options]' : ''}`,
    '',
    ...pairs(rows),
    ...(subject === undefined ? [] : ['', `--${subject} may be left out before its value.`]),
    ...(more === undefined ? [] : ['', ...more.split('\n').flatMap((line) => wrap(line, WIDEST))]),
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    ...examples.map((example) => `  ${START} ${example}`),
  ].join('\n');
}

type Pair = readonly [left: string, right: string];

/** Two columns; what does not fit into the second goes on under it. */
function pairs(rows: readonly Pair[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.flatMap(([left, right]) =>
    wrap(right, WIDEST - width).map((line, index) => `  ${(index === 0 ? left : '').padEnd(width)}  ${line}`),
  );
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
