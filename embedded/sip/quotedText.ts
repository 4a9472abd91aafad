/**
 * Finds a character outside of quoted strings and angle brackets.
 * @returns its index, or -1
 */
export function indexOutsideQuotes(text: string, wanted: string, from = 0): number {
  let quoted = false;
  let bracketed = false;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at += 1;
      else if (character === '"') quoted = false;
    } else if (character === wanted && !bracketed) {
      return at;
    } else if (character === '"') {
      quoted = true;
    } else if (character === '<') {
      bracketed = true;
    } else if (character === '>') {
      bracketed = false;
    }
  }
  return -1;
}

/** Splits a header value at the commas of its list; those in quotes or angle brackets do not count. */
export function splitAtCommas(value: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (;;) {
    const comma = value.indexOf(',', start) < 0 ? -1 : indexOutsideQuotes(value, ',', start);
    const part = (comma < 0 ? value.slice(start) : value.slice(start, comma)).trim();
    if (part !== '') parts.push(part);
    if (comma < 0) return parts;
    start = comma + 1;
  }
}

/**
 * Reads `;name=value;flag` parameters. Names are lower case in the result, a flag has the empty value,
 * a quoted value keeps its quotes; the first of two equal names counts.
 */
export function parseParams(text: string): Map<string, string> {
  const params = new Map<string, string>();
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf(';', start);
    if (end >= 0 && text.indexOf('"', start) >= 0) end = indexOutsideQuotes(text, ';', start);
    if (end < 0) end = text.length;
    const equals = text.indexOf('=', start);
    const hasValue = equals >= 0 && equals < end;
    const name = text
      .slice(start, hasValue ? equals : end)
      .trim()
      .toLowerCase();
    if (name !== '' && !params.has(name))
      params.set(name, hasValue ? text.slice(equals + 1, end).trim() : '');
    start = end + 1;
  }
  return params;
}
