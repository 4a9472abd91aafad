/**
 * `npm run embedded`: the SIP server and the media server alone in the foreground, for any program on drachtio-srf and
 * drachtio-fsmrf. Settings come from the command line only.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startEmbeddedSip } from './drachtio/startEmbeddedSip.ts';
import { startEmbeddedMedia } from './freeswitch/index.ts';

const usage = `Usage: npm run embedded -- [options]

  --host ADDRESS         address that everything binds to (127.0.0.1)
  --sip-port PORT        SIP over UDP and TCP (5060)
  --tls-port PORT        SIP over TLS; needs --tls-cert and --tls-key (off)
  --tls-cert FILE        certificate chain, PEM
  --tls-key FILE         private key, PEM
  --admin-port PORT      drachtio's wire protocol (9022)
  --secret TEXT          secret of the wire protocol (cymru)
  --esl-port PORT        FreeSWITCH's event socket (8021)
  --esl-password TEXT    password of the event socket (ClueCon)
  --media-sip-port PORT  SIP of the media server (5080)
  --rtp-port PORT        first RTP port (20000)
  --help                 this text

A port of 0 takes a free one. Ctrl-C or SIGTERM ends both servers.`;

const OPTIONS = {
  host: { type: 'string', default: '127.0.0.1' },
  'sip-port': { type: 'string', default: '5060' },
  'tls-port': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'admin-port': { type: 'string', default: '9022' },
  secret: { type: 'string', default: 'cymru' },
  'esl-port': { type: 'string', default: '8021' },
  'esl-password': { type: 'string', default: 'ClueCon' },
  'media-sip-port': { type: 'string', default: '5080' },
  'rtp-port': { type: 'string', default: '20000' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const values = readOptions();

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error} (--help lists the options)`);
    process.exit(2);
  }
}

/** Reads a port from the command line. @throws Error naming the option */
function portOf(option: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new Error(`--${option} ${text}: expected a port, 0 to 65535`);
  return port;
}

function tlsOf(): { port: number; cert: string; key: string } | undefined {
  const port = values['tls-port'];
  const cert = values['tls-cert'];
  const key = values['tls-key'];
  if (port === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new Error('--tls-port needs --tls-cert and --tls-key');
  return { port: portOf('tls-port', port), cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

async function run(): Promise<void> {
  const { host } = values;
  const tls = tlsOf();
  const sip = await startEmbeddedSip({
    sipHost: host,
    sipPort: portOf('sip-port', values['sip-port']),
    adminHost: host,
    adminPort: portOf('admin-port', values['admin-port']),
    secret: values.secret,
    ...(tls === undefined ? {} : { tls }),
  });
  const media = await startEmbeddedMedia({
    host,
    eslPort: portOf('esl-port', values['esl-port']),
    password: values['esl-password'],
    sipPort: portOf('media-sip-port', values['media-sip-port']),
    rtpFirstPort: portOf('rtp-port', values['rtp-port']),
  }).catch(async (error: unknown) => {
    await sip.stop();
    throw error;
  });

  console.log(
    `SIP server    udp+tcp ${sip.sipHost}:${sip.sipPort}${tls === undefined ? '' : `, tls ${sip.tlsPort}`}`,
  );
  console.log(`  drachtio    ${sip.adminHost}:${sip.adminPort} (secret ${sip.secret})`);
  console.log(`media server  sip ${media.sipHost}:${media.sipPort}`);
  console.log(`  ESL         ${media.eslHost}:${media.eslPort} (password ${media.password})`);
  console.log('Ctrl-C ends both.');

  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await Promise.all([sip.stop(), media.stop()]);
}

if (values.help) {
  console.log(usage);
} else {
  run().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
