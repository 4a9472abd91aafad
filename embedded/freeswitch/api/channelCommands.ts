import { delayOf, scheduleHangup } from '../apps/applications.ts';
import { findRecording, startSessionRecording, stopSessionRecording } from '../apps/recordSession.ts';
import { setVariable } from '../apps/variables.ts';
import { parseHangupCause } from '../channel/hangupCauses.ts';
import { headerLines } from '../esl/eslEvent.ts';
import { parseDigitString } from '../rtp/DigitSender.ts';
import { type ApiCommand, NO_SUCH_CHANNEL, onChannel } from './command.ts';
import { setMediaStatistics } from './mediaStatistics.ts';

/** `uuid_kill <uuid> [<cause>]`. */
const uuidKill = onChannel('<uuid> [cause]', 1, (channel, words) => {
  channel.hangup(parseHangupCause(words[0] ?? '') ?? 'NORMAL_CLEARING');
  return '+OK\n';
});

/** `uuid_dump <uuid> [txt|plain|json]`: state and variables as header lines. */
const uuidDump = onChannel('<uuid> [format]', 1, (channel, words) => {
  const headers = { 'Event-Name': 'CHANNEL_DATA', ...channel.describe() };
  const format = words[0] ?? 'txt';
  if (format === 'json') return JSON.stringify(headers);
  return format === 'txt' || format === 'plain' ? headerLines(headers) : '-ERR Unknown format\n';
});

/** `uuid_setvar <uuid> <name> [<value>]`. */
const uuidSetvar = onChannel('<uuid> <var> [value]', 2, (channel, words) => {
  setVariable(channel, words[0] ?? '', words.slice(1).join(' '));
  return '+OK\n';
});

/** `uuid_setvar_multi <uuid> <name>=<value>;…`. */
const uuidSetvarMulti = onChannel('<uuid> <var>=<value>;<var>=<value>...', 2, (channel, words) => {
  for (const pair of words.join(' ').split(';')) {
    const [name = '', ...value] = pair.split('=');
    setVariable(channel, name, value.join('='));
  }
  return '+OK\n';
});

/** `uuid_getvar <uuid> <name>`. */
const uuidGetvar = onChannel(
  '<uuid> <var>',
  2,
  (channel, words) => channel.variable(words[0] ?? '') ?? '_undef_',
);

/** `uuid_set_media_stats <uuid>`: brings the `rtp_audio_*` variables up to date. */
const uuidSetMediaStats = onChannel('<uuid>', 1, (channel) => {
  setMediaStatistics(channel);
  return '+OK:\n';
});

/** `uuid_send_dtmf <uuid> <digits>[@<ms>]`. */
const uuidSendDtmf = onChannel('<uuid> <dtmf_data>', 2, (channel, words) => {
  const text = words[0] ?? '';
  const parsed = parseDigitString(text);
  const sent = parsed && channel.media.sendDigits(parsed.digits, parsed.durationMs);
  return sent ? `+OK ${channel.uuid} sent DTMF ${text}.\n` : '-ERR Operation failed\n';
});

/** `uuid_record <uuid> start|stop|mask|unmask <path> [<limit s>]`. */
const uuidRecord = onChannel(
  '<uuid> [start|stop|mask|unmask] <path> [<limit>]',
  3,
  async (channel, words, board) => {
    const [action, path = '', limit] = words;
    switch (action) {
      case 'start':
        try {
          await startSessionRecording(channel, board, path, Number(limit ?? 0) || 0);
          return '+OK Success\n';
        } catch {
          return '-ERR Cannot record session!\n';
        }
      case 'stop':
        return (await stopSessionRecording(channel, board, path))
          ? '+OK Success\n'
          : '-ERR Cannot stop record session!\n';
      case 'mask':
      case 'unmask': {
        const recording = findRecording(channel, board, path);
        if (!recording) return '-ERR Cannot mask recording session!\n';
        recording.masked = action === 'mask';
        return '+OK Success\n';
      }
      default:
        return '-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>]\n';
    }
  },
);

/** `sched_hangup [+]<seconds> <uuid> [<cause>]`. */
const schedHangup: ApiCommand = (board, words) => {
  const [time = '', uuid = '', cause] = words;
  const delayMs = delayOf(time);
  if (delayMs === undefined || uuid === '') return '-USAGE: [+]<time> <uuid> [<cause>]\n';
  const channel = board.channels.get(uuid);
  if (!channel?.isUp) return NO_SUCH_CHANNEL;
  scheduleHangup(channel, delayMs, cause);
  return '+OK\n';
};

/** `sched_del <uuid>`: forgets what was scheduled for a channel. Numbers of single tasks are not given out. */
const schedDel: ApiCommand = (board, words) => {
  const [uuid] = words;
  if (!uuid) return '-ERR Invalid syntax\n';
  return `+OK Deleted: ${board.channels.get(uuid)?.unschedule() ?? 0}\n`;
};

/** `hupall [<cause> [<variable> <value> …]]`: hangs up every channel, or those whose variables match. */
const hupall: ApiCommand = (board, words) => {
  const cause = parseHangupCause(words[0] ?? '') ?? 'MANAGER_REQUEST';
  const wanted = words.slice(1);
  for (const channel of [...board.channels.values()]) {
    const matches = wanted.every(
      (name, index) => index % 2 === 1 || channel.variable(name) === wanted[index + 1],
    );
    if (matches) channel.hangup(cause);
  }
  return `+OK hangup all channels with cause ${cause}\n`;
};

export const CHANNEL_COMMANDS: ReadonlyMap<string, ApiCommand> = new Map([
  ['uuid_kill', uuidKill],
  ['uuid_dump', uuidDump],
  ['uuid_setvar', uuidSetvar],
  ['uuid_setvar_multi', uuidSetvarMulti],
  ['uuid_getvar', uuidGetvar],
  ['uuid_set_media_stats', uuidSetMediaStats],
  ['uuid_send_dtmf', uuidSendDtmf],
  ['uuid_record', uuidRecord],
  ['sched_hangup', schedHangup],
  ['sched_del', schedDel],
  ['hupall', hupall],
]);
