import type { Channel } from '../channel/Channel.ts';

/**
 * Puts a leg's RTP figures into its variables, under FreeSWITCH's names where it has one
 * (`rtp_audio_in_packet_count` …). Jitter and loss are those of RFC 3550; times are in milliseconds. Quality is the share of
 * packets that came, and the mean opinion score that ITU-T G.107 (Annex B) gives for it.
 */
export function setMediaStatistics(channel: Channel): void {
  const { reception, sender, rtcp, eventPackets, strangers, malformed, unknownPayload } =
    channel.media.session;
  const { spread } = reception;
  const headerBytes = 12;
  const expected = reception.packets + reception.lost;
  const lossPercent = expected === 0 ? 0 : (100 * reception.lost) / expected;
  const figures: Readonly<Record<string, string | number>> = {
    in_raw_bytes: reception.payloadBytes + headerBytes * reception.packets,
    in_media_bytes: reception.payloadBytes,
    in_packet_count: reception.packets,
    in_media_packet_count: reception.packets - eventPackets,
    in_skip_packet_count: reception.lost,
    in_dtmf_packet_count: eventPackets,
    in_out_of_order_packet_count: reception.outOfOrder,
    in_flaw_total: reception.lost,
    in_mean_interval: spread.meanIntervalMs.toFixed(2),
    in_jitter_min_variance: spread.minVariance.toFixed(2),
    in_jitter_max_variance: spread.maxVariance.toFixed(2),
    in_quality_percentage: (100 - lossPercent).toFixed(2),
    in_mos: meanOpinionScore(100 - lossPercent).toFixed(2),
    in_refused_packet_count: strangers + malformed + unknownPayload,
    in_jitter_ms: reception.jitterMs.toFixed(2),
    in_jitter_max_ms: reception.maxJitterMs.toFixed(2),
    in_jitter_loss_rate: lossPercent.toFixed(2),
    out_raw_bytes: sender.payloadBytes + headerBytes * sender.packets,
    out_media_bytes: sender.payloadBytes,
    out_packet_count: sender.packets,
    out_media_packet_count: sender.packets,
    rtcp_packet_count: rtcp.packetsIn,
    rtcp_remote_lost: rtcp.remote.cumulativeLost ?? 0,
  };
  for (const [name, value] of Object.entries(figures)) {
    channel.variables.set(`rtp_audio_${name}`, String(value));
  }
}

/** @param r rating factor, 0 to 100 */
function meanOpinionScore(r: number): number {
  return 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
}
