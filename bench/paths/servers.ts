import { startEmbeddedMedia, startEmbeddedSip } from '../../embedded/index.ts';
import { RealDrachtio } from '../../test/deploy/RealDrachtio.ts';
import { RealFreeSwitch } from '../../test/deploy/RealFreeSwitch.ts';
import { areRealServersNamed } from '../../test/kit/RealServers.ts';

const { AXBRIDGE_TEST_DRACHTIO: DRACHTIO = '', AXBRIDGE_TEST_FREESWITCH: FREESWITCH = '' } = process.env;
/** For 1,000 calls at once. Each FreeSWITCH has a range of its own, below the ports that the kernel gives to others. */
const RTP_PORTS = 4000;
const FIRST_RTP_PORT = 16_384;
let rtpRanges = 0;

/** Whether drachtio-server and FreeSWITCH are used; else the embedded servers. */
export const isReal = areRealServersNamed;

/** A SIP server under drachtio's wire protocol. */
export interface SipServer extends AsyncDisposable {
  readonly pid: number;
  readonly sip: { readonly host: string; readonly port: number };
  /** As AXBRIDGE_DRACHTIO takes it. */
  readonly setting: string;
}

/** A media server under FreeSWITCH's event socket. */
export interface MediaServer extends AsyncDisposable {
  readonly pid: number;
  readonly sipPort: number;
  /** As AXBRIDGE_FREESWITCH takes it. */
  readonly setting: string;
}

/** Starts drachtio-server with deploy/'s configuration, or the embedded SIP server. */
export async function startSipServer(): Promise<SipServer> {
  if (isReal) {
    const server = await RealDrachtio.start(DRACHTIO);
    const { pid, sip, setting } = server;
    return { pid, sip, setting, [Symbol.asyncDispose]: () => server.stop() };
  }
  const server = await startEmbeddedSip({ sipPort: 0, adminPort: 0 });
  return {
    pid: server.pid ?? 0,
    sip: { host: server.sipHost, port: server.sipPort },
    setting: `${server.adminHost}:${server.adminPort},${server.secret}`,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** Starts FreeSWITCH with freeswitch-conf/, or the embedded media server. */
export async function startMediaServer(): Promise<MediaServer> {
  if (isReal) return startFreeSwitch({});
  const server = await startEmbeddedMedia({ eslPort: 0, sipPort: 0, rtpFirstPort: 0 });
  return {
    pid: server.pid ?? 0,
    sipPort: server.sipPort,
    setting: `${server.eslHost}:${server.eslPort},${server.password}`,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** Starts a FreeSWITCH that bridges every call to the callee's port by its own dialplan. */
export function startFreeSwitchAlone(calleePort: number): Promise<MediaServer> {
  const configuration = `${import.meta.dirname}/freeswitch-alone`;
  return startFreeSwitch({ ALONE_CALLEE_PORT: String(calleePort) }, configuration);
}

async function startFreeSwitch(
  environment: Readonly<Record<string, string>>,
  configuration?: string,
): Promise<MediaServer> {
  const firstPort = FIRST_RTP_PORT + rtpRanges++ * RTP_PORTS;
  const rtp = {
    MRF_RTP_FIRST_PORT: String(firstPort),
    MRF_RTP_LAST_PORT: String(firstPort + RTP_PORTS - 1),
  };
  const server = await RealFreeSwitch.start(FREESWITCH, { ...rtp, ...environment }, undefined, configuration);
  const { pid, sipPort, esl } = server;
  return {
    pid,
    sipPort,
    setting: `${esl.host}:${esl.port},${esl.secret}`,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
