import type { Switchboard } from '../switchboard.ts';
import { BRIDGE_COMMANDS } from './bridgeCommands.ts';
import { CHANNEL_COMMANDS } from './channelCommands.ts';
import type { ApiCommand } from './command.ts';
import { SERVER_COMMANDS } from './serverCommands.ts';

/** Every API command that the server knows. What is not here is refused. */
const API_COMMANDS: ReadonlyMap<string, ApiCommand> = new Map([
  ...SERVER_COMMANDS,
  ...CHANNEL_COMMANDS,
  ...BRIDGE_COMMANDS,
]);

/** Runs `name arguments…` and gives the body of its answer, never empty. */
export async function runApi(board: Switchboard, line: string): Promise<string> {
  const [name = '', ...words] = splitWords(line);
  const command = API_COMMANDS.get(name.toLowerCase());
  if (!command) return `-ERR ${name} Command not found!\n`;
  return (await command(board, words)) || '-ERR no reply\n';
}

/** Words are separated by spaces; single quotes keep them together. `^^|` at the start makes `|` the separator. */
function splitWords(line: string): string[] {
  const own = /^(\S+)\s+\^\^(.)(.*)$/s.exec(line.trim());
  if (own) return [own[1] ?? '', ...(own[3] ?? '').split(own[2] ?? '|')];
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}
