import { CallerMedia, type CallerMediaOptions, type Party } from './CallerMedia.ts';
import { MediaError } from './errors.ts';
import { checkedFile, fileArgument } from './fileNames.ts';
import type { Leg } from './Leg.ts';
import type { LegFigures } from './legFigures.ts';

export interface AnchoredMediaOptions extends CallerMediaOptions {
  readonly callee: Leg;
}

/**
 * The media of one call: a channel that faces the caller and one that faces the callee.
 *
 *     both exist -> (calleeAnswered) -> (playToBoth, startRecording) -> bridge -> (announceDuringCall) -> release
 *                                              ^                          |
 *                                              +-------- unbridge --------+
 *
 * Before the bridge each party hears what is played to it; after it, each other. The callee may answer when they are bridged
 * already.
 */
export class AnchoredMedia extends CallerMedia {
  readonly #callee: Leg;
  #recordingPath: string | undefined;
  #bridged = false;

  constructor({ callee, ...options }: AnchoredMediaOptions) {
    super(options);
    this.#callee = callee;
    this.listenTo(callee, 'callee');
  }

  /** FreeSWITCH's offer for the callee. */
  get calleeOffer(): string {
    return this.#callee.localSdp;
  }

  /**
   * Takes the callee's answer, early or final. Nothing is sent for an answer that has not changed.
   * @throws MediaError `not-acceptable`, `no-answer`, `ended`
   */
  async calleeAnswered(sdp: string): Promise<void> {
    await this.#callee.modify(sdp);
  }

  /**
   * Takes the callee's new SDP (re-INVITE).
   * @returns the SDP that answers it
   * @throws MediaError `not-acceptable`, `no-answer`, `ended`
   */
  modifyCallee(sdp: string): Promise<string> {
    return this.#callee.modify(sdp);
  }

  /**
   * Plays a file to both parties, before the bridge. What played to them is cut.
   * @returns when both have heard it
   * @throws MediaError `file-not-found`, `file-name`, `refused`, `ended`
   */
  async playToBoth(file: string): Promise<void> {
    checkedFile(file);
    if (this.#bridged) throw new MediaError('refused', 'playToBoth: the parties are connected already');
    await Promise.all([this.caller.play(file), this.#callee.play(file)]);
  }

  /**
   * Plays a file to both parties while they are connected; each hears it in place of the other until it ends.
   * @returns when FreeSWITCH has taken the command
   * @throws MediaError `file-name`, `refused`, `no-answer`, `ended`
   */
  async announceDuringCall(file: string): Promise<void> {
    await this.#callee.becomesBridged();
    await this.caller.command(`uuid_broadcast ${this.caller.uuid} ${fileArgument(file)} both`);
  }

  /**
   * Lets the parties hear each other. What plays to either is cut.
   * @throws MediaError `refused`, `no-answer`, `ended`
   */
  async bridge(): Promise<void> {
    for (const leg of this.legs()) leg.playingWillBeCut();
    await this.caller.command(`uuid_bridge ${this.caller.uuid} ${this.#callee.uuid}`);
    this.#bridged = true;
  }

  /**
   * Parts the parties again: each hears what is played to it. They can be bridged again.
   * @throws MediaError `refused`, `no-answer`, `ended`
   */
  async unbridge(): Promise<void> {
    if (!this.#bridged) return;
    if (!(await this.#callee.becomesBridged()))
      throw new MediaError('refused', 'unbridge: there is no bridge');
    await this.caller.command(`uuid_transfer ${this.caller.uuid} -both park inline`);
    this.#bridged = false;
  }

  /**
   * Records what both parties say into one WAV file (8 kHz, 16-bit PCM, mono), until `stopRecording` or the end.
   * FreeSWITCH keeps no file of less than three seconds.
   * @param path on a disk that FreeSWITCH writes to
   * @throws MediaError `file-name`, `refused`, `no-answer`, `ended`
   */
  async startRecording(path: string): Promise<void> {
    await this.caller.command(`uuid_record ${this.caller.uuid} start ${fileArgument(path)}`);
    this.#recordingPath = path;
  }

  /**
   * Ends the recording; its file is complete when this resolves. Nothing happens where none runs.
   * @returns the milliseconds that FreeSWITCH took down, whether its disk had room for them or not; undefined when it
   * cannot say
   * @throws MediaError `refused` when the recording had ended by itself; `no-answer`, `ended`
   */
  async stopRecording(): Promise<number | undefined> {
    const path = this.#recordingPath;
    this.#recordingPath = undefined;
    if (path === undefined || this.caller.ended) return undefined;
    await this.caller.command(`uuid_record ${this.caller.uuid} stop ${fileArgument(path)}`);
    const ms = Number((await this.caller.variable('record_ms')) ?? Number.NaN);
    return Number.isNaN(ms) ? undefined : ms;
  }

  override get figures(): Partial<Record<Party, LegFigures>> {
    const { figures } = this.#callee;
    return { ...super.figures, ...(figures && { callee: figures }) };
  }

  protected override legs(): Leg[] {
    return [this.caller, this.#callee];
  }

  protected override legOf(party: Party): Leg {
    return party === 'caller' ? this.caller : this.#callee;
  }
}
