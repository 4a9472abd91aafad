import { Type } from 'typebox';
import type { SceneName } from '../../media/index.ts';
import type { Mode } from '../../routing/types.ts';
import { AnnouncementName } from './fields.ts';
import { Problem } from './problem.ts';

/** The product's own announcement of a scene. */
export const PRODUCTS_OWN = 'default';

/** The record hint is the business of each binding, and of the quality check. */
type AppScene = Exclude<SceneName, 'record-hint'>;

interface AppSceneRule {
  /** Applications in whose calls the scene can come. */
  readonly modes: readonly Mode[];
  /** A new application that says nothing of the scene gets the product's own; without it, what the FAQ's tables say for a scene that is not set. */
  readonly heardAtFirst: boolean;
}

const EVERY_MODE: readonly Mode[] = ['AXB', 'AX', 'AXE', 'AXYB', 'X'];

/** The scenes that an application may set (settings of an application, table 3-1; FAQ 6.7 to 6.9). */
const APP_SCENES: Readonly<Record<AppScene, AppSceneRule>> = {
  'no-permission': { modes: EVERY_MODE, heardAtFirst: true },
  'no-binding': { modes: EVERY_MODE, heardAtFirst: true },
  'business-fault': { modes: EVERY_MODE, heardAtFirst: true },
  'enter-extension': { modes: ['AXE'], heardAtFirst: false },
  'wrong-extension': { modes: ['AXE'], heardAtFirst: true },
  'wrong-extension-retry': { modes: ['AXE'], heardAtFirst: false },
  'no-extension': { modes: ['AXE'], heardAtFirst: true },
  'no-call-back-record': { modes: ['AX', 'AXE'], heardAtFirst: true },
  wait: { modes: ['AXE'], heardAtFirst: false },
  busy: { modes: ['AX', 'AXE'], heardAtFirst: false },
  'last-minute': { modes: ['AXB', 'AX', 'X'], heardAtFirst: false },
};

/** An announcement that an application names; null for none. */
export const NamedAnnouncement = Type.Union([AnnouncementName, Type.Literal(PRODUCTS_OWN), Type.Null()], {
  description: 'the name of an approved announcement, "default" for the product\'s own, or null for none',
});
const SceneFile = Type.Optional(NamedAnnouncement);

/** What is heard in each scene; null takes an announcement away. */
export const Announcements = Type.Object(
  {
    'no-permission': SceneFile,
    'no-binding': SceneFile,
    'business-fault': SceneFile,
    'enter-extension': SceneFile,
    'wrong-extension': SceneFile,
    'wrong-extension-retry': SceneFile,
    'no-extension': SceneFile,
    'no-call-back-record': SceneFile,
    wait: SceneFile,
    busy: SceneFile,
    'last-minute': SceneFile,
  } satisfies Record<AppScene, unknown>,
  { additionalProperties: false, description: 'an object of announcements by scene' },
);

export type GivenAnnouncements = Readonly<Partial<Record<AppScene, string | null>>>;

/** @throws Problem when a scene cannot come in calls of such an application */
export function checkScenes(mode: Mode, announcements: GivenAnnouncements = {}): void {
  for (const [scene, { modes }] of Object.entries(APP_SCENES)) {
    if (scene in announcements && !modes.includes(mode)) {
      throw new Problem(
        'invalid-body',
        `announcements.${scene}: only in applications of mode ${modes.join(', ')}; this one is ${mode}.`,
      );
    }
  }
}

/** The announcements of a new application: those that were given, and the product's own where a new one has them. */
export function firstAnnouncements(
  mode: Mode,
  announcements: GivenAnnouncements = {},
): Readonly<Record<string, string>> {
  const first: Record<string, string> = {};
  for (const [scene, { modes, heardAtFirst }] of Object.entries(APP_SCENES)) {
    if (heardAtFirst && modes.includes(mode)) first[scene] = PRODUCTS_OWN;
  }
  for (const [scene, file] of Object.entries(announcements)) {
    if (file === null) delete first[scene];
    else first[scene] = file;
  }
  return first;
}
