import type { App } from '../store/apps.ts';
import type { NotificationKind } from '../store/Message.ts';

/** Where an application hears of notifications of a kind; undefined where it does not. States of numbers: facts 8.5. */
export function targetOf(app: App, kind: NotificationKind): string | undefined {
  switch (kind) {
    case 'event':
      return app.statusUrl;
    case 'record':
      return app.feeUrl;
    case 'number':
      return app.numberStatusUrl ?? app.statusUrl;
  }
}
