import type { MediaSignalling } from 'drachtio-fsmrf';
import type Srf from 'drachtio-srf';
import type { CreateUACOptions, Dialog } from 'drachtio-srf';
import { reasonOf } from './errors.ts';
import type { MediaLog } from './MediaLog.ts';

/** drachtio-fsmrf takes every RTP/SAVP for one with DTLS and refuses it, so it gets to see another word. */
const UNSEEN = 'RTP/SDES';

/** @returns an offer as `createEndpoint` takes it */
export function unseenByFsmrf(offer: string): string {
  return offer.replace(/^(m=audio \d+ )RTP\/SAVP /gm, `$1${UNSEEN} `);
}

/** What an INVITE without SDP brings, against drachtio-srf's own types, where its ACK is left to us. */
interface Offered {
  readonly sdp: string;
  ack(answer: string): Promise<Dialog>;
}

/**
 * Makes a channel whose party is not known yet, by an INVITE without SDP. Its offer is answered with the discard port
 * (RFC 863) of the media server itself.
 *
 * drachtio-srf would answer with the offer, as receive-only: FreeSWITCH then sends silence to its own port and hears it, takes
 * the channel for held, and sends a re-INVITE when it is bridged, which delays the bridge.
 */
async function withNobodyYet(srf: Srf, uri: string, options: CreateUACOptions): Promise<Dialog> {
  const made = await srf.createUAC(uri, { ...options, noAck: true });
  return isOffered(made) ? made.ack(toNobody(made.sdp)) : made;
}

function isOffered(made: object): made is Offered {
  return 'ack' in made && 'sdp' in made;
}

function toNobody(offer: string): string {
  return offer.replace(/^c=.*$/gm, 'c=IN IP4 127.0.0.1').replace(/^(m=audio) \d+/gm, '$1 9');
}

/**
 * What drachtio-fsmrf gets to see of srf: calls to FreeSWITCH whose dialogs can always be destroyed.
 *
 * It destroys the dialog of an endpoint that did not come in time without looking at the outcome. A BYE from FreeSWITCH
 * that crossed it would be an unhandled rejection (ENODIALOG), which ends the process.
 */
export function signallingTo(srf: Srf, log: MediaLog): MediaSignalling {
  return {
    async createUAC(uri, options) {
      const localSdp = options.localSdp?.replaceAll(` ${UNSEEN} `, ' RTP/SAVP ');
      const dialog = await (localSdp === undefined
        ? withNobodyYet(srf, uri, options)
        : srf.createUAC(uri, { ...options, localSdp }));
      const destroy = dialog.destroy.bind(dialog);
      dialog.destroy = (bye) =>
        Promise.resolve(destroy(bye)).catch((error: unknown) => {
          log.debug({ reason: reasonOf(error) }, 'media dialog was gone already');
        });
      return dialog;
    },
  };
}
