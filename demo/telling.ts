import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromALaw, readWav, shareOfTone } from '../test/kit/audio.ts';
import type { ToldCall } from '../test/kit/customer.ts';
import { COLUMNS, type Paint } from './Paint.ts';
import { ANNA, BEN } from './Stage.ts';

/** Fields of a record that a newcomer looks for first, in an order that tells the call. */
const RECORD_FIELDS = [
  'sessionId',
  'subscriptionId',
  'bindNum',
  'callerNum',
  'calleeNum',
  'fwdDisplayNum',
  'fwdDstNum',
  'callInTime',
  'fwdStartTime',
  'fwdAlertingTime',
  'fwdAnswerTime',
  'callEndTime',
  'callDuration',
  'ulFailReason',
  'recordFlag',
  'recordObjectName',
  'userData',
] as const;

/** Prints the events as they reached the customer's server, with the delay since the first SIP packet. */
export function printEvents(paint: Paint, { events }: ToldCall, sinceStart: (at: number) => number): void {
  for (const { eventType, statusInfo, at } of events) {
    const { caller, called, stateCode } = statusInfo;
    const time = (sinceStart(at) / 1000).toFixed(3).padStart(6);
    const end = stateCode === undefined ? '' : `  stateCode ${String(stateCode)}`;
    const name = paint.in('yellow', eventType.padEnd(11));
    paint.line(`${paint.in('dim', time)}  POST /status  ${name} ${String(caller)} → ${String(called)}${end}`);
  }
}

/** Prints the one record, two fields a line where they fit. */
export function printRecord(paint: Paint, { records }: ToldCall, sinceStart: (at: number) => number): void {
  const [record] = records;
  if (record === undefined) return;
  const time = (sinceStart(record.at) / 1000).toFixed(3).padStart(6);
  paint.line(`${paint.in('dim', time)}  POST /fee     ${paint.in('yellow', 'fee')}`);
  let line = '';
  for (const field of RECORD_FIELDS) {
    const value = record.fields[field];
    if (value === undefined) continue;
    const cell = `${field} ${String(value)}`;
    const fits = line !== '' && cell.length <= COLUMNS / 2 - 11 && line.length <= COLUMNS / 2;
    if (fits) {
      paint.line(`${line.padEnd(COLUMNS / 2 + 6)}${cell}`);
      line = '';
    } else {
      if (line !== '') paint.line(line);
      line = `        ${cell}`;
    }
  }
  if (line !== '') paint.line(line);
}

/** A recording on disk. */
export interface FoundRecording {
  readonly path: string;
  readonly seconds: number;
  readonly isALaw: boolean;
  /** How much of its middle is either voice, from 0 to 1. */
  readonly anna: number;
  readonly ben: number;
}

/** Reads the recording of this name, if it is there and whole. */
export function findRecording(dataDir: string, name: string): FoundRecording | undefined {
  const folder = join(dataDir, 'recordings');
  const entry = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((each) =>
    each.endsWith(name),
  );
  if (entry === undefined) return undefined;
  const path = join(folder, entry);
  const { format, channels, hertz, data } = readWav(readFileSync(path));
  const middle = Math.floor(data.length / 2);
  const stretch = fromALaw(data.subarray(middle - 2000, middle + 2000));
  return {
    path,
    seconds: data.length / 8000,
    isALaw: format === 6 && channels === 1 && hertz === 8000,
    anna: shareOfTone(stretch, ANNA.hertz),
    ben: shareOfTone(stretch, BEN.hertz),
  };
}
