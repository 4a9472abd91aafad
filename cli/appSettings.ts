import { UsageError } from './command.ts';
import { count, frequency, list, NONE, type Reading, requestLimit, text, word, yesOrNo } from './readings.ts';
import type { Setting, SettingTable } from './settings.ts';

const hours: Reading = (typed) => (typed === 'always' ? [] : typed.split(','));

const announcements: Reading = (typed, where) => {
  const pairs = typed.split(',').map((pair) => pair.split('='));
  if (pairs.some((pair) => pair.length !== 2))
    throw new UsageError(`${where} ${typed}: expected scene=file,scene=default,scene=none`);
  return Object.fromEntries(pairs.map(([scene = '', file = '']) => [scene, file === NONE ? null : file]));
};

const ANYWHERE = 'anywhere';

const limit = (name: string, meaning: string): Setting => ({
  value: 'CALLS/SECONDS',
  meaning: `most calls ${meaning}, like 100/60, or none`,
  field: ['guards', name],
  read: frequency,
});

/** What an operator sets of an application, now and later. */
export const APP_SETTINGS: SettingTable = {
  name: { value: 'NAME', meaning: 'what people call it', field: ['name'], read: word },
  account: {
    value: 'ID',
    meaning: "the customer's account that it belongs to",
    field: ['accountId'],
    read: word,
  },
  recording: {
    value: 'yes|no',
    meaning: 'whether its calls may be recorded, where a binding asks for it',
    field: ['recording'],
    read: yesOrNo,
  },
  'status-url': {
    value: 'URL',
    meaning: "the customer's server that gets the events of calls, or none",
    field: ['statusUrl'],
    read: text,
  },
  'fee-url': {
    value: 'URL',
    meaning: 'the one that gets call records, or none',
    field: ['feeUrl'],
    read: text,
  },
  'number-status-url': {
    value: 'URL',
    meaning: 'the one that is told of states of X numbers, or none: the status URL',
    field: ['numberStatusUrl'],
    read: text,
  },
  'push-number-status': {
    value: 'yes|no',
    meaning: 'whether the customer is told of changes in the states of its X numbers',
    field: ['pushNumberStatus'],
    read: yesOrNo,
  },
  'allowed-addresses': {
    value: 'RANGES',
    meaning: 'where its requests may come from, like 192.0.2.0/24,2001:db8::1, or anywhere',
    field: ['allowedAddresses'],
    read: (typed) => (typed === ANYWHERE ? [] : list(typed)),
  },
  'request-limit': {
    value: 'REQUESTS/SECONDS',
    meaning: 'most requests to the partner API, like 600/60, or none for what the platform sets',
    field: ['requestLimit'],
    read: requestLimit,
  },
  'calls-from-abroad': {
    value: 'yes|no',
    meaning: 'whether callers from abroad may call',
    field: ['guards', 'callsFromAbroad'],
    read: yesOrNo,
  },
  'calls-abroad': {
    value: 'yes|no',
    meaning: 'whether callees abroad may be called',
    field: ['guards', 'callsAbroad'],
    read: yesOrNo,
  },
  hours: {
    value: 'HOURS',
    meaning: 'when calls are allowed, like 08:00-12:00,13:30-21:30, or always',
    field: ['guards', 'hours'],
    read: hours,
  },
  'max-calls': {
    value: 'CALLS',
    meaning: 'most calls at the same time, or none',
    field: ['guards', 'maxCalls'],
    read: count,
  },
  'application-frequency': limit('applicationFrequency', 'of the application'),
  'shown-frequency': limit('shownFrequency', 'that show one number'),
  'caller-frequency': limit('callerFrequency', 'of one caller'),
  'callee-frequency': limit('calleeFrequency', 'to one callee'),
  'x-frequency': limit('xFrequency', 'to one X'),
  'quality-check': {
    value: 'yes|no',
    meaning: 'whether recordings are listened to, to check quality; where recording is on',
    field: ['qualityCheck'],
    read: yesOrNo,
  },
  'quality-hint-tone': {
    value: 'FILE',
    meaning:
      'what both hear of that before a recording whose binding names no hint: an announcement, default, or none',
    field: ['qualityHintTone'],
    read: text,
  },
  sms: {
    value: 'yes|no',
    meaning: 'not in AXE: whether its numbers may carry short messages, once axbridge does',
    field: ['sms'],
    read: yesOrNo,
  },
  'sms-notification-url': {
    value: 'URL',
    meaning: 'not in AXE: the server that is to be told of short messages, or none',
    field: ['smsNotificationUrl'],
    read: text,
  },
  'sms-control-url': {
    value: 'URL',
    meaning: 'AX and X: the server that is to say what becomes of a short message, or none',
    field: ['smsControlUrl'],
    read: text,
  },
  announcements: {
    value: 'SCENES',
    meaning: 'what is heard, like no-binding=own.wav,busy=default,no-permission=none',
    field: ['announcements'],
    read: announcements,
  },
  'call-back-memory': {
    value: 'yes|no',
    meaning: 'AX: whether A who dials X reaches the last caller',
    field: ['callBackMemory'],
    read: yesOrNo,
  },
  'extension-digits': {
    value: 'DIGITS',
    meaning: 'AXE: digits of an extension, 1 to 4',
    field: ['extensionDigits'],
    read: count,
  },
  'collect-repeats': {
    value: 'TIMES',
    meaning: 'AXE: how often a caller is asked again for the extension',
    field: ['collectRepeats'],
    read: count,
  },
  'call-back-number': {
    value: 'E164',
    meaning: 'AXE: where A reaches when there is no call to return, or none',
    field: ['callBackNumber'],
    read: text,
  },
};
