import { join } from 'node:path';
import { startEmbeddedSip } from '../../embedded/index.ts';
import { PROCESS_ARGUMENT } from '../../src/processes/processMessages.ts';
import { WebhookSink } from '../../test/kit/WebhookSink.ts';
import { BenchApplication } from '../BenchApplication.ts';
import { SignedClient } from '../binds/SignedClient.ts';
import { ForkedPart } from '../ForkedPart.ts';
import { bindPairs, giveNumbers, pairsFrom } from '../pairs.ts';
import { childNamed, childrenNamed, cpuMs, cpuMsOfTree } from '../processCpu.ts';
import { type CallOrder, PAIRS } from './CallLoad.ts';

/** Processor time used until now, by part; milliseconds. */
export interface CpuParts {
  readonly application: number;
  readonly sipServer: number;
  readonly postgres: number;
}

/** Something that connects calls. */
export interface CallSide extends AsyncDisposable {
  readonly target: CallOrder['target'];
  readonly dial: CallOrder['dial'];
  cpu(): CpuParts;
}

/**
 * axbridge as it is: every pair bound, journal in its PostgreSQL, events and records to a customer's server.
 * @param notifying false: an application that wants to be told nothing
 * @param processes how many carry calls (AXBRIDGE_PROCESSES)
 */
export async function startAxbridge(
  calleePort: number,
  notifying: boolean,
  processes = 1,
): Promise<CallSide> {
  await using started = new AsyncDisposableStack();
  const sink = await WebhookSink.start();
  started.defer(() => sink.close());
  const application = started.use(await BenchApplication.start({ AXBRIDGE_PROCESSES: String(processes) }));
  const { admin, http, pid, sip } = application;
  const app = await admin.createApp({
    ...{ name: 'bench', mode: 'AXB', recording: false },
    ...(notifying ? { statusUrl: `${sink.url}/status`, feeUrl: `${sink.url}/fee` } : {}),
  });
  const pairs = pairsFrom(0, PAIRS);
  await giveNumbers(admin, app.appKey, pairs);
  await admin.addTrunk({
    ...{ name: 'carrier', host: '127.0.0.1', port: calleePort, transport: 'udp', sources: ['127.0.0.1/32'] },
  });
  await using client = new SignedClient(http, app.appKey, app.appSecret);
  await bindPairs(client, pairs);
  const sipServer = childNamed(pid, 'drachtio/process.ts');
  const postgres = childNamed(pid, 'postgres');
  const carriers = [pid, ...childrenNamed(pid, PROCESS_ARGUMENT)];
  const owned = started.move();
  return {
    target: sip,
    dial: 'x',
    cpu: () => ({
      application: sumOf(carriers),
      sipServer: cpuMs(sipServer),
      postgres: cpuMsOfTree(postgres),
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const sumOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuMs(pid), 0);

/** drachtio-srf's createB2BUA on a SIP server of the same kind. */
export async function startBareB2bua(calleePort: number): Promise<CallSide> {
  await using started = new AsyncDisposableStack();
  const sip = await startEmbeddedSip({ sipPort: 0, adminPort: 0 });
  started.defer(() => sip.stop());
  const options = [String(sip.adminPort), sip.secret, String(calleePort)];
  const b2bua = started.use(new ForkedPart(join(import.meta.dirname, 'bareB2bua.ts'), options));
  await b2bua.hear();
  const owned = started.move();
  return {
    target: { host: sip.sipHost, port: sip.sipPort },
    dial: 'callee',
    cpu: () => ({ application: cpuMs(b2bua.pid), sipServer: cpuMs(sip.pid ?? 0), postgres: 0 }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
