/** What the media server counted of one leg. Where it did not say, nothing stands. */
export interface LegFigures {
  readonly codec?: string;
  /** RTP packets that came from the party, and that went to it. */
  readonly packetsIn?: number;
  readonly packetsOut?: number;
  /** Packets that should have come and did not; FreeSWITCH adds some when several are missing in a row. */
  readonly lost?: number;
  /** Largest standard deviation of the time between two packets, milliseconds. */
  readonly jitterMs?: number;
  /** Mean opinion score, 1 to 4.5, as the media server reckons it. */
  readonly mos?: number;
}

/**
 * Reads FreeSWITCH's `uuid_dump`, after `uuid_set_media_stats`.
 * @returns undefined where it holds no figures: the channel was gone
 */
export function legFigures(dump: string): LegFigures | undefined {
  const variable = (name: string): string | undefined =>
    new RegExp(`^variable_${name}: (\\S+)$`, 'm').exec(dump)?.[1];
  const figure = (name: string): number | undefined => {
    const value = Number(variable(`rtp_audio_${name}`) ?? Number.NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  const codec = variable('rtp_use_codec_name') ?? variable('read_codec');
  const packetsIn = figure('in_packet_count');
  const packetsOut = figure('out_packet_count');
  if (packetsIn === undefined && packetsOut === undefined) return undefined;
  const lost = figure('in_flaw_total');
  const variance = figure('in_jitter_max_variance');
  const mos = figure('in_mos');
  return {
    ...(codec !== undefined && { codec }),
    ...(packetsIn !== undefined && { packetsIn }),
    ...(packetsOut !== undefined && { packetsOut }),
    ...(lost !== undefined && { lost }),
    ...(variance !== undefined && { jitterMs: Math.round(Math.sqrt(variance) * 100) / 100 }),
    ...(mos !== undefined && { mos }),
  };
}
