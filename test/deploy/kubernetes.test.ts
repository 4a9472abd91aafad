import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { SETTINGS } from '../../src/config.ts';
import { deployed, namesIn } from './files.ts';
import { typeFaults } from './typeFaults.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** A kind's class of `kubernetes-models`, whose `validate` holds a manifest against the schema of Kubernetes. */
type Model = new (manifest: unknown) => { validate(): void };

const FOLDER = 'kubernetes';
const KUSTOMIZATION = 'kustomization.yaml';
const files = namesIn(FOLDER).filter((name) => name !== KUSTOMIZATION);
const manifests = files.flatMap((file) =>
  parseAllDocuments(deployed(`${FOLDER}/${file}`)).map((document) => document.toJS() as Manifest),
);
const cell = JSON.parse(JSON.stringify(manifests.find(({ kind }) => kind === 'StatefulSet')));
const { initContainers, containers } = cell.spec.template.spec as Record<
  'initContainers' | 'containers',
  readonly Container[]
>;
const axbridge = containers[0];

describe('deploy/kubernetes', () => {
  it.each(manifests.map((manifest) => [manifest.kind, manifest.metadata.name, manifest] as const))(
    '%s %s is as the schema of Kubernetes has it, with no field that it does not know',
    async (kind, _name, manifest) => {
      const name = `kubernetes-models/${manifest.apiVersion}`;
      const models: Readonly<Record<string, unknown>> = await import(/* @vite-ignore */ name);
      const Kind = models[kind] as Model;
      expect(() => new Kind(manifest).validate()).not.toThrow();
      const imports = `import type { I${kind} } from 'kubernetes-models/${manifest.apiVersion}';`;
      expect(typeFaults(imports, `I${kind}`, [JSON.stringify(manifest)])).toBe('');
    },
  );

  it('lists every manifest', () => {
    const { resources } = parse(deployed(`${FOLDER}/${KUSTOMIZATION}`));
    expect([...resources].sort()).toEqual(files);
  });

  it('sets nothing that axbridge does not know', () => {
    const config = manifests.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: object };
    const named = [...(axbridge?.env ?? []).map(({ name }) => name), ...Object.keys(config.data)];
    for (const name of named.filter((each) => each.startsWith('AXBRIDGE_')))
      expect(SETTINGS).toHaveProperty(name);
  });

  it('ends axbridge before the servers that carry its calls, and gives calls the time that it waits for them', () => {
    const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
    expect(sidecars.map(({ name }) => name)).toEqual(['drachtio', 'freeswitch']);
    const drain = axbridge?.env?.find(({ name }) => name === 'AXBRIDGE_DRAIN_SECONDS')?.value;
    expect(cell.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(drain));
  });

  it('lets the media server hear the SIP server, which has the address of the host', () => {
    const { env = [] } = initContainers.find(({ name }) => name === 'freeswitch') ?? {};
    expect(env).toContainEqual({ name: 'MRF_CLIENTS', value: '127.0.0.0/8,$(MRF_RTP_HOST)/32' });
    // What is named in a value must stand before it.
    expect(env.map(({ name }) => name).indexOf('MRF_RTP_HOST')).toBe(0);
  });

  it('takes the images that Compose takes', () => {
    const { services } = parse(deployed('compose.yaml'));
    for (const { name, image } of [...initContainers, ...containers]) {
      expect(image).toBe(services[name === 'configuration' ? 'axbridge' : name].image);
    }
  });
});
