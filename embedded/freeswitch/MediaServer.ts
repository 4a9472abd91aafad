import { type InviteServerTransaction, SipStack } from '../sip/index.ts';
import { SERVER_VERSION } from './api/serverCommands.ts';
import { APPLICATIONS } from './apps/applications.ts';
import { type ApplicationRunner, Channel } from './channel/Channel.ts';
import { LegMedia } from './channel/LegMedia.ts';
import { EslServer } from './esl/EslServer.ts';
import { EventHub } from './esl/EventHub.ts';
import { MediaClock } from './rtp/MediaClock.ts';
import type { PacketCounters } from './rtp/MediaSession.ts';
import { NoPortError, type PortPair, PortPool } from './rtp/PortPool.ts';
import type { MediaSettings } from './settings.ts';
import { MediaDialog, type SdpExchange } from './sip/MediaDialog.ts';
import { type Controller, MediaUas } from './sip/MediaUas.ts';
import type { Switchboard } from './switchboard.ts';

/** What the server holds and has done; all zero but the counters when no call is up. */
export interface MediaStats {
  readonly channels: number;
  readonly bridges: number;
  readonly recordings: number;
  /** Bound UDP ports: two for each channel. */
  readonly rtpPorts: number;
  readonly eslClients: number;
  readonly sipDialogs: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  /** Ticks of the 20 ms clock that came more than a frame late. */
  readonly lateTicks: number;
}

/** How long a released port pair rests. */
const PORT_REST_MS = 3000;
/** How long channels may take to say goodbye when the server stops. */
const HANGUP_GRACE_MS = 1000;

/**
 * A media server in one object: SIP in front, the event socket beside, channels between. It does what a
 * FreeSWITCH with a dialplan of `answer` and `socket ${sip_h_X-esl-outbound} async full` does.
 */
