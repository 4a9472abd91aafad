import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeUdpPort, udpPortInUse } from '../../test/interop/ports.ts';
import { quantile } from '../statistics.ts';
import { LogTail } from './LogTail.ts';
import { RtpPhones } from './RtpPhones.ts';

/** What callee.xml and caller.xml say. */
const ANSWER_AFTER_MS = 200;
const TALK_MS = 1000;
/** So many calls may go on or have just ended at the same time. */
const RTP_PORTS = 900;
/** A call that hears nothing for so long has failed. */
const PATIENCE_MS = 8000;
/** A call that its caller has given up, perhaps without a word, is forgotten. */
const ABANDONED_MS = 12_000;

/** Who calls, and whom he dials. */
export interface Dialling {
  readonly from: string;
  readonly to: string;
}

export interface SippOrder {
  readonly target: { readonly host: string; readonly port: number };
  /** One for each call, in turn. */
  readonly dialling: readonly Dialling[];
  readonly callsPerSecond: number;
  readonly seconds: number;
  /** Callers and callees talk through the target. */
  readonly rtp: boolean;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export interface SippOutcome {
  readonly begun: number;
  /** Answered, talked (and heard, where there was RTP), ended by a BYE that was answered. */
  readonly completed: number;
  /** From the caller's INVITE to his 180, milliseconds. */
  readonly ringing: Quantiles;
  /** From the caller's INVITE, less the 200 ms that it rings, to the 200 and (with RTP) the callee's first sound; milliseconds. */
  readonly connected: Quantiles;
}

/** One call of the caller's log; milliseconds since 1970. */
interface Call {
  readonly calledAt: number;
  ringingAt?: number;
  answeredAt?: number;
  heardAt?: number;
  hasEnded: boolean;
}

/** Two sipp processes, one of which takes calls all the time while the other makes them by order, and their sound. */
export class SippLoad implements AsyncDisposable {
  readonly calleePort: number;
  readonly #folder: string;
  readonly #callee: ChildProcess;
  readonly #tail: LogTail;
  readonly #phones: RtpPhones;
  readonly #callerPorts: readonly number[];
  #runs = 0;
  #rtp = false;

  private constructor(
    folder: string,
    callee: { readonly port: number; readonly process: ChildProcess; readonly log: string },
    phones: RtpPhones,
    callerPorts: readonly number[],
  ) {
    this.#folder = folder;
    this.calleePort = callee.port;
    this.#callee = callee.process;
    this.#phones = phones;
    this.#callerPorts = callerPorts;
    this.#tail = new LogTail(callee.log, (line) => this.#calleeSays(line));
    phones.start();
  }

