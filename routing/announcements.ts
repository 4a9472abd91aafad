import type { Announcement, Scene } from './types.ts';

/** What is heard where an application has set nothing for a scene. */
type Unset =
  /** Nothing. */
  | 'silence'
  /** The product's own file of this scene. */
  | 'default'
  /** Whatever the application hears in that other scene. */
  | { readonly like: Scene };

/** The tables of the hosted product (FAQ 6.7 to 6.9; application settings, 3-1). It has no setting for the last two. */
const UNSET: Readonly<Record<Scene, Unset>> = {
  'no-permission': 'silence',
  'no-binding': 'silence',
  'business-fault': 'silence',
  'no-call-back-record': 'silence',
  wait: 'silence',
  'enter-extension': 'default',
  'wrong-extension-retry': { like: 'enter-extension' },
  'wrong-extension': 'silence',
  'no-extension': { like: 'wrong-extension' },
  // The binding's, else that of the application's quality check (`connect.ts`): no setting of a scene.
  'record-hint': 'silence',
  busy: 'default',
  'last-minute': 'default',
};

/** How an application asks for the product's own announcement of a scene. */
const DEFAULT = 'default';

/** What an application has set for a scene: a file's name, or `default`. */
export const announcementOf = (set: string, scene: Scene): Announcement =>
  set === DEFAULT ? { scene } : set;

/**
 * What is played in a scene to a caller of an application.
 * @param announcements what the application has set by scene: a file's name, or `default`
 * @returns undefined for silence
 */
export function fileOf(
  scene: Scene,
  announcements: Readonly<Record<string, string>>,
): Announcement | undefined {
  const own = scene === 'record-hint' ? undefined : announcements[scene];
  if (own !== undefined) return announcementOf(own, scene);
  const unset = UNSET[scene];
  if (unset === 'silence') return undefined;
  return unset === 'default' ? { scene } : fileOf(unset.like, announcements);
}
