import type { Essentials } from '../sip/index.ts';
import type { AppClient } from './AppClient.ts';
import { type AppDialog, dialogIdOf } from './AppDialog.ts';

/** All dialogs of the server, found by the id that clients use and by the tags of a peer's request. */
export class DialogTable {
  readonly #dialogs = new Map<string, AppDialog>();

  get count(): number {
    return this.#dialogs.size;
  }

  get(id: string): AppDialog | undefined {
    return this.#dialogs.get(id);
  }

  add(dialog: AppDialog): void {
    this.#dialogs.get(dialog.id)?.end();
    this.#dialogs.set(dialog.id, dialog);
  }

  /** Takes the dialog out and stops its timers. */
  remove(dialog: AppDialog): void {
    dialog.end();
    if (this.#dialogs.get(dialog.id) === dialog) this.#dialogs.delete(dialog.id);
  }

  /** The dialog that a peer's request with these tags belongs to (RFC 3261 12.2.2). */
  find({ callId, fromTag, toTag }: Essentials): AppDialog | undefined {
    if (toTag === undefined) return undefined;
    // The id holds the tag of whoever sent the INVITE: the peer where we answered it, we where we sent it.
    const asUas = this.#dialogs.get(dialogIdOf(callId, fromTag));
    if (asUas?.dialog.role === 'uas' && asUas.dialog.localTag === toTag) return asUas;
    const asUac = this.#dialogs.get(dialogIdOf(callId, toTag));
    if (asUac?.dialog.role === 'uac' && asUac.dialog.remoteTag === fromTag) return asUac;
    return undefined;
  }

  /** The dialogs of one client; only for when it goes away. */
  ofClient(client: AppClient): AppDialog[] {
    return [...this.#dialogs.values()].filter((dialog) => dialog.client === client);
  }

  /** Stops the timers of all dialogs and forgets them. */
  clear(): void {
    for (const dialog of this.#dialogs.values()) dialog.end();
    this.#dialogs.clear();
  }
}
