import type { SipStack } from '../sip/index.ts';
import type { ClientRegistry } from './ClientRegistry.ts';
import type { DialogEnder } from './DialogEnder.ts';
import type { DialogTable } from './DialogTable.ts';
import type { StrangerLimit } from './StrangerLimit.ts';

/** How long the server waits for clients and peers that have gone silent; all in seconds. */
export interface PatienceSettings {
  /** An INVITE that the client does not finally answer is ended with 480. */
  readonly inviteAnswerSeconds: number;
  /** A dialog whose client is gone is ended with a BYE, if the peer does not end it before. */
  readonly orphanDialogSeconds: number;
  /** From the start on, an INVITE waits so long at the most for the first client that wants any. */
  readonly firstClientSeconds: number;
}

export const defaultPatience: PatienceSettings = {
  inviteAnswerSeconds: 180,
  orphanDialogSeconds: 3_600,
  firstClientSeconds: 5,
};

/** The parts that the two directions of the server share. */
export interface ServerContext {
  readonly stack: SipStack;
  readonly registry: ClientRegistry;
  readonly dialogs: DialogTable;
  readonly ender: DialogEnder;
  readonly patience: PatienceSettings;
  readonly strangers: StrangerLimit;
}
