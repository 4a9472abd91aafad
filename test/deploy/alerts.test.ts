import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PARTNER_ERRORS } from '../../src/api/errorCodes.ts';
import { STATE_CODES } from '../../src/calls/stateCodes.ts';
import { Application } from '../kit/Application.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';
import { dashboardQueries } from './dashboardQueries.ts';
import { DEPLOY, deployed, hasProgram, ROOT, run } from './files.ts';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

const FOLDER = join(DEPLOY, 'prometheus');
const groups: readonly { rules: readonly Alert[] }[] = parse(deployed('prometheus/alerts.yml')).groups;
const alerts = groups.flatMap(({ rules }) => rules);
const TESTS = ['alerts.test.yml', 'alerts.week.test.yml'];
const hasPromtool = hasProgram('promtool', 'prometheus');
/** It evaluates every rule for weeks of its own time. */
const PROMTOOL_MS = 120_000;
/** Series that are Prometheus' own, or of a call that was not even decided. */
const PROMETHEUS_OWN = ['up'];
const OUTCOMES_BEFORE_A_CALL = ['journal-away', 'routing-away', 'trunk-full'];

let application: Application;
let exposed: Set<string>;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  application = await Application.start({ database: database.url });
  exposed = new Set(
    [...(await application.metrics()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
});

afterAll(async () => {
  await application?.stop();
});

/** Names of series in an expression: what stands before a brace or a range, or alone and is no function. */
function seriesIn(expression: string): string[] {
  const bare = expression.replace(/\{[^}]*\}/g, '{}').replace(/\b(?:by|on|without) \([^)]*\)/g, '');
  return [...bare.matchAll(/\b(axbridge_\w+|process_\w+|nodejs_\w+|up)\b/g)].map(([name]) => name);
}

describe('the alert rules', () => {
  it.skipIf(!hasPromtool)('are what Prometheus takes, as its configuration is', () => {
    const { status, said } = run('promtool', ['check', 'config', join(FOLDER, 'prometheus.yml')]);
    expect(status, said).toBe(0);
    expect(said).toContain(`${alerts.length} rules found`);
  });

  it.skipIf(!hasPromtool)(
    'fire when they should, and only then',
    () => {
      const { status, said } = run('promtool', ['test', 'rules', ...TESTS], { cwd: FOLDER });
      expect(status, said).toBe(0);
    },
    PROMTOOL_MS,
  );

  it('have a test each of firing and of keeping quiet', () => {
    const tests = TESTS.flatMap((file) => parse(deployed(`prometheus/${file}`)).tests);
    const names = tests.map(({ name }: { name: string }) => name).sort();
    expect(names).toEqual(alerts.flatMap(({ alert }) => [`${alert} fires`, `${alert} is quiet`]).sort());
  });

  it('name series that axbridge has', () => {
    for (const { alert, expr } of alerts) {
      const named = seriesIn(expr);
      expect(named.length, alert).toBeGreaterThan(0);
      expect(
        named.filter((name) => !exposed.has(name) && !PROMETHEUS_OWN.includes(name)),
        alert,
      ).toEqual([]);
    }
  });

  it('name outcomes and reasons that axbridge gives', () => {
    const outcomes = new Set([...STATE_CODES.map(({ outcome }) => outcome), ...OUTCOMES_BEFORE_A_CALL]);
    for (const { expr } of alerts) {
      for (const [, list = ''] of expr.matchAll(/attempts_total\{outcome=~?"([^"]*)"/g)) {
        expect(list.split('|').filter((outcome) => !outcomes.has(outcome))).toEqual([]);
      }
      for (const [, list = ''] of expr.matchAll(/refusals_total\{reason=~?"([^"]*)"/g)) {
        expect(list.split('|').filter((reason) => !(reason in PARTNER_ERRORS))).toEqual([]);
      }
    }
  });

  it('are each explained in the runbook, and no other is', () => {
    const runbook = readFileSync(join(ROOT, 'docs', 'runbook.md'), 'utf8');
    const explained = [...runbook.matchAll(/^### (Axbridge\w+)$/gm)].map(([, name]) => name);
    expect(explained).toEqual(alerts.map(({ alert }) => alert));
  });

  it('say how urgent they are', () => {
    for (const { alert, labels } of alerts) expect(['critical', 'warning'], alert).toContain(labels.severity);
  });
});

describe('the dashboard', () => {
  it('asks for series that axbridge has', () => {
    const missing = dashboardQueries()
      .flatMap(({ title, expr }) => seriesIn(expr).map((name) => ({ title, name })))
      .filter(({ name }) => !exposed.has(name));
    expect(missing).toEqual([]);
  });
});
