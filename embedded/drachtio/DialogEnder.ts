import { type SipStack, serialize } from '../sip/index.ts';
import type { AppDialog } from './AppDialog.ts';
import type { DialogTable } from './DialogTable.ts';
import { SessionTimer, sessionExpiresOf } from './SessionTimer.ts';
import { ownMeta, sipMessage } from './serverMessage.ts';

/** Ends dialogs on the server's own account and keeps their sessions refreshed. Clients hear of an end as "unsolicited". */
export class DialogEnder {
  readonly #stack: SipStack;
  readonly #dialogs: DialogTable;

  constructor(stack: SipStack, dialogs: DialogTable) {
    this.#stack = stack;
    this.#dialogs = dialogs;
  }

  /** Sends a BYE to the peer, tells the client, forgets the dialog. @param why text of the Reason header */
  hangUp(dialog: AppDialog, why: string): void {
    if (this.#dialogs.get(dialog.id) !== dialog) return;
    this.#dialogs.remove(dialog);
    this.acknowledge(dialog);
    const bye = dialog.request('BYE', { Reason: `SIP ;cause=200 ;text="${why}"` });
    try {
      this.#stack.request(bye, dialog.nextHop, { onFinal() {}, onTimeout() {}, onTransportError() {} });
    } catch {
      // A peer whose Contact leads nowhere cannot be told; its session ends with its own timers.
    }
    const bytes = serialize(bye);
    dialog.client.send(sipMessage(ownMeta('application', bytes.length), 'unsolicited', dialog.id, bytes));
  }

  /** ACKs an answer whose ACK the client has not sent, so that the peer stops repeating it. */
  acknowledge(dialog: AppDialog): void {
    const answer = dialog.unacknowledged;
    if (answer === undefined) return;
    dialog.unacknowledged = undefined;
    answer.invite.acknowledge(dialog.dialog.ack(answer.cseq), dialog.nextHop, answer.toTag);
  }

  /** Starts or restarts the session timer. @param weRefresh whether the refreshes are ours to send */
  startSessionTimer(dialog: AppDialog, intervalSeconds: number, weRefresh: boolean): void {
    dialog.sessionTimer?.stop();
    dialog.sessionTimer = new SessionTimer(this.#stack, intervalSeconds, weRefresh, {
      onRefresh: () => this.#refresh(dialog, intervalSeconds),
      onExpired: () => this.hangUp(dialog, 'Session timer expired'),
    });
  }

  /** Refreshes the session with a re-INVITE that repeats our last session description (RFC 4028 7.4). */
  #refresh(dialog: AppDialog, intervalSeconds: number): void {
    if (dialog.outgoingInvite !== undefined || dialog.incomingInvite !== undefined) {
      this.startSessionTimer(dialog, intervalSeconds, true);
      return;
    }
    const request = dialog.request(
      'INVITE',
      {
        Supported: 'timer',
        'Session-Expires': `${intervalSeconds};refresher=uac`,
        'Content-Type': dialog.localSdp === '' ? undefined : 'application/sdp',
      },
      dialog.localSdp,
    );
    const failed = (): void => {
      dialog.outgoingInvite = undefined;
      this.hangUp(dialog, 'Session timer expired');
    };
    const invite = this.#stack.invite(request, dialog.nextHop, {
      onFinal: (response, { flow, essentials }) => {
        dialog.outgoingInvite = undefined;
        if (response.status < 300) {
          dialog.refreshTarget(response, flow);
          invite.acknowledge(dialog.dialog.ack(essentials.cseq), dialog.nextHop, essentials.toTag ?? '');
          const agreed = sessionExpiresOf(response.headers);
          if (agreed !== undefined) {
            this.startSessionTimer(dialog, agreed.intervalSeconds, agreed.refresher !== 'uas');
          }
        } else if (response.status === 491) {
          this.startSessionTimer(dialog, intervalSeconds, true);
        } else failed();
      },
      onTimeout: failed,
      onTransportError: failed,
    });
    if (invite.state !== 'terminated') dialog.outgoingInvite = invite;
  }
}
