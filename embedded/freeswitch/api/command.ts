import type { Channel } from '../channel/Channel.ts';
import type { Switchboard } from '../switchboard.ts';

/** An API command: takes its words, gives the body of the answer. */
export type ApiCommand = (board: Switchboard, words: readonly string[]) => Promise<string> | string;

export const NO_SUCH_CHANNEL = '-ERR No such channel!\n';

/** Wraps a command whose first word is a channel's uuid. `usage` is answered when words are missing. */
export function onChannel(
  usage: string,
  minWords: number,
  run: (channel: Channel, words: readonly string[], board: Switchboard) => Promise<string> | string,
): ApiCommand {
  return (board, words) => {
    const [uuid, ...rest] = words;
    if (!uuid || words.length < minWords) return `-USAGE: ${usage}\n`;
    const channel = board.channels.get(uuid);
    return channel?.isUp ? run(channel, rest, board) : NO_SUCH_CHANNEL;
  };
}
