import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Application } from '../kit/Application.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(resolve(ROOT, 'docs/first-day.md'), 'utf8');

/** What the page lets its reader type, and what it says comes out; nothing where it says nothing. */
interface Step {
  readonly commands: string;
  readonly output: string | undefined;
}

const steps: readonly Step[] = [...PAGE.matchAll(/^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)].map(
  ([, commands = '', output]) => ({ commands, output }),
);
const [start, ...typed] = steps;

/** The settings with which the page starts axbridge. */
const settings = Object.fromEntries(
  [...(start?.commands.matchAll(/(AXBRIDGE_\w+)=(\S+)/g) ?? [])].map(([, name = '', value = '']) => [
    name,
    value,
  ]),
);

/** What a terminal of a stranger has: nothing of axbridge, whatever these tests were started with. */
const SURROUNDINGS = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('AXBRIDGE_')),
);
const PATIENCE_MS = 30_000;

/** A terminal: a shell that stays, and what it prints on either stream. */
class Terminal {
  readonly #shell: ChildProcessWithoutNullStreams;
  #printed = '';

  constructor(env: Readonly<Record<string, string>>) {
    this.#shell = spawn('bash', { cwd: ROOT, env: { ...SURROUNDINGS, ...env } });
    for (const stream of [this.#shell.stdout, this.#shell.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#printed += text;
      });
    this.#shell.stdin.write('exec 2>&1\n');
  }

  /** @returns what the commands have printed */
  async type(commands: string): Promise<string> {
    const end = `--- end of step ${process.hrtime.bigint()}`;
    this.#printed = '';
    this.#shell.stdin.write(`${commands}\necho '${end}'\n`);
    await expect.poll(() => this.#printed, { timeout: PATIENCE_MS, interval: 20 }).toContain(`${end}\n`);
    return this.#printed.slice(0, this.#printed.indexOf(end));
  }

  async close(): Promise<void> {
    const gone = once(this.#shell, 'exit');
    this.#shell.stdin.end();
    await gone;
  }
}

let application: Application;
let terminal: Terminal;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  application = await Application.start({
    database: database.url,
    env: { ...settings, AXBRIDGE_PUSH_ALLOW: '' },
  });
  terminal = new Terminal({ AXBRIDGE_ADMIN_URL: application.http });
});
afterAll(async () => {
  await terminal?.close();
  await application?.stop();
});

/** A pattern for an output in which `…` stands for anything within a line. Columns may be wider than on the page. */
function patternOf(output: string): RegExp {
  const lines = output
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .split(/(…| {2,})/)
        .map((part) =>
          part === '…' ? '(.*?)' : / {2}/.test(part) ? ' {2,}' : part.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'),
        )
        .join(''),
    );
  return new RegExp(`^${lines.join('\n')}\n?$`);
}

/** Puts what stood at `…` in the last output in place of each `…`, one after the other. */
function fillIn(commands: string, seen: readonly string[]): string {
  const left = [...seen];
  return commands.replace(/…/g, () => left.shift() ?? expect.unreachable('nothing to fill in'));
}

it('starts axbridge with a token that is typed later', () => {
  expect(settings).toHaveProperty('AXBRIDGE_ADMIN_TOKEN');
  expect(typed[0]?.commands).toContain(`AXBRIDGE_ADMIN_TOKEN=${settings.AXBRIDGE_ADMIN_TOKEN}\n`);
});

it('leads to what it says, line by line', { timeout: 300_000 }, async () => {
  let seen: readonly string[] = [];
  for (const { commands, output } of typed) {
    const line = fillIn(commands.replaceAll('http://127.0.0.1:8080', application.http), seen);
    let printed = await terminal.type(line);
    if (output === undefined) continue;
    const pattern = patternOf(output);
    // The page says how long this takes, and its reader waits.
    const isPatient = /^axbridge [a-z-]+ list [^|]*$/.test(line.trim());
    await expect
      .poll(
        async () => {
          if (!pattern.test(printed) && isPatient) printed = await terminal.type(line);
          return printed;
        },
        { timeout: isPatient ? PATIENCE_MS : 0, interval: 500 },
      )
      .toMatch(pattern);
    seen = pattern.exec(printed)?.slice(1) ?? [];
  }
});
