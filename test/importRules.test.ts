import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const TOP = ['src', 'routing', 'media', 'embedded', 'cli', 'demo', 'docs'];

/** Which part may import which. A part is a top folder, or a folder of src; `src/main.ts` is the composition root. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  routing: [],
  media: [],
  embedded: [],
  cli: ['src/config'],
  demo: ['test/kit'],
  docs: ['src/calls'],
  'src/main': ['*'],
  'src/startNode': [
    ...['src/api', 'src/processes', 'src/openStores', 'src/servers', 'src/startApi', 'src/startCalls'],
    ...['src/startDetails', 'src/startJournal', 'src/startRecordings', 'src/store', 'src/telemetry'],
  ],
  'src/surroundings': ['src/api', 'src/config', 'src/processes', 'src/servers', 'src/telemetry'],
  'src/runAlone': ['src/config', 'src/servers', 'src/startNode', 'src/surroundings', 'src/telemetry'],
  'src/runProcess': [
    ...['src/config', 'src/processes', 'src/servers', 'src/startNode', 'src/surroundings', 'src/telemetry'],
  ],
  'src/runGroup': [
    ...['src/config', 'src/processes', 'src/runProcess', 'src/servers', 'src/store', 'src/surroundings'],
    ...['src/telemetry'],
  ],
  'src/processes': ['src/telemetry'],
  'src/servers': [
    ...['embedded', 'freeswitch-conf', 'src/api', 'src/config', 'src/processes', 'src/telemetry'],
  ],
  // Each builds one group of parts for `src/main.ts`.
  'src/openStores': ['src/store', 'src/calls', 'src/servers'],
  'src/startJournal': [
    ...['src/push', 'src/store', 'src/servers', 'src/openStores', 'src/startSpans', 'src/telemetry'],
  ],
  'src/startRecordings': ['src/recordings', 'src/config', 'src/servers', 'src/openStores', 'src/telemetry'],
  'src/startCalls': [
    ...['src/calls', 'src/recordings', 'src/sip', 'src/store', 'routing', 'media'],
    ...['src/servers', 'src/openStores', 'src/startDetails', 'src/startJournal', 'src/telemetry'],
  ],
  'src/startSpans': ['src/servers', 'src/telemetry'],
  'src/startDetails': ['src/calls', 'src/sip', 'src/store', 'src/servers', 'src/openStores'],
  'src/startGate': ['src/api', 'src/store', 'src/config', 'src/servers', 'src/openStores'],
  'src/startApi': [
    ...['src/api', 'src/admin', 'src/openapi', 'src/bindings', 'src/push', 'src/store', 'src/recordings'],
    ...['src/servers', 'src/openStores', 'src/startDetails', 'src/startGate', 'src/startJournal'],
    ...['src/config', 'src/telemetry'],
  ],
  'src/settingForms': [],
  'src/config': ['src/settingForms'],
  'src/telemetry': ['src/config', 'routing'],
  'src/store': ['src/processes', 'src/telemetry', 'src/config', 'routing'],
  'src/bindings': ['src/store', 'src/telemetry', 'src/config', 'routing'],
  'src/recordings': ['src/store', 'src/telemetry', 'src/config', 'media'],
  'src/openapi': [],
  'src/api': [
    'src/openapi',
    'src/bindings',
    'src/processes',
    'src/recordings',
    'src/store',
    'src/telemetry',
    'src/config',
    'routing',
  ],
  'src/admin': [
    'src/openapi',
    'src/bindings',
    'src/store',
    'src/telemetry',
    'src/config',
    'routing',
    'media',
  ],
  'src/sip': ['src/processes', 'src/telemetry', 'src/config', 'routing', 'src/store'],
  'src/calls': ['src/sip', 'src/recordings', 'src/store', 'src/telemetry', 'src/config', 'routing', 'media'],
  'src/push': ['src/store', 'src/telemetry', 'src/config', 'routing'],
};

function partOf(file: string): string {
  const [top = '', second = ''] = relative(root, file).split('/');
  if (top === 'src' || top === 'test') return `${top}/${second.replace(/\.ts$/, '')}`;
  return top;
}

function importsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  const specifiers = source.matchAll(
    /(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+|new URL\(\s*)['"](\.[^'"]+)['"]/g,
  );
  return [...specifiers].map((match) => resolve(dirname(file), match[1] ?? ''));
}

const files = TOP.flatMap((top) => globSync(`${top}/**/*.ts`, { cwd: root })).map((file) => join(root, file));

describe('who may import whom', () => {
  it('sees the source', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it.each(files.map((file) => relative(root, file)))('%s keeps the rules', (name) => {
    const file = join(root, name);
    const part = partOf(file);
    const allowed = MAY_IMPORT[part];
    if (allowed === undefined) throw new Error(`${part} is in no rule`);
    const broken = importsOf(file)
      .map(partOf)
      .filter((target) => target !== part && !allowed.includes('*') && !allowed.includes(target));
    expect(broken).toEqual([]);
  });

  it('leaves the composition root to nobody', () => {
    const importers = files.filter((file) => importsOf(file).includes(join(root, 'src/main.ts')));
    expect(importers).toEqual([]);
  });
});
