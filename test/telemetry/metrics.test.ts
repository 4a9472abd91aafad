import { describe, expect, it } from 'vitest';
import { Metrics } from '../../src/telemetry/metrics.ts';

describe('the lag of the event loop', () => {
  it('is what the process is late, without the time between two looks at it', async () => {
    const metrics = new Metrics();
    const lagSeconds = async () => {
      const { body: text } = await metrics.expose();
      return Number(/^axbridge_event_loop_lag_seconds (\S+)$/m.exec(text)?.[1]);
    };
    // Nothing has been looked at before; a busy machine is late now and then, and not always.
    const isShort = async () => {
      const lag = await lagSeconds();
      return lag > 0 && lag < 0.04;
    };
    await expect.poll(isShort, { timeout: 20_000, interval: 200 }).toBe(true);
  });

  it('is told once', async () => {
    const { body: text } = await new Metrics().expose();
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(text).not.toMatch(/nodejs_eventloop_lag_p99|nodejs_eventloop_lag_mean/);
  });
});
