import type { InviteServerTransaction, ServerTransaction, SipRequest, SipStack } from '../../sip/index.ts';
import type { Channel } from '../channel/Channel.ts';
import { SdpError } from '../sdp/remoteSdp.ts';
import { readInfoDigit } from './infoDigits.ts';
import type { MediaDialog } from './MediaDialog.ts';

/** Where an INVITE wants its channel to be controlled from (`X-esl-outbound: host:port`). */
export interface Controller {
  readonly host: string;
  readonly port: number;
}

/** Makes the channel of an INVITE and answers it. */
export type ChannelMaker = (invite: InviteServerTransaction, controller: Controller) => Promise<void>;

/** A channel and the dialog that it lives in. */
export interface Call {
  readonly channel: Channel;
  readonly dialog: MediaDialog;
}

const ALLOWED_METHODS = 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE';

/** The user agent server: turns INVITEs into channels and brings later requests to their dialog. */
export class MediaUas {
  /** Calls by Call-ID and local tag. */
  readonly #calls = new Map<string, Call>();
  readonly #makeChannel: ChannelMaker;

  constructor(stack: SipStack, makeChannel: ChannelMaker) {
    this.#makeChannel = makeChannel;
    stack.onRequest((request, transaction) => this.#onRequest(request, transaction));
  }

  get dialogCount(): number {
    return this.#calls.size;
  }

  add(call: Call): void {
    this.#calls.set(dialogKey(call.dialog.callId, call.dialog.localTag), call);
  }

  delete(dialog: MediaDialog): void {
    this.#calls.delete(dialogKey(dialog.callId, dialog.localTag));
  }

  #onRequest(request: SipRequest, transaction: ServerTransaction): void {
    const { callId, toTag } = transaction.arrival.essentials;
    if (toTag !== undefined) {
      const call = this.#calls.get(dialogKey(callId, toTag));
      if (call) this.#onDialogRequest(call, request, transaction);
      else transaction.reply(481);
    } else if (request.method === 'OPTIONS') {
      transaction.reply(200, { headers: { Allow: ALLOWED_METHODS, Accept: 'application/sdp' } });
    } else if (request.method === 'INVITE' && transaction.kind === 'invite') {
      this.#onInvite(request, transaction);
    } else {
      transaction.reply(405, { headers: { Allow: ALLOWED_METHODS } });
    }
  }

  #onInvite(request: SipRequest, invite: InviteServerTransaction): void {
    const controller = readController(request.headers.get('x-esl-outbound'));
    const required = request.headers.list('require');
    if (required.length > 0) {
      invite.reply(420, { headers: { Unsupported: required.join(', ') } });
    } else if (controller) {
      void this.#makeChannel(invite, controller);
    } else {
      // Without a controller there is no application for the call, which is all that a dialplan would find here.
      invite.reply(404, { headers: { Reason: 'Q.850;cause=3;text="NO_ROUTE_DESTINATION"' } });
    }
  }

  #onDialogRequest(call: Call, request: SipRequest, transaction: ServerTransaction): void {
    const { arrival } = transaction;
    if (!call.dialog.accepts(request, arrival)) {
      transaction.reply(500, { headers: { 'Retry-After': '1' } });
      return;
    }
    switch (request.method) {
      case 'INVITE':
        if (transaction.kind === 'invite') call.dialog.answer(transaction);
        return;
      case 'BYE':
        transaction.reply(200);
        call.channel.hangup('NORMAL_CLEARING', true);
        return;
      case 'INFO':
        this.#onInfo(call, request, transaction);
        return;
      case 'UPDATE':
        this.#onUpdate(call, request, transaction);
        return;
      case 'OPTIONS':
        transaction.reply(200, { headers: { Allow: ALLOWED_METHODS } });
        return;
      default:
        transaction.reply(405, { headers: { Allow: ALLOWED_METHODS } });
    }
  }

  #onInfo(call: Call, request: SipRequest, transaction: ServerTransaction): void {
    const digit = readInfoDigit(request.headers.get('content-type') ?? '', request.body);
    if (!digit && request.body.trim() !== '') {
      transaction.reply(415, { headers: { Accept: 'application/dtmf-relay, application/dtmf' } });
      return;
    }
    transaction.reply(200);
    if (digit) call.channel.noteInfoDigit(digit);
  }

  #onUpdate(call: Call, request: SipRequest, transaction: ServerTransaction): void {
    if (request.body.trim() === '') {
      transaction.reply(200);
      return;
    }
    try {
      const body = call.dialog.update(request.body);
      transaction.reply(200, { headers: { 'Content-Type': 'application/sdp' }, body });
    } catch (error) {
      if (!(error instanceof SdpError)) throw error;
      transaction.reply(488);
    }
  }
}

function dialogKey(callId: string, localTag: string): string {
  return `${callId}\n${localTag}`;
}

/** `host:port`, optionally with a transport before it; nothing when it is not that. */
function readController(header: string | undefined): Controller | undefined {
  const match = /^\s*\[?([A-Za-z0-9.:_-]+?)\]?:(\d{1,5})\s*$/.exec(header ?? '');
  const port = Number(match?.[2]);
  if (!match?.[1] || port < 1 || port > 65535) return undefined;
  return { host: match[1], port };
}
