import type { MediaSignalling } from 'drachtio-fsmrf';
import type Srf from 'drachtio-srf';
import { reasonOf } from './errors.ts';
import type { MediaLog } from './MediaLog.ts';

/** drachtio-fsmrf takes every RTP/SAVP for one with DTLS and refuses it, so it gets to see another word. */
const UNSEEN = 'RTP/SDES';

/** @returns an offer as `createEndpoint` takes it */
export function unseenByFsmrf(offer: string): string {
  return offer.replace(/^(m=audio \d+ )RTP\/SAVP /gm, `$1${UNSEEN} `);
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
      const dialog = await srf.createUAC(uri, localSdp === undefined ? options : { ...options, localSdp });
      const destroy = dialog.destroy.bind(dialog);
      dialog.destroy = (bye) =>
        Promise.resolve(destroy(bye)).catch((error: unknown) => {
          log.debug({ reason: reasonOf(error) }, 'media dialog was gone already');
        });
      return dialog;
    },
  };
}
