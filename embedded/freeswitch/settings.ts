/** How an embedded media server is set up. */
export interface MediaSettings {
  /** Address that SIP and the event socket listen on. */
  readonly host: string;
  /** Address that RTP is taken on and that SDP names: the one on which the phones reach this machine. */
  readonly rtpHost: string;
  /** Ports; 0 lets the system choose. */
  readonly eslPort: number;
  readonly sipPort: number;
  /** Event-socket password. */
  readonly password: string;
  /** First RTP port; 0 takes a free range. */
  readonly rtpFirstPort: number;
  readonly rtpPortPairs: number;
  /** Where relative names of sounds are looked up, and where recordings with relative names go. */
  readonly soundsDir: string;
  readonly recordingsDir: string;
  /** Channels at a time; an INVITE beyond them is answered 503. */
  readonly maxSessions: number;
  /** SIP profile name, as drachtio-fsmrf looks for it in `sofia status`. */
  readonly profile: string;
  readonly heartbeatSeconds: number;
}

export const DEFAULT_MEDIA_SETTINGS: MediaSettings = {
  host: '127.0.0.1',
  rtpHost: '127.0.0.1',
  eslPort: 8021,
  sipPort: 5080,
  password: 'ClueCon',
  rtpFirstPort: 20000,
  rtpPortPairs: 5000,
  soundsDir: 'freeswitch-conf/sounds',
  recordingsDir: 'var/recordings',
  maxSessions: 2000,
  profile: 'drachtio_mrf',
  heartbeatSeconds: 20,
};
