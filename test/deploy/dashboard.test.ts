import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { dashboardQueries, dashboardText } from './dashboardQueries.ts';
import { deployed, hasProgram, run } from './files.ts';
import { typeFaults } from './typeFaults.ts';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

const COLUMNS = 24;
const dashboard: {
  uid: string;
  panels: readonly Panel[];
  templating: { list: readonly { name: string }[] };
} = JSON.parse(dashboardText());

describe('the Grafana dashboard', () => {
  it('is what the schema of Grafana calls a dashboard', () => {
    // Members of its enums, which JSON can only write as strings.
    const literal = dashboardText()
      .replace(/"mode": "absolute"/g, '"mode": ThresholdsMode.Absolute')
      .replace(/"type": "value"/g, '"type": MappingType.ValueToText');
    const imports = `import { type Dashboard, MappingType, ThresholdsMode } from '@grafana/schema';`;
    expect(typeFaults(imports, 'Dashboard', [literal])).toBe('');
  });

  it('has panels that do not lie on one another', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Set<string>();
    for (const { gridPos } of dashboard.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x).toBeLessThan(COLUMNS);
          expect(taken.has(`${x},${y}`)).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  it.skipIf(!hasProgram('promtool', 'prometheus'))('asks nothing that Prometheus does not understand', () => {
    const folder = mkdtempSync(join(tmpdir(), 'axbridge-queries-'));
    try {
      const rules = dashboardQueries().map(({ expr }, index) => ({
        record: `query:${index}`,
        expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*'),
      }));
      const file = join(folder, 'queries.yml');
      writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
      const { status, said } = run('promtool', ['check', 'rules', file]);
      expect(status, said).toBe(0);
      expect(said).toContain(`${rules.length} rules found`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is found by the provisioning that Compose mounts', () => {
    const [provider] = parse(deployed('grafana/provisioning/dashboards/axbridge.yml')).providers;
    expect(deployed('compose.yaml')).toContain(`./grafana/dashboards:${provider.options.path}:ro`);
    const [source] = parse(deployed('grafana/provisioning/datasources/prometheus.yml')).datasources;
    expect(deployed('compose.yaml')).toContain(`--web.listen-address=${new URL(source.url).host}`);
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'instance']);
  });
});
