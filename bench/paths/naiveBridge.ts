/** The peer: the shortest program that anchors a call with drachtio-fsmrf, two endpoints and a bridge. It masks nothing. */
import Srf from 'drachtio-srf';
import { MrfPackage } from '../../test/embedded/exampleServers.ts';

const [adminPort, adminSecret = '', eslPort, eslSecret = '', calleePort] = process.argv.slice(2);
const srf = new Srf();
srf.on('error', () => undefined);
srf.connect({ host: '127.0.0.1', port: Number(adminPort), secret: adminSecret });
await new Promise((resolve) => srf.once('connect', resolve));
const media = await new MrfPackage(srf).connect({
  ...{ address: '127.0.0.1', port: Number(eslPort), secret: eslSecret, listenAddress: '127.0.0.1' },
});
srf.invite(async (req, res) => {
  try {
    const caller = await media.createEndpoint({ remoteSdp: req.body });
    const callee = await media.createEndpoint();
    const uac = await srf.createUAC(
      `sip:${req.calledNumber}@127.0.0.1:${calleePort}`,
      { localSdp: callee.local.sdp },
      { cbProvisional: ({ status }) => void (status === 180 && res.send(180)) },
    );
    await callee.modify(uac.remote.sdp);
    const uas = await srf.createUAS(req, res, { localSdp: caller.local.sdp });
    const end = (other: { destroy(): unknown }) => (): void => {
      void Promise.allSettled([other.destroy(), caller.destroy(), callee.destroy()]);
    };
    uas.on('destroy', end(uac));
    uac.on('destroy', end(uas));
    await caller.bridge(callee);
  } catch {
    // Whoever counts the calls counts this one as failed.
    if (!res.finalResponseSent) res.send(500);
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