  /** @throws Error when sipp does not start */
  static async start(): Promise<SippLoad> {
    const folder = mkdtempSync(join(tmpdir(), 'axbridge-paths-'));
    const phones = new RtpPhones();
    const callerPorts = await phones.open('caller', RTP_PORTS);
    const calleePorts = await phones.open('callee', RTP_PORTS);
    const fields = join(folder, 'callee.csv');
    writeFileSync(fields, `SEQUENTIAL\n${calleePorts.map((port) => `${port};\n`).join('')}`);
    const port = await freeUdpPort();
    const options = ['-inf', fields, '-p', String(port), '-recv_timeout', String(ABANDONED_MS)];
    const { child, log } = startSipp(folder, 'callee', options);
    const ended = once(child, 'exit').then(() => {
      throw new Error('it ended at once');
    });
    try {
      await Promise.race([udpPortInUse(port), ended]);
    } catch (error) {
      child.kill('SIGKILL');
      phones.stop();
      rmSync(folder, { recursive: true, force: true });
      throw new Error('this bench needs the program sipp (sip-tester)', { cause: error });
    }
    return new SippLoad(folder, { port, process: child, log }, phones, callerPorts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#callee, 'exit');
    if (this.#callee.kill('SIGKILL')) await gone;
    this.#tail[Symbol.dispose]();
    this.#phones.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Begins calls at an even pace, whatever becomes of them, and waits for their end. */
  async run(order: SippOrder): Promise<SippOutcome> {
    this.#rtp = order.rtp;
    const begun = Math.round(order.callsPerSecond * order.seconds);
    const name = `caller-${++this.#runs}`;
    const fields = join(this.#folder, `${name}.csv`);
    const lines = Array.from({ length: begun }, (_, index) => {
      const { from, to } = order.dialling[index % order.dialling.length] ?? { from: '', to: '' };
      return `${this.#callerPorts[index % RTP_PORTS]};${from};${to};\n`;
    });
    writeFileSync(fields, `SEQUENTIAL\n${lines.join('')}`);
    const { target, callsPerSecond } = order;
    const { child, log } = startSipp(
      this.#folder,
      'caller',
      [
        `${target.host}:${target.port}`,
        ...['-inf', fields, '-p', String(await freeUdpPort())],
        ...['-r', String(callsPerSecond), '-m', String(begun), '-l', String(begun)],
        ...['-recv_timeout', String(PATIENCE_MS)],
      ],
      name,
    );
    const calls: Call[] = [];
    const latest = new Map<string, Call>();
    using tail = new LogTail(log, (line) => this.#callerSays(line, calls, latest));
    await once(child, 'exit');
    tail.read();
    return outcomeOf(begun, calls, order.rtp);
  }

  #callerSays(line: string, calls: Call[], latest: Map<string, Call>): void {
    const { what, port, target, at } = parse(line);
    if (what === 'called') {
      const call: Call = { calledAt: at, hasEnded: false };
      calls.push(call);
      latest.set(port, call);
      if (this.#rtp)
        this.#phones.listen(Number(port), (heardAt) => {
          call.heardAt = heardAt;
        });
      return;
    }
    const call = latest.get(port);
    if (call === undefined) return;
    if (what === 'ringing') call.ringingAt ??= at;
    if (what === 'answered') {
      call.answeredAt = at;
      if (this.#rtp) this.#phones.talk('caller', Number(port), target, TALK_MS);
    }
    if (what === 'ended') call.hasEnded = true;
  }

  #calleeSays(line: string): void {
    const { what, port, target } = parse(line);
    if (what === 'answering' && this.#rtp) this.#phones.talk('callee', Number(port), target, TALK_MS);
  }
}

/** Starts sipp with a scenario of this folder; its log is there and empty. */
function startSipp(
  folder: string,
  scenario: 'caller' | 'callee',
  options: readonly string[],
  name: string = scenario,
): { child: ChildProcess; log: string } {
  const log = join(folder, `${name}.log`);
  writeFileSync(log, '');
  const file = join(import.meta.dirname, `${scenario}.xml`);
  const always = ['-sf', file, '-i', '127.0.0.1', '-nostdin', '-nd', '-trace_logs', '-log_file', log];
  const child = spawn('sipp', [...options, ...always], { cwd: folder, stdio: 'ignore' });
  return { child, log };
}

/** `<what> <port> [<other side's port>] <date> <time> <seconds since 1970>` */
function parse(line: string): { what: string; port: string; target: number; at: number } {
  const [what = '', port = '', target = ''] = line.split(/\s/);
  return { what, port, target: Number(target), at: 1000 * Number(line.slice(line.lastIndexOf('\t') + 1)) };
}

function outcomeOf(begun: number, calls: readonly Call[], rtp: boolean): SippOutcome {
  const since = (end: (call: Call) => number | undefined): Quantiles => {
    const times = calls.flatMap((call) => {
      const at = end(call);
      return at === undefined ? [] : [at - call.calledAt];
    });
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  };
  // A caller who hears before he is answered is not connected yet.
  const connected = since(({ heardAt, answeredAt }) => {
    if (answeredAt === undefined || (rtp && heardAt === undefined)) return undefined;
    return Math.max(answeredAt, heardAt ?? 0) - ANSWER_AFTER_MS;
  });
  const isComplete = ({ hasEnded, heardAt }: Call): boolean => hasEnded && (!rtp || heardAt !== undefined);
  return {
    begun,
    completed: calls.filter(isComplete).length,
    ringing: since(({ ringingAt }) => ringingAt),
    connected,
  };
}
