/** Event names as clients subscribe to them; a subset of FreeSWITCH's, which is all that this server raises. */
export type EventName =
  | 'BACKGROUND_JOB'
  | 'CHANNEL_ANSWER'
  | 'CHANNEL_BRIDGE'
  | 'CHANNEL_CALLSTATE'
  | 'CHANNEL_CREATE'
  | 'CHANNEL_DESTROY'
  | 'CHANNEL_EXECUTE'
  | 'CHANNEL_EXECUTE_COMPLETE'
  | 'CHANNEL_HANGUP'
  | 'CHANNEL_HANGUP_COMPLETE'
  | 'CHANNEL_PARK'
  | 'CHANNEL_UNBRIDGE'
  | 'DTMF'
  | 'HEARTBEAT'
  | 'PLAYBACK_START'
  | 'PLAYBACK_STOP'
  | 'RECORD_START'
  | 'RECORD_STOP';

export type EventHeaders = Record<string, string>;

export interface EslEvent {
  readonly name: EventName;
  readonly headers: EventHeaders;
  readonly body: string | undefined;
}

export type EventFormat = 'plain' | 'json';

/** The block that carries an event to a client. */
export function eventBlock(event: EslEvent, format: EventFormat): string {
  const text = format === 'json' ? eventJson(event) : headerLines(event.headers, event.body);
  return `Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-${format}\n\n${text}`;
}

/** `Name: value` lines with the values percent-encoded, an empty line, and the body if there is one. */
export function headerLines(headers: EventHeaders, body?: string): string {
  let text = '';
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${percentEncode(value)}\n`;
  if (body === undefined) return `${text}\n`;
  return `${text}Content-Length: ${Buffer.byteLength(body)}\n\n${body}`;
}

function eventJson(event: EslEvent): string {
  if (event.body === undefined) return JSON.stringify(event.headers);
  const length = String(Buffer.byteLength(event.body));
  return JSON.stringify({ ...event.headers, 'Content-Length': length, _body: event.body });
}

/** Values that hold nothing special are left alone, which is most of them. */
function percentEncode(value: string): string {
  return /^[A-Za-z0-9_.:/@+-]*$/.test(value) ? value : encodeURIComponent(value.toWellFormed());
}
