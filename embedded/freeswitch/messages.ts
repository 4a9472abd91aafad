import type { MediaStats } from './MediaServer.ts';
import type { MediaSettings } from './settings.ts';

/** What the parent says to the media server's process. */
export type ToChild =
  | { readonly type: 'start'; readonly settings: MediaSettings }
  | { readonly type: 'stats'; readonly id: number }
  | { readonly type: 'stop' };

/** What it hears from it. */
export type FromChild =
  | { readonly type: 'started'; readonly eslPort: number; readonly sipPort: number }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'stats'; readonly id: number; readonly stats: MediaStats };
