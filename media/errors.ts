/**
 * Why something asked of a media server did not happen.
 *
 * | code | when |
 * |---|---|
 * | `no-server` | no media server is connected, or all are full |
 * | `set-up-failed` | the media server refused an endpoint or did not make it in time |
 * | `not-acceptable` | the party's SDP has no PCMA or PCMU by RTP or SRTP, the server does no SRTP, or a re-INVITE was refused (SIP 488) |
 * | `refused` | FreeSWITCH answered a command with an error |
 * | `no-answer` | FreeSWITCH did not answer a command in time |
 * | `file-not-found` | the announcement cannot be played: no such file, or no audio in it |
 * | `file-name` | a file name that cannot be given to FreeSWITCH |
 * | `ended` | the channel is gone: hung up, released, or its server died |
 * | `listen-address` | FreeSWITCH could not be told an address of ours to connect to |
 */
export type MediaErrorCode =
  | 'no-server'
  | 'set-up-failed'
  | 'not-acceptable'
  | 'refused'
  | 'no-answer'
  | 'file-not-found'
  | 'file-name'
  | 'ended'
  | 'listen-address';

/** A media command that failed; `code` says how (see MediaErrorCode). Messages never hold a number. */
export class MediaError extends Error {
  readonly code: MediaErrorCode;

  constructor(code: MediaErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MediaError';
    this.code = code;
  }
}

/** The text of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
