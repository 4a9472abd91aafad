import type { MediaSignalling } from 'drachtio-fsmrf';
import type Srf from 'drachtio-srf';
import { reasonOf } from './errors.ts';
import type { MediaLog } from './MediaLog.ts';

/**
 * What drachtio-fsmrf gets to see of srf: calls to FreeSWITCH whose dialogs can always be destroyed.
 *
 * It destroys the dialog of an endpoint that did not come in time without looking at the outcome. A BYE from FreeSWITCH
 * that crossed it would be an unhandled rejection (ENODIALOG), which ends the process.
 */
export function signallingTo(srf: Srf, log: MediaLog): MediaSignalling {
  return {
    async createUAC(uri, options) {
      const dialog = await srf.createUAC(uri, options);
      const destroy = dialog.destroy.bind(dialog);
      dialog.destroy = (bye) =>
        Promise.resolve(destroy(bye)).catch((error: unknown) => {
          log.debug({ reason: reasonOf(error) }, 'media dialog was gone already');
        });
      return dialog;
    },
  };
}
