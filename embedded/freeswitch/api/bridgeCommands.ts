import { Channel } from '../channel/Channel.ts';
import type { Switchboard } from '../switchboard.ts';
import { type ApiCommand, onChannel } from './command.ts';

/** `uuid_bridge <uuid> <other uuid>`. */
const uuidBridge: ApiCommand = (board, words) => {
  const [first, second] = words;
  if (!first || !second) return '-USAGE: <uuid> <other_uuid>\n';
  const a = board.channels.get(first);
  const b = board.channels.get(second);
  if (!a?.isUp || !b?.isUp || a === b) return '-ERR Invalid uuid\n';
  Channel.bridge(a, b);
  return `+OK ${b.uuid}\n`;
};

/**
 * `uuid_transfer <uuid> [-bleg|-both] <application>[:<argument>] inline`: takes legs out of what they do and runs an
 * application on them; `park` leaves them alone. There is no dialplan, so only `inline` is understood.
 */
const uuidTransfer = onChannel('<uuid> [-bleg|-both] <dest-exten> inline', 3, (channel, words) => {
  const option = words[0]?.startsWith('-') ? words[0] : undefined;
  const [destination = '', dialplan] = option ? words.slice(1) : words;
  if (dialplan !== 'inline') return '-ERR only the inline dialplan is supported\n';
  const legs = transferredLegs(channel, option);
  if (!legs) return '-ERR unknown option\n';
  const colon = destination.indexOf(':');
  const application = colon < 0 ? destination : destination.slice(0, colon);
  const argument = colon < 0 ? '' : destination.slice(colon + 1);
  const { partner } = channel;
  channel.unbridge();
  // A leg that is transferred away from its partner leaves it without a call.
  if (partner && !legs.includes(partner) && !partner.flag('park_after_bridge'))
    partner.hangup('NORMAL_CLEARING');
  if (!legs.includes(channel) && !channel.flag('park_after_bridge')) channel.hangup('NORMAL_CLEARING');
  const accepted = legs.map((leg) => {
    leg.interruptAll('break_all');
    return leg.execute({ application, argument, eventUuid: undefined, locks: false });
  });
  return accepted.every(Boolean) ? '+OK\n' : '-ERR no such application\n';
});

function transferredLegs(channel: Channel, option: string | undefined): Channel[] | undefined {
  const partner = channel.partner ? [channel.partner] : [];
  switch (option) {
    case undefined:
      return [channel];
    case '-both':
      return [...partner, channel];
    case '-bleg':
      return partner.length > 0 ? partner : [channel];
    default:
      return undefined;
  }
}

/** `uuid_broadcast <uuid> <path> [aleg|bleg|both]`: plays to a leg, its partner or both, beside their call. */
const uuidBroadcast = onChannel('<uuid> <path> [aleg|bleg|both]', 2, (channel, words) => {
  const [path = '', legs = 'aleg'] = words;
  const targets: Channel[] = [];
  if (/both|bleg/i.test(legs) && channel.partner) targets.push(channel.partner);
  if (/both|aleg/i.test(legs)) targets.push(channel);
  if (!/^(aleg|bleg|both)$/i.test(legs)) return '-ERR unknown leg\n';
  const { application, argument } = broadcastApplication(path);
  const request = { application, argument, eventUuid: undefined, locks: true };
  const accepted = targets.map((target) => target.execute(request));
  return accepted.every(Boolean) ? '+OK Message sent\n' : '-ERR no such application\n';
});

/** `app::argument`, else a file to play. */
function broadcastApplication(path: string): { application: string; argument: string } {
  const separator = path.indexOf('::');
  return separator < 0
    ? { application: 'playback', argument: path }
    : { application: path.slice(0, separator), argument: path.slice(separator + 2) };
}

/** `uuid_break <uuid> [all|both]`. */
const uuidBreak = onChannel('<uuid> [all]', 1, (channel, words) => {
  const all = words.includes('all');
  channel.interrupt(all);
  if (words.includes('both')) channel.partner?.interrupt(all);
  return '+OK\n';
});

/** `uuid_exists <uuid>`. */
const uuidExists: ApiCommand = (board: Switchboard, words) =>
  String(board.channels.get(words[0] ?? '')?.isUp ?? false);

export const BRIDGE_COMMANDS: ReadonlyMap<string, ApiCommand> = new Map([
  ['uuid_bridge', uuidBridge],
  ['uuid_transfer', uuidTransfer],
  ['uuid_broadcast', uuidBroadcast],
  ['uuid_break', uuidBreak],
  ['uuid_exists', uuidExists],
]);
