import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SCENES, type SceneName } from '../../../media/index.ts';
import { isQuestion } from '../../kit/customerReplies.ts';
import { Scenario, type ScenarioOptions } from '../../kit/Scenario.ts';
import { type Announcement, type Sound, signature, soundOf } from '../../kit/signature.ts';
import type { Tenant, TenantMode } from '../../kit/Tenant.ts';
import { createTestDatabase } from '../../kit/testDatabase.ts';
import type { SinkAnswer } from '../../kit/WebhookSink.ts';
import type { Row } from './Row.ts';

/** Long enough to be told apart, short enough for a hundred calls. */
const OWN_MS = 700;
/** Calls that nobody takes are given up soon; no announcement that is heard while it rings takes so long. */
export const RING_SECONDS = 8;

const SOUNDS = join(import.meta.dirname, '..', '..', '..', 'freeswitch-conf', 'sounds', 'zh');
const sceneNames = Object.keys(SCENES) as SceneName[];

/** The product's own announcement of a scene, by the name under which it is heard. */
export const productsOwn = (scene: SceneName): string => `product/${scene}.wav`;
/** An application's own announcement of a scene. */
export const own = (scene: SceneName): string => `own-${scene}.wav`;

/** Announcements that bindings and customers name. */
export const FILES = {
  ringback: 'ringback.wav',
  otherRingback: 'other-ringback.wav',
  recordHint: 'hint.wav',
  lastMinute: 'last.wav',
  callBack: 'call-back.wav',
  farewell: 'farewell.wav',
  damaged: 'damaged.wav',
} as const;

const EVERYWHERE: readonly SceneName[] = ['no-permission', 'no-binding', 'business-fault'];

/** Scenes in which an application of a mode may have announcements of its own. */
const SCENES_OF_MODE: Readonly<Record<TenantMode, readonly SceneName[]>> = {
  AXB: EVERYWHERE,
  AX: [...EVERYWHERE, 'no-call-back-record', 'busy'],
  AXE: [
    ...EVERYWHERE,
    'enter-extension',
    'wrong-extension',
    'wrong-extension-retry',
    'no-extension',
    'no-call-back-record',
    'wait',
    'busy',
  ],
  AXYB: EVERYWHERE,
  X: EVERYWHERE,
};

/** What a carrier says when it cannot reach somebody. */
export const CARRIER_SAYS: Announcement = signature('carrier', 1500);

interface Explanation {
  readonly decision: Readonly<Record<string, unknown>>;
  readonly because: readonly string[];
}

/** One running application with every announcement that the scenarios play, and a customer for each of them. */
export class World {
  readonly scenario: Scenario;
  /** Everything that could be heard, by name. */
  readonly sounds: readonly Sound[];

  /** Awaited in each call while both people talk; for tests in which many of them do so at the same time. */
  whileTheyTalk: () => Promise<void> = async () => undefined;
  /** Numbers of whose calls nobody must be told. */
  readonly untold: string[] = [];
  /** What the customer's server answers to questions, by X. */
  readonly #answers = new Map<string, SinkAnswer>();

  private constructor(scenario: Scenario, sounds: readonly Sound[]) {
    this.scenario = scenario;
    this.sounds = sounds;
    scenario.sink.rule = (request) => {
      if (!isQuestion(request)) return 200;
      return this.#answers.get(JSON.parse(request.body).statusInfo.called) ?? 200;
    };
  }

  static async start(options: ScenarioOptions = {}): Promise<World> {
    const database = await createTestDatabase({ max: 1 });
    await database.close();
    const env = {
      AXBRIDGE_RING_SECONDS: String(RING_SECONDS),
      AXBRIDGE_CONTROL_TIMEOUT_SECONDS: '3',
      ...options.env,
    };
    const scenario = await Scenario.start({ database: database.url, ...options, env });
    const uploads = [...sceneNames.map(own), ...Object.values(FILES)].map((name) => signature(name, OWN_MS));
    for (const { name, wav } of uploads) await scenario.admin.addAnnouncement(name, wav);
    const products = sceneNames.map((scene) =>
      soundOf(productsOwn(scene), readFileSync(join(SOUNDS, `${scene}.wav`))),
    );
    return new World(scenario, [...uploads, ...products, CARRIER_SAYS]);
  }

  /** A customer for one scenario: every announcement is his own, unless the row says otherwise. */
  tenant(mode: TenantMode, { app = {}, announcements = {} }: Row): Promise<Tenant> {
    const his = Object.fromEntries(SCENES_OF_MODE[mode].map((scene) => [scene, own(scene)]));
    return this.scenario.tenant(mode, {
      recording: true,
      ...app,
      announcements: { ...his, ...announcements },
    });
  }

  /** X mode: what the customer's server says to calls of this X. */
  answerTo(x: string, answer: SinkAnswer): void {
    this.#answers.set(x, answer);
  }

  /** Spoils the file of an announcement on the platform's disk. */
  async damage(name: string): Promise<void> {
    const { dataDir } = this.scenario.application;
    await writeFile(join(dataDir, 'announcements', name), 'no sound');
  }

  /** What routing would do with a call now, without one. */
  explain(caller: string, x: string, digits?: string): Promise<Explanation> {
    return this.scenario.admin.send('POST', '/explain', {
      caller,
      x,
      ...(digits !== undefined && { digits }),
    });
  }

  close(): Promise<void> {
    return this.scenario.close();
  }
}
