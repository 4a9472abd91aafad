import { indexOutsideQuotes, parseParams } from './quotedText.ts';

/** `"Display" <uri>;params`, as From, To, Contact, Route and their like carry it (RFC 3261 20.10). */
export interface NameAddress {
  readonly displayName: string;
  readonly uri: string;
  readonly params: ReadonlyMap<string, string>;
}

/**
 * Reads one name-addr or addr-spec. Without angle brackets every parameter belongs to the header,
 * not to the URI (RFC 3261 20).
 * @returns undefined where the text is neither (unbalanced quotes or brackets, no URI)
 */
export function parseNameAddress(value: string): NameAddress | undefined {
  const open = value.indexOf('"') < 0 ? value.indexOf('<') : indexOfBracket(value);
  if (open === -2) return undefined;
  if (open >= 0) {
    const close = value.indexOf('>', open);
    if (close < 0) return undefined;
    const uri = value.slice(open + 1, close).trim();
    const rest = value.slice(close + 1).trim();
    if (uri === '' || (rest !== '' && rest[0] !== ';')) return undefined;
    return { displayName: value.slice(0, open).trim(), uri, params: parseParams(rest.slice(1)) };
  }
  const semicolon = value.indexOf(';');
  const uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
  if (uri === '' || /[\s<>"]/.test(uri)) return undefined;
  return {
    displayName: '',
    uri,
    params: semicolon < 0 ? new Map() : parseParams(value.slice(semicolon + 1)),
  };
}

/** The tag parameter of a From or To value. */
export function tagOf(value: string): string | undefined {
  if (!value.includes('tag')) return undefined;
  const tag = parseNameAddress(value)?.params.get('tag');
  return tag === '' ? undefined : tag;
}

/** Index of the `<` that opens the URI, -1 for none, -2 for a quote that never ends. */
function indexOfBracket(value: string): number {
  let quoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at];
    if (quoted && character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === '<' && !quoted) return at;
  }
  return quoted ? -2 : -1;
}

/** Whether the quotes and angle brackets of a header value are all closed. */
export function isBalanced(value: string): boolean {
  return indexOutsideQuotes(`${value}\u0001`, '\u0001') >= 0;
}
