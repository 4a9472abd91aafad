import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

/** What an operator needs first (issue 2, must-show 9). */
const NEEDED = [
  'axbridge_ready',
  'axbridge_calls_active',
  'axbridge_call_attempts_total',
  'axbridge_post_dial_delay_seconds',
  'axbridge_call_setup_seconds',
  'axbridge_routing_decision_seconds',
  'axbridge_routing_cache_entries',
  'axbridge_routing_cache_hits_total',
  'axbridge_routing_cache_misses_total',
  'axbridge_trunk_up',
  'axbridge_media_sessions',
  'axbridge_media_server_up',
  'axbridge_push_queue_depth',
  'axbridge_push_oldest_age_seconds',
  'axbridge_push_failures_total',
  'axbridge_customer_questions_total',
  'axbridge_customer_answer_seconds',
  'axbridge_partner_refusals_total',
  'axbridge_details_not_kept_total',
  'axbridge_event_loop_lag_seconds',
];

const promtool = spawnSync('promtool', ['--version']).error === undefined;

let scenario: Scenario;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  scenario = await Scenario.start({
    database: database.url,
    anna: { sound: false },
    ben: { sound: false },
  });
  const { pair, atAnna, atBen } = await scenario.talk();
  await atBen.hangUp();
  await atAnna.end();
  await scenario.told(pair.x);
});

afterAll(async () => {
  await scenario?.close();
});

describe('the metrics page', () => {
  it('has every series that an operator needs first', async () => {
    const text = await scenario.application.metrics();
    const named = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]));
    expect(NEEDED.filter((name) => !named.has(name))).toEqual([]);
  });

  it.skipIf(process.env.AXBRIDGE_DRACHTIO)('counts what the embedded SIP server dropped', async () => {
    const { sip } = scenario.application;
    const socket = createSocket('udp4');
    const garbage = 'OPTIONS sip:nobody@127.0.0.1 SIP/2.0\r\nVia: rubbish\r\n\r\n';
    socket.send(garbage, sip.port, sip.host);
    await expect
      .poll(() => scenario.application.metrics())
      .toMatch(/^axbridge_sip_dropped_messages_total\{reason="[\w-]+"\} [1-9]/m);
    socket.close();
  });

  it('says that this node takes calls', async () => {
    expect(await scenario.application.metric('axbridge_ready')).toBe(1);
  });

  it('counts the call that was made', async () => {
    const text = await scenario.application.metrics();
    expect(text).toMatch(/^axbridge_call_attempts_total\{mode="AXB",outcome="completed"\} 1$/m);
    expect(text).toMatch(/^axbridge_post_dial_delay_seconds_count\{mode="AXB"\} 1$/m);
    expect(text).toMatch(/^axbridge_call_setup_seconds_count\{mode="AXB"\} 1$/m);
    expect(text).toMatch(/^axbridge_trunk_up\{trunk="carrier-a"\} 1$/m);
  });

  it('counts what the partner API refuses, by reason', async () => {
    const { application, app } = scenario;
    const guess = new PartnerClient(application.http, app.appKey, 'guessed');
    expect((await guess.query({ subscriptionId: 'none' })).body.resultcode).toBe('1010003');
    expect(await application.metrics()).toMatch(
      /^axbridge_partner_refusals_total\{reason="credentials-rejected"\} 1$/m,
    );
  });

  it('has no number and no id in any label', async () => {
    const text = await scenario.application.metrics();
    expect(text).not.toMatch(/\d{7,}"/);
    expect(text).not.toContain(scenario.app.appKey);
  });

  it.runIf(promtool)('passes promtool check metrics', async () => {
    const check = spawnSync('promtool', ['check', 'metrics'], {
      input: await scenario.application.metrics(),
    });
    expect(`${check.stdout}${check.stderr}`).toBe('');
    expect(check.status).toBe(0);
  });

  it('stands beside a health page and a readiness page', async () => {
    const { ops } = scenario.application;
    expect((await fetch(`${ops}/healthz`)).status).toBe(200);
    expect((await fetch(`${ops}/readyz`)).status).toBe(200);
  });
});
