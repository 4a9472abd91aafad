import { randomUUID } from 'node:crypto';
import type { EventHub } from '../esl/EventHub.ts';
import type { EventHeaders, EventName } from '../esl/eslEvent.ts';
import type { Digit } from '../rtp/telephoneEvent.ts';
import { AppRun, type Interruption } from './AppRun.ts';
import { HANGUP_CAUSES, type HangupCause } from './hangupCauses.ts';
import { LegMedia } from './LegMedia.ts';

/** A request to run an application (`sendmsg … execute`, or a broadcast). */
export interface ExecuteRequest {
  readonly application: string;
  readonly argument: string;
  /** Comes back as Application-UUID in the events of the run. */
  readonly eventUuid: string | undefined;
  /** Makes later requests wait until this one is done (`event-lock: true`). */
  readonly locks: boolean;
}

/** A recording of the whole leg, which goes on beside the applications. */
export interface SessionRecording {
  masked: boolean;
  /** Completes the file and tells about it. Safe to call twice. */
  stop(): Promise<void>;
}

/** Runs an application; the promise settles when it is over. */
export type ApplicationRunner = (channel: Channel, run: AppRun) => Promise<void> | void;

/** What a channel needs of the world around it. */
export interface ChannelPort {
  readonly events: EventHub;
  readonly media: LegMedia;
  /** Finds an application by name. */
  application(name: string): ApplicationRunner | undefined;
  /** Ends the SIP dialog from our side. */
  endDialog(cause: HangupCause): void;
  /** Called once when nothing of the channel is left but its name; gives its ports back. */
  onGone(channel: Channel): void;
}

type CallState = 'RINGING' | 'ACTIVE' | 'HANGUP';

/**
 * One leg of a call, as the event socket sees it.
 *
 * It is created by an INVITE, answered at once, and lives until either side hangs up. Applications run on it one
 * inside the other: a request that comes while another runs is run at once and the older one waits for it, unless
 * the older one has locked the channel; then requests queue. (That is how FreeSWITCH treats private events.)
 */
export class Channel {
  readonly uuid = randomUUID();
  readonly name: string;
  readonly media: LegMedia;
  readonly variables = new Map<string, string>();
  /** Recordings of the session by file path. */
  readonly recordings = new Map<string, SessionRecording>();
  readonly createdAtMs = Date.now();
  hangupCause: HangupCause | undefined;
  partner: Channel | undefined;
  /** Resolves when the channel has gone. */
  readonly gone: Promise<void>;
  readonly #port: ChannelPort;
  readonly #runs: AppRun[] = [];
  readonly #finished: Promise<void>[] = [];
  readonly #queue: ExecuteRequest[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #resolveGone: () => void;
  #callState: CallState = 'RINGING';
  #answeredAtMs = 0;
  #locked = false;
  #runCount = 0;
  #isControlled = true;

