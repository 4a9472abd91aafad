import type { AppRun } from '../channel/AppRun.ts';
import type { Channel } from '../channel/Channel.ts';

/** `set name=value`; without a value, or with `_undef_`, the variable goes. */
export function set(channel: Channel, run: AppRun): void {
  assign(channel, run.argument);
}

/** `export name=value`: as there are no other legs made from this one, the same as `set`. */
export function exportVariable(channel: Channel, run: AppRun): void {
  assign(channel, run.argument.replace(/^nolocal:/, ''));
}

/** `multiset [^^<delimiter>]name=value …`, separated by spaces unless told otherwise. */
export function multiset(channel: Channel, run: AppRun): void {
  const { argument } = run;
  const own = argument.startsWith('^^') ? argument[2] : undefined;
  const pairs = own === undefined ? argument.split(' ') : argument.slice(3).split(own);
  for (const pair of pairs) assign(channel, pair);
}

/** `unset name`. */
export function unset(channel: Channel, run: AppRun): void {
  channel.variables.delete(run.argument.trim());
}

function assign(channel: Channel, pair: string): void {
  const at = pair.indexOf('=');
  const name = (at < 0 ? pair : pair.slice(0, at)).trim();
  const value = at < 0 ? '' : pair.slice(at + 1);
  setVariable(channel, name, value);
}

/** Gives a channel variable its value; an empty one or `_undef_` removes it. */
export function setVariable(channel: Channel, name: string, value: string): void {
  if (name === '') return;
  if (value === '' || value === '_undef_') channel.variables.delete(name);
  else channel.variables.set(name, value);
}
