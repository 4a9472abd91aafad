import type { ToldCall } from '../test/kit/customer.ts';
import { COLUMNS, type Paint } from './Paint.ts';

/** Fields of a record that a newcomer looks for first, in an order that tells the call. */
const RECORD_FIELDS = [
  'sessionId',
  'subscriptionId',
  'bindNum',
  'extendNum',
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
  'notifyMode',
] as const;

/** Prints the events as they reached the customer's server, with the delay since the first SIP packet. */
export function printEvents(paint: Paint, { events }: ToldCall, sinceStart: (at: number) => number): void {
  for (const { eventType, statusInfo, at } of events) {
    const time = (sinceStart(at) / 1000).toFixed(3).padStart(6);
    const name = paint.in('yellow', eventType.padEnd(11));
    paint.line(`${paint.in('dim', time)}  POST /status  ${name} ${wordsOf(statusInfo)}`);
  }
}

/** What an event says, in a few words: who calls whom, what was typed, how it ended. */
export function wordsOf(statusInfo: Readonly<Record<string, unknown>>): string {
  const { caller, called, digitInfo, notifyMode, stateCode } = statusInfo;
  if (digitInfo !== undefined) return `digits ${String(digitInfo)}`;
  const question = notifyMode === 'Block' ? '  Block' : '';
  const end = stateCode === undefined ? '' : `  stateCode ${String(stateCode)}`;
  return `${String(caller)} → ${String(called)}${question}${end}`;
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
