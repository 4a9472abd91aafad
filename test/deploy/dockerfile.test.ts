import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { validate } from 'dockerfile-utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { within } from '../kit/Series.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { deployed, ROOT } from './files.ts';

const START_PATIENCE_MS = 60_000;
const text = deployed('Dockerfile');
const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
/** What the image gets of the repository. */
const copied = [...text.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, words = '']) =>
  words.split(' ').slice(0, -1),
);

let folder: string;
let database: TestDatabase;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'axbridge-image-'));
  database = await createTestDatabase({ max: 1 });
});

afterAll(async () => {
  await database?.close();
  rmSync(folder, { recursive: true, force: true });
});

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

describe('deploy/Dockerfile', () => {
  it('has nothing that a linter finds', () => {
    expect(validate(text)).toEqual([]);
  });

  it('starts from the Node that npm brings, as another user than root, with a health check', () => {
    const wanted = packageJson.devDependencies.node.replace('^', '');
    expect(text).toContain(`ARG NODE=node:${wanted}-`);
    expect(text).toMatch(/^USER axbridge$/m);
    expect(text).toMatch(/^HEALTHCHECK /m);
  });

  it('asks for its health where the settings say that it answers', async () => {
    const [, words = '[]'] = /^HEALTHCHECK .*\n +CMD (.+)$/m.exec(text) ?? [];
    const [, ...args] = JSON.parse(words);
    const paths: (string | undefined)[] = [];
    const server = createServer(({ url }, response) => {
      paths.push(url);
      response.end();
    }).listen(0, '127.0.0.5');
    await once(server, 'listening');
    const env = { AXBRIDGE_OPS_HOST: '127.0.0.5', AXBRIDGE_OPS_PORT: String(portOf(server)) };
    expect(await once(spawn(process.execPath, args, { env }), 'exit')).toEqual([0, null]);
    expect(paths).toEqual(['/healthz']);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(await once(spawn(process.execPath, args, { env }), 'exit')).toEqual([1, null]);
  });

  it('starts axbridge as npm start does', () => {
    const [entry, ...rest] = packageJson.scripts.start.split(' ');
    expect(text).toContain(`\nENTRYPOINT ${JSON.stringify([entry])}\n`);
    const commands = [...text.matchAll(/^CMD (.+)$/gm)].map(([, words = '']) => JSON.parse(words));
    expect(commands).toEqual([rest]);
  });

  it('copies what is there, and what .dockerignore lets through', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8');
    for (const path of copied) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
      expect(ignored).toContain(`\n!${path}\n`);
    }
  });

  it(
    'copies all that axbridge needs to start',
    async () => {
      for (const path of copied) {
        mkdirSync(join(folder, path, '..'), { recursive: true });
        cpSync(join(ROOT, path), join(folder, path), { recursive: true });
      }
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      const child = spawn(process.execPath, ['src/main.ts'], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          PATH: process.env.PATH,
          DATABASE_URL: database.url,
          AXBRIDGE_ADMIN_TOKEN: randomBytes(16).toString('hex'),
          AXBRIDGE_DATA_DIR: join(folder, 'data'),
          ...Object.fromEntries(
            ['HTTP', 'OPS', 'SIP', 'DRACHTIO', 'ESL', 'MEDIA_SIP', 'RTP'].map((each) => [
              `AXBRIDGE_${each}_PORT`,
              '0',
            ]),
          ),
        },
      });
      const gone = once(child, 'exit');
      const lines: string[] = [];
      const ready = (async () => {
        for await (const line of createInterface({ input: child.stdout })) {
          lines.push(line);
          if (line.includes('axbridge is ready')) return true;
        }
        return false;
      })();
      expect(await within(ready, 'axbridge to be ready', START_PATIENCE_MS), lines.join('\n')).toBe(true);
      child.stdout.resume();
      child.kill('SIGTERM');
      expect((await gone)[0]).toBe(0);
    },
    2 * START_PATIENCE_MS,
  );
});
