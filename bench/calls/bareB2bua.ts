/** The peer: what the manual of drachtio-srf shows. It masks nothing, remembers nothing and tells nobody. */
import Srf from 'drachtio-srf';

const [adminPort, secret = '', calleePort] = process.argv.slice(2);
const srf = new Srf();
srf.on('error', (error: Error) => console.error(error));
srf.on('connect', () => process.send?.('ready'));
srf.connect({ host: '127.0.0.1', port: Number(adminPort), secret });
srf.invite(async (req, res) => {
  try {
    const callee = `sip:${req.calledNumber}@127.0.0.1:${calleePort}`;
    const { uas, uac } = await srf.createB2BUA(req, res, callee, { localSdpB: req.body });
    uas.on('destroy', () => void uac.destroy());
    uac.on('destroy', () => void uas.destroy());
  } catch (error) {
    console.error(error);
  }
});
process.on('disconnect', () => process.exit(0));
