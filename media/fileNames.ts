import { MediaError } from './errors.ts';

/** What would end or split an event socket command, or mean something else to FreeSWITCH's file layer. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNSAFE = /[\x00-\x1f\x7f'"`;|!{}[\]$<>\\]|^-|@@/;

/**
 * Checks a file name that goes into a command.
 * @throws MediaError `file-name` for one that could be read as anything but a file
 */
export function checkedFile(file: string): string {
  if (file === '' || UNSAFE.test(file)) {
    throw new MediaError('file-name', `${JSON.stringify(file)}: expected a plain file name`);
  }
  return file;
}

/** A checked file name as one word of an `api` command, whose arguments are split at blanks. */
export function fileArgument(file: string): string {
  const checked = checkedFile(file);
  return checked.includes(' ') ? `'${checked}'` : checked;
}
