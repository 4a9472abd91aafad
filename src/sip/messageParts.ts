/** Credentials in a head, the lines that they go on in included (RFC 3261 7.3.1); the first group is the header's name. */
export const CREDENTIALS = /^((?:Proxy-)?Authorization\s*:)[^\r\n]*(?:\r\n[ \t][^\r\n]*)*/gim;
/** Media keys in an SDP; the first group is what they follow. */
export const MEDIA_KEYS = /^(a=crypto:|a=key-mgmt:|k=)[^\r\n]*/gm;

/**
 * Numbers with visual separators or escapes in the user part of a URI (RFC 3261 19.1.6, RFC 3966 5.1.1), or alone in
 * quotes: `numberOfUri` understands them, and a search for digits that stand together does not find them.
 */
export const WRITTEN_NUMBERS =
  /(?<=\bsips?:)(?:%[\da-f]{2}|[+\d().-]){7,}(?=(?:[;:][^@<>\s]*)?@)|(?<=\btel:)(?:%[\da-f]{2}|[+\d().-]){7,}|(?<=")\+?\d[\d ().-]{5,}\d(?=")/gi;

/** Host and port of the Request-URI. */
const REQUEST_HOST = /^[A-Z]+ sips?:(?:[^@\s]*@)?([^;?>\s]+)/;

/** A message cut in two. @returns no body where nothing ends the head */
export function partsOf(text: string): { readonly head: string; readonly body: string | undefined } {
  const headEnd = text.indexOf('\r\n\r\n');
  return headEnd < 0
    ? { head: text, body: undefined }
    : { head: text.slice(0, headEnd), body: text.slice(headEnd + 4) };
}

/**
 * Where a request of ours went. drachtio-server tells its own address of those that it sends: the Request-URI says more.
 * @returns `host` or `host:port`, as it is written; undefined for what came in, and for responses
 */
export function requestHost({ way, text }: { readonly way: 'in' | 'out'; readonly text: string }) {
  return way === 'out' ? REQUEST_HOST.exec(text)?.[1] : undefined;
}

/** A number without what is written between its digits, and its digits as such. */
export function plainNumber(written: string): string {
  return written
    .replace(/%3(\d)/g, '$1')
    .replace(/%2b/gi, '+')
    .replace(/[\s().-]/g, '');
}
