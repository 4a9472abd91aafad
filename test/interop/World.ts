import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdminClient } from '../kit/AdminClient.ts';
import { Application } from '../kit/Application.ts';
import { fromALaw, readWav, shareOfTone, toneSecond } from '../kit/audio.ts';
import { type ToldCall, toldOf } from '../kit/customer.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { WebhookSink } from '../kit/WebhookSink.ts';
import { freeUdpPort } from './ports.ts';

export const CALLER_HZ = 440;
export const CALLEE_HZ = 660;
const TONE_SECONDS = 10;
const LOOK_EVERY_MS = 100;
const PATIENCE_MS = 10_000;

/** A pair of numbers bound on an X. */
export interface Bound {
  readonly a: string;
  readonly b: string;
  readonly x: string;
}

/** axbridge as a process, one customer, and one trunk whose far end is a phone that we did not write. */
export class World {
  readonly application: Application;
  readonly sink: WebhookSink;
  readonly admin: AdminClient;
  /** Where the callee's phone must listen. */
  readonly calleePort: number;
  /** For logs of the phones; holds `caller.alaw` and `callee.alaw`, tones in packets' worth of 20 ms. */
  readonly folder: string;
  readonly #partner: PartnerClient;
  readonly #appKey: string;
  #count = 0;

  private constructor(
    parts: Pick<World, 'application' | 'sink' | 'admin' | 'calleePort' | 'folder'>,
    app: { appKey: string; appSecret: string },
  ) {
    this.application = parts.application;
    this.sink = parts.sink;
    this.admin = parts.admin;
    this.calleePort = parts.calleePort;
    this.folder = parts.folder;
    this.#appKey = app.appKey;
    this.#partner = new PartnerClient(parts.application.http, app.appKey, app.appSecret);
  }

  static async start(ringSeconds: number): Promise<World> {
    const env = {
      AXBRIDGE_RING_SECONDS: String(ringSeconds),
      // sipp takes an OPTIONS for the start of another call.
      AXBRIDGE_TRUNK_OPTIONS_SECONDS: '0',
    };
    const [application, sink] = await Promise.all([Application.start({ env }), WebhookSink.start()]);
    const { admin } = application;
    const calleePort = await freeUdpPort();
    const folder = mkdtempSync(join(tmpdir(), 'axbridge-interop-'));
    for (const [name, hertz] of [
      ['caller', CALLER_HZ],
      ['callee', CALLEE_HZ],
    ] as const) {
      const second = toneSecond(hertz);
      writeFileSync(join(folder, `${name}.alaw`), Buffer.concat(Array(TONE_SECONDS).fill(second)));
    }
    const app = await admin.createApp({
      name: 'interop',
      mode: 'AXB',
      recording: true,
      statusUrl: `${sink.url}/status`,
      feeUrl: `${sink.url}/fee`,
    });
    await admin.addTrunk({
      name: 'far-phone',
      host: '127.0.0.1',
      port: calleePort,
      transport: 'udp',
      sources: ['127.0.0.1/32'],
    });
    return new World({ application, sink, admin, calleePort, folder }, app);
  }

  /** Two people on an X of their own. */
  async bind(terms: Readonly<Record<string, unknown>>): Promise<Bound> {
    this.#count += 1;
    const digits = String(this.#count).padStart(4, '0');
    const bound = { a: `+861390001${digits}`, b: `+861390002${digits}`, x: `+861700000${digits}` };
    await this.admin.addNumber(this.#appKey, bound.x);
    const { body } = await this.#partner.bind(bound.a, bound.b, { relationNum: bound.x, ...terms });
    if (body.resultcode !== '0') throw new Error(`bind: ${JSON.stringify(body)}`);
    return bound;
  }

  /** What the customer was told of the call on this X. */
  async told(x: string): Promise<ToldCall> {
    const [told] = await toldOf(this.sink, x);
    if (told === undefined) throw new Error('the customer was told nothing');
    return told;
  }

  /** How much of the middle of a call's recording is each voice. @throws Error when there is none in A-law, 8 kHz */
  async voices({ records }: ToldCall): Promise<{ caller: number; callee: number; seconds: number }> {
    const name = String(records[0]?.fields.recordObjectName ?? '');
    const { format, hertz, data } = readWav(await this.#recording(name));
    if (format !== 6 || hertz !== 8000) throw new Error(`${name}: expected A-law, 8 kHz`);
    const middle = Math.floor(data.length / 2);
    const stretch = fromALaw(data.subarray(middle - 2000, middle + 2000));
    return {
      caller: shareOfTone(stretch, CALLER_HZ),
      callee: shareOfTone(stretch, CALLEE_HZ),
      seconds: data.length / 8000,
    };
  }

  async stop({ keepLogs }: { keepLogs: boolean }): Promise<void> {
    await this.application.stop();
    await this.sink.close();
    if (!keepLogs) rmSync(this.folder, { recursive: true, force: true });
  }

  async #recording(name: string): Promise<Buffer> {
    if (name === '') throw new Error('the record names no recording');
    const folder = join(this.application.dataDir, 'recordings');
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const entry = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((each) =>
        each.endsWith(name),
      );
      if (entry !== undefined) return readFileSync(join(folder, entry));
      if (Date.now() > until) throw new Error(`no recording ${name}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