  constructor(name: string, port: ChannelPort) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    this.#resolveGone = resolve;
    this.name = name;
    this.#port = port;
    this.media = port.media;
    this.variables.set('uuid', this.uuid).set('direction', 'inbound').set('channel_name', name);
  }

  get isUp(): boolean {
    return this.hangupCause === undefined;
  }

  /** Tells the world about the channel, and that it has been answered. */
  announce(): void {
    this.raise('CHANNEL_CREATE');
    this.#setCallState('RINGING');
    this.#answeredAtMs = Date.now();
    this.raise('CHANNEL_ANSWER');
    this.#setCallState('ACTIVE');
    this.raise('CHANNEL_PARK');
  }

  variable(name: string): string | undefined {
    return this.variables.get(name);
  }

  /** True when a variable holds one of the words that FreeSWITCH takes for yes. */
  flag(name: string): boolean {
    return /^(true|yes|on|1|t|y|enabled|active|allow)$/i.test(this.variables.get(name) ?? '');
  }

  /** Raises an event about this channel, with its state and variables and `extra` headers. */
  raise(name: EventName, extra: EventHeaders = {}): void {
    this.#port.events.raise(name, this.uuid, () => ({ ...this.describe(), ...extra }));
  }

  /** State and variables as event headers. */
  describe(): EventHeaders {
    const headers: EventHeaders = {
      'Channel-State': this.isUp ? (this.partner ? 'CS_EXCHANGE_MEDIA' : 'CS_EXECUTE') : 'CS_HANGUP',
      'Channel-Call-State': this.#callState,
      'Channel-Name': this.name,
      'Unique-ID': this.uuid,
      'Call-Direction': 'inbound',
      'Channel-Call-UUID': this.uuid,
      'Answer-State': this.isUp ? (this.#answeredAtMs ? 'answered' : 'ringing') : 'hangup',
      'Caller-Unique-ID': this.uuid,
      'Caller-Channel-Created-Time': String(this.createdAtMs * 1000),
      'Caller-Channel-Answered-Time': String(this.#answeredAtMs * 1000),
    };
    if (this.hangupCause) headers['Hangup-Cause'] = this.hangupCause;
    if (this.partner) headers['Other-Leg-Unique-ID'] = this.partner.uuid;
    const codec = this.media.session.negotiated?.law;
    if (codec) {
      headers['Channel-Read-Codec-Name'] = codec;
      headers['Channel-Read-Codec-Rate'] = '8000';
      headers['Channel-Write-Codec-Name'] = codec;
      headers['Channel-Write-Codec-Rate'] = '8000';
    }
    for (const [name, value] of this.variables) headers[`variable_${name}`] = value;
    return headers;
  }

  /** Takes a request to run an application; false when there is no such application. */
  execute(request: ExecuteRequest): boolean {
    if (!this.#port.application(request.application)) {
      // The client waits for this event whatever the command reply says.
      this.raise('CHANNEL_EXECUTE_COMPLETE', {
        Application: request.application,
        'Application-Data': request.argument,
        'Application-Response': '-ERR no such application',
        'Application-UUID': request.eventUuid ?? randomUUID(),
      });
      return false;
    }
    this.#queue.push(request);
    this.#startQueued();
    return true;
  }

  /** Hands a digit of the caller to the application that is running, and raises the DTMF event. */
  noteDigit(digit: Digit, source: 'RTP' | 'ENDPOINT'): void {
    if (!this.isUp) return;
    this.raise('DTMF', {
      'DTMF-Digit': digit.digit,
      'DTMF-Duration': String(digit.durationSamples),
      'DTMF-Source': source,
    });
    this.#runs.at(-1)?.onDigit?.(digit.digit);
  }

  /** Takes a digit that came by SIP INFO: as any other, and the bridge partner gets it as a telephone event. */
  noteInfoDigit(digit: Digit): void {
    this.media.passDigitOn(digit);
    this.noteDigit(digit, 'ENDPOINT');
  }

  /** `uuid_break`: ends the file, or with `all` the application and what is queued. */
  interrupt(all: boolean): void {
    if (all) this.#queue.length = 0;
    this.#runs.at(-1)?.interrupt(all ? 'break_all' : 'break');
  }

  /** Ends whatever runs, because the channel is taken elsewhere (bridge, transfer). */
  interruptAll(interruption: Interruption): void {
    this.#queue.length = 0;
    for (const run of [...this.#runs].reverse()) run.interrupt(interruption);
  }

  /** Does something with the channel after a time, unless it is gone by then. */
  schedule(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }

  /** Forgets what was scheduled. @returns how much that was */
  unschedule(): number {
    const count = this.#timers.size;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    return count;
  }

  /**
   * The socket that controlled the channel has closed. A channel that waits for orders hangs up, one with an
   * application running does so after it, and one in a bridge stays until the bridge ends: so does FreeSWITCH
   * with `socket … async full`.
   */
  controllerGone(): void {
    this.#isControlled = false;
    this.#hangUpIfAbandoned();
  }

  /** Hangs up and tears down. `byPeer`: the other side has ended the dialog already. */
  hangup(cause: HangupCause, byPeer = false): void {
    if (!this.isUp) return;
    this.hangupCause = cause;
    this.variables.set('hangup_cause', cause).set('hangup_cause_q850', String(HANGUP_CAUSES[cause].q850));
    this.unschedule();
    this.interruptAll('hangup');
    this.#leaveBridge();
    this.media.close();
    if (!byPeer) this.#port.endDialog(cause);
    this.raise('CHANNEL_HANGUP');
    this.#setCallState('HANGUP');
    void this.#tearDown();
  }

  /** Parts from the partner without hanging up anybody. */
  unbridge(): void {
    const partner = this.partner;
    if (!partner) return;
    this.media.unbridge();
    for (const [leg, other] of [
      [this, partner],
      [partner, this],
    ] as const) {
      leg.raise('CHANNEL_UNBRIDGE', { 'Bridge-A-Unique-ID': this.uuid, 'Bridge-B-Unique-ID': partner.uuid });
      leg.partner = undefined;
      leg.variables.delete('bridge_uuid');
      leg.variables.delete('signal_bond');
      leg.variables.set('last_bridge_to', other.uuid);
    }
  }

  /** Joins two channels; whatever they were doing ends. Former partners are left as a hang-up would leave them. */
  static bridge(a: Channel, b: Channel): void {
    for (const leg of [a, b]) {
      leg.interruptAll('break_all');
      leg.#leaveBridge();
    }
    a.partner = b;
    b.partner = a;
    a.variables.set('bridge_uuid', b.uuid).set('signal_bond', b.uuid).set('last_bridge_to', b.uuid);
    b.variables.set('bridge_uuid', a.uuid).set('signal_bond', a.uuid).set('last_bridge_to', a.uuid);
    LegMedia.bridge(a.media, b.media);
    a.raise('CHANNEL_BRIDGE', { 'Bridge-A-Unique-ID': a.uuid, 'Bridge-B-Unique-ID': b.uuid });
  }

  /** Ends the bridge from this side: the partner hangs up, unless it is told to park. */
  #leaveBridge(): void {
    const partner = this.partner;
    this.unbridge();
    if (partner && !partner.flag('park_after_bridge')) partner.hangup('NORMAL_CLEARING');
  }

  #startQueued(): void {
    while (!this.#locked && this.isUp) {
      const request = this.#queue.shift();
      if (!request) return;
      this.#start(request);
    }
  }

  #start(request: ExecuteRequest): void {
    const runner = this.#port.application(request.application);
    if (!runner) return;
    const run = new AppRun(
      ++this.#runCount,
      request.eventUuid ?? randomUUID(),
      request.application,
      this.#expand(request.argument),
    );
    if (request.locks) this.#locked = true;
    this.#runs.push(run);
    this.media.activeOrder = run.order;
    this.variables.set('current_application', run.application);
    this.raise('CHANNEL_EXECUTE', this.#runHeaders(run));
    const outcome = runner(this, run);
    if (outcome === undefined) this.#complete(run, request);
    else this.#finished.push(this.#await(outcome, run, request));
  }

  async #await(outcome: Promise<void>, run: AppRun, request: ExecuteRequest): Promise<void> {
    try {
      await outcome;
    } catch {
      // An application that fails in an unforeseen way costs its own result, not the channel.
      run.response = '-ERR internal error';
    }
    this.#complete(run, request);
  }

  #complete(run: AppRun, request: ExecuteRequest): void {
    this.#runs.splice(this.#runs.indexOf(run), 1);
    this.media.activeOrder = this.#runs.at(-1)?.order ?? 0;
    this.raise('CHANNEL_EXECUTE_COMPLETE', {
      ...this.#runHeaders(run),
      'Application-Response': run.response ?? '_none_',
    });
    if (this.#runs.length === 0) this.#finished.length = 0;
    if (request.locks) this.#locked = false;
    this.#startQueued();
    this.#hangUpIfAbandoned();
  }

  #runHeaders(run: AppRun): EventHeaders {
    return { Application: run.application, 'Application-Data': run.argument, 'Application-UUID': run.uuid };
  }

  /** Replaces `${name}` by the value of that variable. */
  #expand(text: string): string {
    if (!text.includes('${')) return text;
    return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => this.variables.get(name) ?? '');
  }

  #hangUpIfAbandoned(): void {
    const idle = this.#runs.length === 0 && this.#queue.length === 0 && !this.partner;
    if (!this.#isControlled && idle) this.hangup('NORMAL_CLEARING');
  }

  #setCallState(state: CallState): void {
    this.#callState = state;
    this.raise('CHANNEL_CALLSTATE');
  }

  async #tearDown(): Promise<void> {
    // Runs end by the interruption; their recordings and those of the session are completed before the last event.
    await Promise.allSettled([...this.#finished]);
    await Promise.allSettled([...this.recordings.values()].map((recorder) => recorder.stop()));
    this.#port.onGone(this);
    this.raise('CHANNEL_HANGUP_COMPLETE');
    this.raise('CHANNEL_DESTROY');
    this.#resolveGone();
  }
}
