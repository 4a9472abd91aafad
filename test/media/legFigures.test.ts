import { describe, expect, it } from 'vitest';
import { legFigures } from '../../media/legFigures.ts';

const DUMP = [
  'Channel-State: CS_EXECUTE',
  'variable_rtp_use_codec_name: PCMA',
  'variable_read_codec: PCMU',
  'variable_rtp_audio_in_packet_count: 1498',
  'variable_rtp_audio_out_packet_count: 1502',
  'variable_rtp_audio_in_flaw_total: 3',
  'variable_rtp_audio_in_jitter_max_variance: 16.00',
  'variable_rtp_audio_in_mos: 4.48',
].join('\n');

describe('what a media server counted of a leg', () => {
  it('is read from the variables of its channel', () => {
    expect(legFigures(DUMP)).toEqual({
      ...{ codec: 'PCMA', packetsIn: 1498, packetsOut: 1502, lost: 3, jitterMs: 4, mos: 4.48 },
    });
  });

  it('leaves out what it does not say', () => {
    expect(legFigures('variable_rtp_audio_in_packet_count: 0\nvariable_rtp_audio_in_mos: nan')).toEqual({
      packetsIn: 0,
    });
  });

  it('is nothing for a channel that has gone', () => {
    expect(legFigures('-ERR No such channel!')).toBeUndefined();
    expect(legFigures('')).toBeUndefined();
  });
});
