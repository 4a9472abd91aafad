import { randomInt } from 'node:crypto';
import {
  type Arrival,
  Dialog,
  type InviteServerTransaction,
  type SipRequest,
  type SipStack,
  SipStackError,
} from '../../sip/index.ts';
import { HANGUP_CAUSES, type HangupCause } from '../channel/hangupCauses.ts';
import type { MediaSession } from '../rtp/MediaSession.ts';
import { answerSdp, negotiatedMedia, offerSdp } from '../sdp/localSdp.ts';
import { readRemoteSdp, SdpError } from '../sdp/remoteSdp.ts';

/** The outcome of an SDP exchange that the channel shows in its variables. */
export interface SdpExchange {
  readonly localSdp: string;
  readonly remoteSdp: string | undefined;
}

/**
 * The SIP dialog of one channel: its side of every offer and answer, and its end.
 *
 * Ports stay the same for the whole dialog. An INVITE without SDP is answered with an offer; what the ACK then
 * brings is taken for the answer, unless it is our own SDP come back (which is what a third party sends that has no
 * other side yet).
 */
export class MediaDialog {
  readonly localTag: string;
  readonly callId: string;
  /** What shall happen when a 200 is never acknowledged. */
  onUnacknowledged: () => void = () => undefined;
  readonly #stack: SipStack;
  readonly #dialog: Dialog;
  readonly #address: string;
  readonly #contact: string;
  readonly #session: MediaSession;
  readonly #onExchange: (exchange: SdpExchange) => void;
  readonly #sessionId = String(randomInt(1, 2 ** 47));
  #version = 1;
  #lastLocalSdp = '';
  #waitsForAnswer = false;

  constructor(
    stack: SipStack,
    invite: InviteServerTransaction,
    session: MediaSession,
    address: string,
    contact: string,
    onExchange: (exchange: SdpExchange) => void,
  ) {
    this.#stack = stack;
    this.#dialog = Dialog.ofUas(invite.request, invite.arrival.essentials, invite.localTag);
    this.localTag = invite.localTag;
    this.callId = this.#dialog.callId;
    this.#session = session;
    this.#address = address;
    this.#contact = contact;
    this.#onExchange = onExchange;
  }

  /** Answers an INVITE or re-INVITE 200, or 488 when its SDP is none that we can take. True when it was 200. */
  answer(invite: InviteServerTransaction): boolean {
    let localSdp: string;
    try {
      localSdp = this.#negotiate(invite.request.body);
    } catch (error) {
      if (!(error instanceof SdpError)) throw error;
      invite.reply(488, { headers: { Warning: `399 axbridge "${error.message}"` } });
      return false;
    }
    invite.events = {
      onAck: (ack) => this.#takeAnswer(ack),
      onAckTimeout: () => this.onUnacknowledged(),
    };
    invite.reply(200, {
      headers: {
        Contact: `<${this.#contact}>`,
        'Content-Type': 'application/sdp',
        Allow: 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE',
      },
      body: localSdp,
    });
    return true;
  }

  /** Whether a request of the other side comes in order; takes over a new Contact with it. */
  accepts(request: SipRequest, arrival: Arrival): boolean {
    if (!this.#dialog.accepts(arrival.essentials)) return false;
    if (request.method === 'INVITE' || request.method === 'UPDATE') this.#dialog.refreshTarget(request);
    return true;
  }

  /** Negotiates the SDP of an UPDATE and gives ours. @throws SdpError */
  update(offer: string): string {
    return this.#negotiate(offer);
  }

  /** Ends the dialog from our side. */
  bye(cause: HangupCause): void {
    const reason = `Q.850;cause=${HANGUP_CAUSES[cause].q850};text="${cause}"`;
    const request = this.#dialog.request('BYE', { Reason: reason });
    // Whatever becomes of the BYE, the dialog is over for us.
    const ignore = () => undefined;
    try {
      const events = { onFinal: ignore, onTimeout: ignore, onTransportError: ignore };
      this.#stack.request(request, this.#dialog.nextHop, events);
    } catch (error) {
      // A peer whose Contact leads nowhere gets no BYE.
      if (!(error instanceof SipStackError)) throw error;
    }
  }

  /** Takes an offer, or makes one of ours when there is none. @throws SdpError */
  #negotiate(remoteSdp: string): string {
    if (remoteSdp.trim() === '') {
      const offer = this.#stamped((version) => offerSdp({ ...this.#local(), version }));
      this.#waitsForAnswer = true;
      this.#onExchange({ localSdp: offer, remoteSdp: undefined });
      return offer;
    }
    const remote = readRemoteSdp(remoteSdp);
    const localSdp = this.#stamped((version) => answerSdp({ ...this.#local(), version }, remote));
    this.#waitsForAnswer = false;
    this.#session.negotiate(negotiatedMedia(remote));
    this.#onExchange({ localSdp, remoteSdp });
    return localSdp;
  }

  #takeAnswer(ack: SipRequest): void {
    if (!this.#waitsForAnswer || ack.body.trim() === '') return;
    this.#waitsForAnswer = false;
    try {
      const remote = readRemoteSdp(ack.body);
      if (remote.address === this.#address && remote.port === this.#session.port) return;
      this.#session.negotiate(negotiatedMedia(remote));
      this.#onExchange({ localSdp: this.#lastLocalSdp, remoteSdp: ack.body });
    } catch {
      // An answer that we cannot use leaves the leg without media until the next offer.
    }
  }

  #local(): { address: string; port: number; sessionId: string } {
    return { address: this.#address, port: this.#session.port, sessionId: this.#sessionId };
  }

  /** Makes an SDP with the version of the last one, and with a new version when that makes a different text. */
  #stamped(make: (version: number) => string): string {
    const unchanged = make(this.#version);
    if (this.#lastLocalSdp !== '' && unchanged !== this.#lastLocalSdp) {
      this.#version++;
      this.#lastLocalSdp = make(this.#version);
    } else {
      this.#lastLocalSdp = unchanged;
    }
    return this.#lastLocalSdp;
  }
}
