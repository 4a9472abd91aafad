import { deployed } from './files.ts';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** The dashboard as Grafana reads it. */
export function dashboardText(): string {
  return deployed('grafana/dashboards/axbridge.json');
}

/** What each panel asks Prometheus. */
export function dashboardQueries(): { readonly title: string; readonly expr: string }[] {
  const { panels }: { panels: readonly Panel[] } = JSON.parse(dashboardText());
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
}
