/** What a peer's refusal may be passed on as; drachtio-srf throws at a status that it has no phrase for. */
const REFUSALS: ReadonlySet<number> = new Set([
  ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 412, 413, 414, 415, 416, 417, 420, 421, 422, 423],
  ...[480, 481, 482, 483, 484, 485, 486, 487, 488, 491, 493, 494],
  ...[500, 501, 502, 503, 504, 505, 513, 580, 600, 603, 604, 606],
]);
const NOT_ACCEPTABLE_HERE = 488;

/**
 * The status with which one side's final answer to a request inside a call goes on to the other: the same where it is
 * in common use, else x00 of its class (RFC 3261, 8.1.3.2). Nobody is redirected inside a call, so 3xx is a plain 488.
 */
export function passedStatus(status: number): number {
  if (status < 300) return 200;
  if (status < 400) return NOT_ACCEPTABLE_HERE;
  if (REFUSALS.has(status)) return status;
  return Math.min(6, Math.floor(status / 100)) * 100;
}