export class MediaServer implements Switchboard {
  readonly settings: MediaSettings;
  readonly events: EventHub;
  readonly clock = new MediaClock();
  readonly startedAtMs = Date.now();
  readonly #channels = new Map<string, Channel>();
  readonly #counters: PacketCounters = { packetsIn: 0, packetsOut: 0 };
  readonly #ports: PortPool;
  readonly #stack: SipStack;
  readonly #uas: MediaUas;
  readonly #esl: EslServer;
  #sessions = 0;
  #sessionsInLastSecond = 0;
  #eslPort = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(settings: MediaSettings) {
    this.settings = settings;
    const { host, sipPort: port } = settings;
    this.events = new EventHub('embedded', host);
    this.#ports = new PortPool({
      host: settings.rtpHost,
      firstPort: settings.rtpFirstPort,
      pairs: settings.rtpPortPairs,
      restMs: PORT_REST_MS,
    });
    this.#stack = new SipStack({
      listen: [
        { transport: 'udp', host, port },
        { transport: 'tcp', host, port },
      ],
    });
    this.#uas = new MediaUas(this.#stack, (invite, controller) => this.#makeChannel(invite, controller));
    this.#esl = new EslServer(this);
  }

  /** Binds everything. Rejects when a port is taken. */
  async start(): Promise<void> {
    await this.#stack.start();
    this.#eslPort = await this.#esl.listen(this.settings.host, this.settings.eslPort);
    this.#heartbeat = setInterval(() => this.#beat(), this.settings.heartbeatSeconds * 1000);
  }

  /** Hangs up every channel and closes everything. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#heartbeat);
    const leaving = [...this.#channels.values()];
    for (const channel of leaving) channel.hangup('SYSTEM_SHUTDOWN');
    const grace = new AbortController();
    await Promise.race([
      Promise.allSettled(leaving.map((channel) => channel.gone)),
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, HANGUP_GRACE_MS);
        grace.signal.addEventListener('abort', () => clearTimeout(timer));
      }),
    ]);
    grace.abort();
    await this.#esl.close();
    await this.#stack.close();
    this.clock.stop();
  }

  get channels(): ReadonlyMap<string, Channel> {
    return this.#channels;
  }

  get sessionsSinceStart(): number {
    return this.#sessions;
  }

  get eslPort(): number {
    return this.#eslPort;
  }

  get sipPort(): number {
    return this.#stack.listeningPoint('udp').port;
  }

  get sipAddress(): string {
    return `${this.settings.host}:${this.sipPort}`;
  }

  stats(): MediaStats {
    let bridgedLegs = 0;
    let recordings = 0;
    for (const channel of this.#channels.values()) {
      if (channel.partner) bridgedLegs++;
      recordings += channel.recordings.size;
    }
    return {
      channels: this.#channels.size,
      bridges: bridgedLegs / 2,
      recordings,
      rtpPorts: this.#ports.portsInUse,
      eslClients: this.#esl.clientCount,
      sipDialogs: this.#uas.dialogCount,
      packetsIn: this.#counters.packetsIn,
      packetsOut: this.#counters.packetsOut,
      lateTicks: this.clock.lateTicks,
    };
  }

  async #makeChannel(invite: InviteServerTransaction, controller: Controller): Promise<void> {
    if (this.#stopping || this.#channels.size >= this.settings.maxSessions) {
      invite.reply(503, { headers: { 'Retry-After': '5' } });
      return;
    }
    let ports: PortPair;
    try {
      ports = await this.#ports.take();
    } catch (error) {
      if (!invite.isAnswered) invite.reply(error instanceof NoPortError ? 503 : 500);
      return;
    }
    // The caller may have given up while the ports were being bound.
    if (invite.isAnswered || this.#stopping) {
      this.#ports.release(ports);
      if (!invite.isAnswered) invite.reply(503);
      return;
    }
    try {
      this.#answer(invite, controller, ports);
    } catch {
      // Whatever an INVITE holds that we had not thought of costs only that INVITE.
      this.#ports.release(ports);
      if (!invite.isAnswered) invite.reply(500);
    }
  }

  #answer(invite: InviteServerTransaction, controller: Controller, ports: PortPair): void {
    const media: LegMedia = new LegMedia(ports, this.clock, this.#counters, (digit) =>
      channel.noteDigit(digit, 'RTP'),
    );
    const exchanges: SdpExchange[] = [];
    const overTcp = invite.arrival.flow.transport === 'tcp';
    const contact = `sip:mod_sofia@${this.sipAddress}${overTcp ? ';transport=tcp' : ''}`;
    const dialog = new MediaDialog(
      this.#stack,
      invite,
      media.session,
      this.settings.rtpHost,
      contact,
      (exchange) =>
        // The first exchange comes before there is a channel to tell.
        this.#channels.has(channel.uuid) ? this.#noteExchange(channel, exchange) : exchanges.push(exchange),
    );
    const channel: Channel = new Channel(`sofia/${this.settings.profile}/${userPart(invite.request.uri)}`, {
      events: this.events,
      media,
      application: (name) => this.#application(name),
      endDialog: (cause) => dialog.bye(cause),
      onGone: () => this.#forget(channel, dialog, ports),
    });
    if (!dialog.answer(invite)) {
      media.close();
      this.#ports.release(ports);
      return;
    }
    dialog.onUnacknowledged = () => channel.hangup('RECOVERY_ON_TIMER_EXPIRE');
    this.#channels.set(channel.uuid, channel);
    this.#uas.add({ channel, dialog });
    this.#sessions++;
    this.#sessionsInLastSecond++;
    setSipVariables(channel, invite);
    for (const exchange of exchanges) this.#noteExchange(channel, exchange);
    channel.announce();
    this.#esl.control(channel, controller.host, controller.port);
  }

  #application(name: string): ApplicationRunner | undefined {
    const application = APPLICATIONS.get(name);
    return application && ((channel, run) => application(channel, run, this));
  }

  #forget(channel: Channel, dialog: MediaDialog, ports: PortPair): void {
    this.#uas.delete(dialog);
    this.#channels.delete(channel.uuid);
    this.#ports.release(ports);
  }

  #noteExchange(channel: Channel, exchange: SdpExchange): void {
    const { session } = channel.media;
    channel.variables
      .set('send_silence_when_idle', '-1')
      .set('rtp_local_sdp_str', exchange.localSdp)
      .set('local_media_ip', this.settings.rtpHost)
      .set('local_media_port', String(session.port))
      .set('dtmf_type', session.negotiated?.telephoneEventType === undefined ? 'info' : 'rfc2833');
    const { negotiated } = session;
    if (exchange.remoteSdp === undefined || !negotiated) return;
    channel.media.wake();
    channel.variables
      .set('switch_r_sdp', exchange.remoteSdp)
      .set('remote_media_ip', negotiated.remote?.address ?? '0.0.0.0')
      .set('remote_media_port', String(negotiated.remote?.port ?? 0))
      .set('rtp_use_codec_name', negotiated.law)
      .set('read_codec', negotiated.law)
      .set('write_codec', negotiated.law);
  }

  #beat(): void {
    const sessions = this.#sessionsInLastSecond;
    this.#sessionsInLastSecond = 0;
    this.events.raise('HEARTBEAT', undefined, () => ({
      'Event-Info': 'System Ready',
      'FreeSWITCH-Version': SERVER_VERSION,
      'Uptime-msec': String(Date.now() - this.startedAtMs),
      'Session-Count': String(this.#channels.size),
      'Max-Sessions': String(this.settings.maxSessions),
      'Session-Per-Sec': String(Math.ceil(sessions / this.settings.heartbeatSeconds)),
      'Session-Since-Startup': String(this.#sessions),
      'Idle-CPU': '100.000000',
    }));
  }
}

/** The facts of the INVITE that clients look for among a channel's variables. */
function setSipVariables(channel: Channel, invite: InviteServerTransaction): void {
  const { headers } = invite.request;
  channel.variables
    .set('sip_call_id', invite.arrival.essentials.callId)
    .set('sip_user_agent', headers.get('user-agent') ?? '')
    .set('sip_received_ip', invite.arrival.flow.remoteHost)
    .set('sip_received_port', String(invite.arrival.flow.remotePort));
  for (const { name, key, value } of headers) {
    if (key.startsWith('x-')) channel.variables.set(`sip_h_${name}`, value);
  }
}

function userPart(uri: string): string {
  return /^sips?:([^@;>]+)@/i.exec(uri)?.[1] ?? 'drachtio';
}
