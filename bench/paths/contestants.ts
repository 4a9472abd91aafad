import { join } from 'node:path';
import { WebhookSink } from '../../test/kit/WebhookSink.ts';
import { BenchApplication } from '../BenchApplication.ts';
import { SignedClient } from '../binds/SignedClient.ts';
import { ForkedPart } from '../ForkedPart.ts';
import { bindPairs, giveNumbers, type Pair, pairsFrom } from '../pairs.ts';
import { childNamed, cpuMs, cpuMsOfTree } from '../processCpu.ts';
import type { Dialling, SippOrder } from './SippLoad.ts';
import { isReal, startFreeSwitchAlone, startMediaServer, startSipServer } from './servers.ts';

/** Pairs of A and B on each path; so many that none is called again while its last call goes on. */
const PAIRS = 1000;
/** Minutes. A limit of a call's length is why a call is anchored here: it costs no sound and no file. */
const LONGEST_CALL = 600;

/** Processor time used until now, by part; milliseconds. */
export interface CpuParts {
  readonly application: number;
  readonly sipServer: number;
  readonly mediaServer: number;
  readonly postgres: number;
}

/** Something that carries calls from the caller's sipp to the callee's. */
export interface Contestant {
  readonly target: SippOrder['target'];
  readonly dialling: readonly Dialling[];
  readonly rtp: boolean;
  cpu(): CpuParts;
}

export type ContestantName = 'direct' | 'bare' | 'plain' | 'naive' | 'anchored' | 'alone';

const peers = pairsFrom(0, PAIRS).map(({ a, b }) => ({ from: a, to: b }));
const nothing: CpuParts = { application: 0, sipServer: 0, mediaServer: 0, postgres: 0 };

/**
 * All contestants side by side, each on servers of its own; only one works at a time.
 * @param isWanted says of each whether it takes part; sipp to sipp always does
 */
export async function startContestants(
  calleePort: number,
  isWanted: (name: ContestantName) => boolean,
  parts: AsyncDisposableStack,
): Promise<Partial<Record<ContestantName, Contestant>>> {
  const callee = { host: '127.0.0.1', port: calleePort };
  const [plain, anchored] = [isWanted('plain'), isWanted('anchored')];
  const axbridge = plain || anchored ? await startAxbridge(calleePort, parts) : undefined;
  return {
    direct: { target: callee, dialling: peers, rtp: false, cpu: () => nothing },
    ...(isWanted('bare') && { bare: await startBare(calleePort, parts) }),
    ...(plain && axbridge !== undefined && { plain: axbridge.plain }),
    ...(isWanted('naive') && { naive: await startNaive(calleePort, parts) }),
    ...(anchored && axbridge !== undefined && { anchored: axbridge.anchored }),
    ...(isReal && isWanted('alone') && { alone: await startAlone(calleePort, parts) }),
  };
}

/** The 20 lines of drachtio-srf that the bench "calls" has, too. */
async function startBare(calleePort: number, parts: AsyncDisposableStack): Promise<Contestant> {
  const server = parts.use(await startSipServer());
  const program = join(import.meta.dirname, '..', 'calls', 'bareB2bua.ts');
  const b2bua = parts.use(new ForkedPart(program, [...adminOf(server.setting), String(calleePort)]));
  await b2bua.hear();
  const cpu = (): CpuParts => ({ ...nothing, application: cpuMs(b2bua.pid), sipServer: cpuMs(server.pid) });
  return { target: server.sip, dialling: peers, rtp: false, cpu };
}

async function startNaive(calleePort: number, parts: AsyncDisposableStack): Promise<Contestant> {
  const server = parts.use(await startSipServer());
  const media = parts.use(await startMediaServer());
  const options = [...adminOf(server.setting), ...adminOf(media.setting), String(calleePort)];
  const bridge = parts.use(new ForkedPart(join(import.meta.dirname, 'naiveBridge.ts'), options));
  await bridge.hear();
  const cpu = (): CpuParts => ({
    ...nothing,
    application: cpuMs(bridge.pid),
    sipServer: cpuMs(server.pid),
    mediaServer: cpuMs(media.pid),
  });
  return { target: server.sip, dialling: peers, rtp: true, cpu };
}

async function startAlone(calleePort: number, parts: AsyncDisposableStack): Promise<Contestant> {
  const media = parts.use(await startFreeSwitchAlone(calleePort));
  const target = { host: '127.0.0.1', port: media.sipPort };
  return { target, dialling: peers, rtp: true, cpu: () => ({ ...nothing, mediaServer: cpuMs(media.pid) }) };
}

/** axbridge as it is: every pair bound, journal in its PostgreSQL, events and records to a customer's server. */
async function startAxbridge(
  calleePort: number,
  parts: AsyncDisposableStack,
): Promise<Record<'plain' | 'anchored', Contestant>> {
  const server = parts.use(await startSipServer());
  const media = parts.use(await startMediaServer());
  const sink = await WebhookSink.start();
  parts.defer(() => sink.close());
  const application = parts.use(
    await BenchApplication.start({
      AXBRIDGE_DRACHTIO: server.setting,
      AXBRIDGE_FREESWITCH: media.setting,
      AXBRIDGE_TRUNK_OPTIONS_SECONDS: '0',
    }),
  );
  const { admin, http, pid } = application;
  await admin.addTrunk({
    ...{ name: 'carrier', host: '127.0.0.1', port: calleePort, transport: 'udp', sources: ['127.0.0.1/32'] },
  });
  const app = await admin.createApp({
    ...{ name: 'bench', mode: 'AXB', recording: false },
    ...{ statusUrl: `${sink.url}/status`, feeUrl: `${sink.url}/fee` },
  });
  const [plainPairs, anchoredPairs] = [pairsFrom(0, PAIRS), pairsFrom(PAIRS, PAIRS)];
  await giveNumbers(admin, app.appKey, [...plainPairs, ...anchoredPairs]);
  await using client = new SignedClient(http, app.appKey, app.appSecret);
  await bindPairs(client, plainPairs);
  await bindPairs(client, anchoredPairs, { maxDuration: LONGEST_CALL });
  const postgres = childNamed(pid, 'postgres');
  const cpu = (): CpuParts => ({
    application: cpuMs(pid),
    sipServer: cpuMs(server.pid),
    mediaServer: cpuMs(media.pid),
    postgres: cpuMsOfTree(postgres),
  });
  const dialled = (pairs: readonly Pair[]) => pairs.map(({ a, x }) => ({ from: a, to: x }));
  return {
    // What an idle media server takes is no part of calls that never reach it.
    plain: {
      ...{ target: server.sip, dialling: dialled(plainPairs), rtp: false },
      cpu: () => ({ ...cpu(), mediaServer: 0 }),
    },
    anchored: { target: server.sip, dialling: dialled(anchoredPairs), rtp: true, cpu },
  };
}

/** Port and secret of `host:port,secret`. */
function adminOf(setting: string): [port: string, secret: string] {
  const [, port = '', secret = ''] = /:(\d+),(.*)$/.exec(setting) ?? [];
  return [port, secret];
}
