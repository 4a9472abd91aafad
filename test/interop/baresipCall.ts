import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readWav, SAMPLES_PER_SECOND, shareOfTone } from '../kit/audio.ts';
import { freeUdpPort, udpPortInUse } from './ports.ts';
import type { Row } from './sippCall.ts';
import { CALLEE_HZ, CALLER_HZ, type World } from './World.ts';

const MODULES = '/usr/lib/baresip/modules';
const CALL_SECONDS = 7;

interface Baresip {
  readonly name: string;
  readonly number: string;
  readonly port: number;
  readonly hertz: number;
  readonly account: string;
  readonly args: readonly string[];
}

/** A recorded call between two baresips: each speaks a tone, and keeps what it heard. */
export async function runBaresipCall(world: World): Promise<Row> {
  const faults: string[] = [];
  const { a, b, x } = await world.bind({ recordFlag: 'true' });
  const { host, port } = world.application.sip;
  const calleeOptions = {
    name: 'baresip-b',
    number: b,
    port: world.calleePort,
    hertz: CALLEE_HZ,
    account: ';answermode=auto',
    args: ['-t', String(CALL_SECONDS + 6)],
  };
  const callee = start(world.folder, calleeOptions);
  await udpPortInUse(world.calleePort);
  const callerOptions = {
    name: 'baresip-a',
    number: a,
    port: await freeUdpPort(),
    hertz: CALLER_HZ,
    account: '',
    args: ['-t', String(CALL_SECONDS), '-e', `/dial sip:${x}@${host}:${port}`],
  };
  const caller = start(world.folder, callerOptions);
  await once(caller, 'exit');
  const told = await world.told(x);
  callee.kill('SIGTERM');
  if (callee.exitCode === null) await once(callee, 'exit');

  const names = told.events.map(({ eventType }) => eventType).join(' ');
  const stateCode = String(told.events.at(-1)?.statusInfo.stateCode);
  if (names !== 'callin callout alerting answer disconnect') faults.push(`events ${names}`);
  if (stateCode !== '0') faults.push(`stateCode ${stateCode}`);
  const { caller: ofA, callee: ofB, seconds } = await world.voices(told);
  if (ofA < 0.2 || ofB < 0.2 || seconds < 3) {
    faults.push(`the recording has ${seconds} s, ${ofA.toFixed(2)} and ${ofB.toFixed(2)} of the voices`);
  }
  for (const [{ name }, other] of [
    [callerOptions, CALLEE_HZ],
    [calleeOptions, CALLER_HZ],
  ] as const) {
    const share = shareHeard(join(world.folder, name), other);
    if (share < 0.5) faults.push(`${name} heard ${share.toFixed(2)} of the other's voice`);
  }
  return { title: 'baresip calls baresip; recorded, both hear', stateCode, sip: '200', faults };
}

function start(parent: string, { name, number, port, hertz, account, args }: Baresip): ChildProcess {
  const folder = join(parent, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'accounts'), `<sip:${number}@127.0.0.1:${port}>;regint=0${account}\n`);
  writeFileSync(join(folder, 'contacts'), '');
  writeFileSync(join(folder, 'tone.wav'), pcmWav(hertz, CALL_SECONDS + 5));
  const modules = ['g711', 'aufile', 'aubridge', 'sndfile', 'account', 'menu'];
  writeFileSync(
    join(folder, 'config'),
    [
      `sip_listen 127.0.0.1:${port}`,
      'audio_srate 8000-8000',
      'audio_channels 1-1',
      `audio_source aufile,${join(folder, 'tone.wav')}`,
      'audio_player aubridge,nowhere',
      'rtp_tos 184',
      'net_interface 127.0.0.1',
      `module_path ${MODULES}`,
      ...modules.slice(0, 4).map((module) => `module ${module}.so`),
      ...modules.slice(4).map((module) => `module_app ${module}.so`),
      `snd_path ${folder}`,
      '',
    ].join('\n'),
  );
  const output = openSync(join(folder, 'output.log'), 'w');
  const child = spawn('baresip', ['-f', folder, ...args], { cwd: folder, stdio: ['ignore', output, output] });
  closeSync(output);
  return child;
}

/** A tone as 8 kHz, 16-bit, mono WAV, which is what baresip reads. */
function pcmWav(hertz: number, seconds: number): Buffer {
  const octets = 2 * SAMPLES_PER_SECOND * seconds;
  const file = Buffer.alloc(44 + octets);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + octets, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(SAMPLES_PER_SECOND, 24);
  file.writeUInt32LE(2 * SAMPLES_PER_SECOND, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(octets, 40);
  for (let index = 0; index < octets / 2; index++) {
    const sample = 8000 * Math.sin((2 * Math.PI * hertz * index) / SAMPLES_PER_SECOND);
    file.writeInt16LE(Math.round(sample), 44 + 2 * index);
  }
  return file;
}

/** How much of the middle of what this baresip decoded was the tone. */
function shareHeard(folder: string, hertz: number): number {
  const dump = readdirSync(folder).find((name) => name.endsWith('-dec.wav'));
  if (dump === undefined) return 0;
  const { data } = readWav(readFileSync(join(folder, dump)));
  const samples = new Float64Array(Math.floor(data.length / 2));
  for (let index = 0; index < samples.length; index++) samples[index] = data.readInt16LE(2 * index);
  const middle = Math.floor(samples.length / 2);
  return shareOfTone(samples.subarray(middle - 2000, middle + 2000), hertz);
}
