import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { SrfDialog, SrfRequest, SrfResponse } from '../../src/sip/drachtio.ts';
import { SipDialog } from '../../src/sip/SipDialog.ts';

const OFFER = 'v=0\r\n';
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A dialog of drachtio-srf as far as re-INVITEs go; the SIP server's own requests ask for no address. */
function dialogOnTheWire(): SrfDialog {
  const dialog = Object.assign(new EventEmitter(), {
    local: { sdp: 'v=0\r\ns=ours\r\n', contact: '<sip:x>' },
  });
  return dialog as unknown as SrfDialog;
}

function reinvite(dialog: SrfDialog): Promise<{ status: number; body?: string }> {
  const get = (name: string) => (name === 'Content-Type' ? 'application/sdp' : undefined);
  const request = { source: 'application', body: OFFER, get } as unknown as SrfRequest;
  return new Promise((answered) => {
    const send = (status: number, { body }: { body: string }) => answered({ status, body });
    dialog.emit('modify', request, { send } as unknown as SrfResponse);
  });
}

function sipDialog(dialog: SrfDialog): SipDialog {
  const connection = { openSocket: () => undefined, whenOpen: () => {}, isForeign: () => false };
  return new SipDialog({ dialog, connection, logger: log });
}

describe('a re-INVITE that is read together with the word that the 200 is out', () => {
  it('goes to the other side, for which a handler is there as soon as that word is heard', async () => {
    const wire = dialogOnTheWire();
    const dialog = sipDialog(wire);
    const wordHeard = Promise.resolve();
    const answer = reinvite(wire);
    await wordHeard;
    await Promise.resolve();
    dialog.onModify(async (offer) => ({ kind: 'answered', sdp: `${offer}s=theirs\r\n` }));
    expect(await answer).toEqual({ status: 200, body: 'v=0\r\ns=theirs\r\n' });
  });

  it('is answered with what was agreed, where there is no other side yet', async () => {
    const wire = dialogOnTheWire();
    sipDialog(wire);
    expect(await reinvite(wire)).toEqual({ status: 200, body: 'v=0\r\ns=ours\r\n' });
  });
});
