import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminConnection } from '../../cli/AdminConnection.ts';
import type { Command } from '../../cli/command.ts';
import { COMMANDS, runCommand } from '../../cli/commands.ts';
import { adminOperations } from '../../src/admin/adminOperations.ts';

/** Every command there is, by what is typed to get it. */
const all: readonly (readonly [name: string, command: Command])[] = Object.entries(COMMANDS).flatMap(
  ([name, entry]): (readonly [string, Command])[] =>
    'commands' in entry
      ? Object.entries(entry.commands).map(([verb, command]) => [`${name} ${verb}`, command])
      : [[name, entry]],
);

const operations = adminOperations.operations.map(({ id, method, path }) => ({
  id,
  asks: new RegExp(`^${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '[^/]+')}$`),
}));

const asked = new Set<string>();
let server: Server;
let folder: string;
let before: string;

/** An admin API that says yes to everything, and a folder for what examples write. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    const line = `${method} ${decodeURIComponent(url.split('?', 1)[0] ?? '')}`;
    const operation = operations.find(({ asks }) => asks.test(line));
    if (operation !== undefined) asked.add(operation.id);
    request.resume();
    response.statusCode = operation === undefined ? 404 : 200;
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  folder = await mkdtemp(join(tmpdir(), 'axbridge-cli-'));
  before = process.cwd();
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(before);
  server.close();
  await rm(folder, { recursive: true });
});

function connect(): AdminConnection {
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return new AdminConnection(`http://127.0.0.1:${port}`, 'token');
}

/** The words of a line as a shell takes them, with its two kinds of quotes. */
const words = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  );

describe.each(all)('axbridge %s', (name, { options, examples }) => {
  it('has examples that begin with its name and ask something that the admin API answers', async () => {
    for (const example of examples) {
      expect(example).toMatch(new RegExp(`^${name}( |$)`));
      const [, upload] = / upload (\S+)/.exec(example) ?? [];
      if (upload !== undefined) await writeFile(upload, 'RIFF');
      await runCommand(words(example), connect);
      if (upload !== undefined) await rm(upload);
    }
  });

  it('tells of its purpose, its options and its examples, and asks nobody for that', async () => {
    const help = await runCommand([...name.split(' '), '--help'], () => expect.unreachable('asked'));
    expect(help).toMatch(new RegExp(`^axbridge ${name}: `));
    for (const option of Object.keys(options)) expect(help).toContain(`--${option} `);
    for (const example of examples) expect(help).toContain(`npm run axbridge -- ${example}`);
  });
});

/** One number is moved as several are. */
const ASKED_OTHERWISE = ['moveNumber'];

it('leaves nothing that the admin API can do to other tools', () => {
  expect(operations.map(({ id }) => id).filter((id) => !asked.has(id))).toEqual(ASKED_OTHERWISE);
});

it.each(Object.keys(COMMANDS))('--help names %s, and tells of all its commands', async (name) => {
  const nobody = () => expect.unreachable('asked');
  expect(await runCommand(['--help'], nobody)).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  const help = await runCommand([name, '--help'], nobody);
  for (const [full] of all.filter(([full]) => full.startsWith(`${name} `)))
    expect(help).toContain(`  ${full} `);
});
