import type { Context } from './servers.ts';
import type { CallSpans } from './telemetry/callSpans.ts';

/** What takes spans of calls. Without the setting there is nothing, and nothing of OpenTelemetry is loaded. */
export async function startSpans(
  { config, logger, parts }: Pick<Context, 'config' | 'logger' | 'parts'>,
  nodeId: string,
): Promise<CallSpans | undefined> {
  const url = config.AXBRIDGE_OTLP_URL;
  if (url === undefined) return undefined;
  const { SpanExport } = await import('./telemetry/SpanExport.ts');
  const spans = new SpanExport({ url, percent: config.AXBRIDGE_OTLP_PERCENT, nodeId, logger });
  parts.defer(() => spans.stop());
  return spans;
}
