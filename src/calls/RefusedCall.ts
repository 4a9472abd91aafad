import type { Refuse } from '../../routing/types.ts';
import type { IncomingInvite } from '../sip/IncomingInvite.ts';
import { SdpCleaner } from '../sip/sdp.ts';
import type { Trunk } from '../store/trunks.ts';
import type { CallLog } from './CallLog.ts';
import { type ActiveCall, type CallServices, STOPPED_BY_CUSTOMER } from './CallServices.ts';
import { stateCodeOf } from './stateCodes.ts';

/** An announcement is cut after so long: its caller is not charged and may hold a line for ever. */
const LONGEST_ANNOUNCEMENT_MS = 30_000;

export interface RefusedCallOptions {
  readonly invite: IncomingInvite<Trunk>;
  readonly decision: Refuse;
  readonly log: CallLog;
  readonly services: CallServices;
  readonly onEnd: () => void;
}

/**
 * A call that is refused: the announcement of its reason as early media (183, so that the caller is not charged), then
 * the final SIP status with a Reason. Without a media server, a file or an offer of the caller there is the status
 * alone. Whoever ends it, the stateCode is that of the refusal; only a customer who stops it is told that he did.
 */
export class RefusedCall implements ActiveCall {
  readonly isUp = false;
  readonly #options: RefusedCallOptions;
  readonly #leaveTrunk: () => void;
  readonly #ended = Promise.withResolvers<void>();
  #hasEnded = false;

  constructor(options: RefusedCallOptions) {
    this.#options = options;
    const { trunk } = options.invite;
    this.#leaveTrunk = trunk ? options.services.trunks.occupy(trunk.name) : () => undefined;
  }

  get sessionId(): string {
    return this.#options.log.call.sessionId;
  }

  get mode(): string {
    return this.#options.log.call.mode;
  }

  async run(): Promise<void> {
    const { invite, log, services } = this.#options;
    log.open();
    invite.onCancel(() => this.#finish('caller'));
    if (!invite.cancelled) {
      try {
        await this.#announce();
      } catch (error) {
        services.logger.warn(
          { err: error, sessionId: this.sessionId },
          'no announcement; the call is refused without',
        );
      }
    }
    this.#finish(invite.cancelled ? 'caller' : 'platform');
  }

  end(): void {
    this.#finish('platform');
  }

  stop(): void {
    this.#finish('platform', STOPPED_BY_CUSTOMER);
  }

  async checkLegs(): Promise<void> {}

  async #announce(): Promise<void> {
    const { invite, decision, services } = this.#options;
    const { announcement: scene, app } = decision;
    if (scene === undefined || invite.offer === undefined || !services.media.healthy) return;
    const file = await services.announcements.scene(scene, app?.announcements[scene]);
    if (file === undefined || this.#hasEnded) return;
    const media = await services.media.create({ callerOffer: invite.offer, playOnly: true });
    const timer = setTimeout(() => this.#finish('platform'), LONGEST_ANNOUNCEMENT_MS);
    try {
      if (this.#hasEnded) return;
      media.on('lost', () => this.#finish('platform'));
      invite.progress(183, new SdpCleaner().clean(media.callerAnswer));
      await Promise.race([media.playToCaller(file), this.#ended.promise]);
    } finally {
      clearTimeout(timer);
      this.#finish('platform');
      services.releases.add(media.release());
    }
  }

  #finish(releasedBy: 'caller' | 'platform', reason = this.#options.decision.stateCode): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#ended.resolve();
    const { invite, log, services, onEnd } = this.#options;
    const { stateCode, outcome, sipStatus, q850 } = stateCodeOf(reason);
    invite.reject({ status: sipStatus, q850 });
    log.close({ stateCode, releasedBy });
    this.#leaveTrunk();
    services.metrics.attempt(this.mode, outcome);
    onEnd();
  }
}
