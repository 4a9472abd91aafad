import type { Refuse } from '../../routing/types.ts';
import type { CallerChannel } from './CallerChannel.ts';
import type { CallerSide } from './CallerSide.ts';
import { type CallStep, STOPPED_BY_CUSTOMER } from './CallServices.ts';

export interface RefusedCallOptions {
  readonly side: CallerSide;
  readonly decision: Refuse;
}

/**
 * A call that is refused: the announcement of its reason as early media (183, so that the caller is not charged), then
 * the final SIP status with a Reason. A caller who has been answered hears it in the call, and then gets BYE. Without a
 * media server, a file or an offer of the caller there is the end alone. Whoever ends it, the stateCode is that of the
 * refusal; only a customer who stops it is told that he did.
 */
export class RefusedCall implements CallStep {
  readonly isUp = false;
  readonly #side: CallerSide;
  readonly #decision: Refuse;

  constructor({ side, decision }: RefusedCallOptions) {
    this.#side = side;
    this.#decision = decision;
  }

  get sessionId(): string {
    return this.#side.sessionId;
  }

  get mode(): string {
    return this.#side.mode;
  }

  async run(): Promise<void> {
    this.#side.onGone(() => this.#finish('caller'));
    try {
      await this.#announce();
    } catch (error) {
      if (!this.#side.hasEnded) {
        this.#side.services.logger.warn(
          { err: error, sessionId: this.sessionId },
          'no announcement; the call is refused without',
        );
      }
    }
    this.end();
  }

  end(): void {
    this.#finish('platform');
  }

  stop(): void {
    this.#finish('platform', STOPPED_BY_CUSTOMER);
  }

  async checkLegs(): Promise<void> {
    if (!(await this.#side.isThere())) this.#finish('caller');
  }

  async #announce(): Promise<void> {
    const side = this.#side;
    if (side.hasEnded || !this.#canHear()) return;
    const file = await this.#file();
    if (file === undefined || side.hasEnded) return;
    const channel = side.channel ?? (await this.#openEarly());
    if (!channel || side.hasEnded) return;
    void channel.lost.then(() => this.end());
    await Promise.race([channel.play(file), side.ended]);
  }

  #canHear(): boolean {
    const { channel, invite, services } = this.#side;
    return channel !== undefined || (invite.offer !== undefined && services.media.healthy);
  }

  /** The binding's or the customer's own file, else that of the scene. */
  async #file(): Promise<string | undefined> {
    const { announcements } = this.#side.services;
    const { file, announcement: scene, app } = this.#decision;
    const own = file === undefined ? undefined : await announcements.uploaded(file);
    if (own !== undefined || scene === undefined) return own;
    return announcements.scene(scene, app?.announcements ?? {});
  }

  async #openEarly(): Promise<CallerChannel | undefined> {
    const channel = await this.#side.openChannel();
    if (channel) this.#side.invite.progress(183, channel.sdp);
    return channel;
  }

  #finish(releasedBy: 'caller' | 'platform', stateCode = this.#decision.stateCode): void {
    const ending = { stateCode, releasedBy };
    if (this.#side.hangUp(ending)) this.#side.close(ending);
  }
}
