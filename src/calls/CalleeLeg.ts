import type { CallLadder } from '../sip/CallLadder.ts';
import { handsetTarget, isHandsetGone } from '../sip/handsets/handsetTarget.ts';
import type { InviteResult, OutgoingInvite, OutgoingInviteOptions, Progress } from '../sip/OutgoingInvite.ts';
import type { SipFrontEnd } from '../sip/SipFrontEnd.ts';
import { numberUri, type TrunkGroup } from '../sip/TrunkGroup.ts';
import { shouldTryNextTrunk } from '../sip/trunks.ts';
import type { HandsetContact } from '../store/handsets.ts';
import type { Trunk } from '../store/trunks.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface CalleeLegOptions {
  readonly frontEnd: Pick<SipFrontEnd<Trunk>, 'invite'>;
  readonly trunks: TrunkGroup;
  /** Where the callee's test handset is registered, if he has one. */
  readonly handset: HandsetContact | undefined;
  /** E.164. */
  readonly callee: string;
  /** E.164 that the callee sees. */
  readonly shown: string;
  readonly offer: string | undefined;
  readonly onProgress: (progress: Progress) => void;
  readonly sessionId: string;
  readonly logger: Pick<Logger, 'debug'>;
  /** Where its messages are drawn, if they are. */
  readonly ladder: CallLadder | undefined;
}

/** How ringing the callee ended. */
export type CalleeResult =
  | Exclude<InviteResult, { kind: 'failed' }>
  | (Extract<InviteResult, { kind: 'failed' }> & { readonly rang: boolean })
  /** No INVITE went out: `none` no trunk is enabled, `full` all carry as many calls as they may. */
  | { readonly kind: 'no-trunk'; readonly why: 'none' | 'full' };

/**
 * Rings the callee: one trunk after the other until one gives an answer that is final (`shouldTryNextTrunk`). A callee
 * who is a registered handset is rung there first; trunks are for him only when it turns out to be gone.
 * While it lives it counts as a call on the trunk it is on; `release` ends that.
 */
export class CalleeLeg {
  /** Never rejects. */
  readonly result: Promise<CalleeResult>;
  readonly #options: CalleeLegOptions;
  #invite: OutgoingInvite | undefined;
  #leaveTrunk: (() => void) | undefined;
  /** Something came back above 100: nobody is called twice, so no other trunk is tried. */
  #progressed = false;
  #rang = false;
  #cancelled = false;

  constructor(options: CalleeLegOptions) {
    this.#options = options;
    const { handset, trunks } = options;
    this.result = this.#ring([...(handset ? [handset] : []), ...trunks.order()]);
  }

  /** Gives up ringing. The result is a failure then, also when the callee answers at this very moment. */
  cancel(q850: number): void {
    this.#cancelled = true;
    this.#invite?.cancel(q850);
  }

  /** Frees the trunk; call it once the call is over. */
  release(): void {
    this.#leaveTrunk?.();
  }

  async #ring(peers: readonly (Trunk | HandsetContact)[]): Promise<CalleeResult> {
    if (peers.length === 0) {
      return { kind: 'no-trunk', why: this.#options.trunks.trunks.length === 0 ? 'none' : 'full' };
    }
    let last: InviteResult = { kind: 'failed', status: undefined, q850: undefined };
    for (const peer of peers) {
      this.#leaveTrunk?.();
      this.#leaveTrunk = 'name' in peer ? this.#options.trunks.begin(peer.name) : undefined;
      last = await this.#invitePeer(peer).result;
      this.#tell(peer, last);
      if (last.kind !== 'failed') return last;
      const isPeerOut = 'name' in peer ? shouldTryNextTrunk : isHandsetGone;
      if (this.#cancelled || !isPeerOut(last.status, this.#progressed)) break;
    }
    return { ...last, rang: this.#rang };
  }

  #tell(peer: Trunk | HandsetContact, result: InviteResult): void {
    const { logger, sessionId } = this.#options;
    const to = 'name' in peer ? { trunk: peer.name } : { handset: true };
    const status = result.kind === 'failed' ? result.status : 200;
    logger.debug({ sessionId, part: 'sip', ...to, outcome: result.kind, status }, 'the callee was called');
  }

  #invitePeer(peer: Trunk | HandsetContact): OutgoingInvite {
    const { frontEnd, callee, shown, offer, onProgress, ladder } = this.#options;
    this.#invite = frontEnd.invite({
      ...('name' in peer ? trunkTarget(peer, callee) : handsetTarget(peer)),
      shown,
      offer,
      ladder,
      onProgress: (progress) => {
        this.#progressed = true;
        if (progress.status === 180) this.#rang = true;
        onProgress(progress);
      },
    });
    return this.#invite;
  }
}

function trunkTarget(trunk: Trunk, callee: string): Pick<OutgoingInviteOptions, 'uri' | 'auth'> {
  const { username, password } = trunk;
  const auth = username !== undefined && password !== undefined && { auth: { username, password } };
  return { uri: numberUri(trunk, callee), ...auth };
}
