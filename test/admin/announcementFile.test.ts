import { describe, expect, it } from 'vitest';
import { checkAnnouncement } from '../../src/admin/announcementFile.ts';
import { wav } from './wav.ts';

describe('an announcement file', () => {
  it('is A-law, 8 kHz, mono', () => {
    expect(checkAnnouncement(wav({ samples: 12_000 }))).toEqual({ seconds: 1.5 });
  });

  it('may have further chunks, of odd length too, before its data', () => {
    expect(checkAnnouncement(wav({ samples: 8000, before: ['LIST', Buffer.from('odd')] }))).toEqual({
      seconds: 1,
    });
  });

  it.each([
    ['16-bit PCM', wav({ format: 1, bits: 16 }), 'got format 1 (PCM), 8000 Hz'],
    ['µ-law', wav({ format: 7 }), 'got format 7 (µ-law)'],
    ['a format that nobody knows', wav({ format: 99 }), 'got format 99 (unknown)'],
    ['16 kHz', wav({ rate: 16_000 }), '16000 Hz'],
    ['stereo', wav({ channels: 2 }), '2 channels'],
    ['no sound', wav({ samples: 0 }), 'data chunk is empty'],
    ['a file that was cut short', wav({ samples: 8000 }).subarray(0, 4000), 'says 8000 bytes'],
    ['an MP3', Buffer.from('ID3\u0004 and so on, for a while'), 'got an MP3. ffmpeg makes it: ffmpeg -i'],
    ['an MP3 without a tag', Buffer.from([0xff, 0xfb, 0x90, 0x64, 0, 0]), 'got an MP3'],
    ['an M4A', Buffer.from('\0\0\0\u0018ftypM4A and so on'), 'got an MP4 or M4A file'],
    ['a text', Buffer.from('Good morning'), 'got something else'],
    ['nothing', Buffer.alloc(0), 'expected a WAV file (RIFF … WAVE), got nothing'],
    ['a header only', wav({}).subarray(0, 36), 'found none'],
    [
      'a fmt chunk that is too short',
      Buffer.from('RIFF\0\0\0\0WAVEfmt \u0002\0\0\0\u0006\0data\u0002\0\0\0ab', 'latin1'),
      'fmt',
    ],
    [
      'a chunk length beyond all bounds',
      Buffer.from('RIFF\0\0\0\0WAVEjunk\xff\xff\xff\xff', 'latin1'),
      'found none',
    ],
  ])('is not %s', (_, file, message) => {
    expect(() => checkAnnouncement(file)).toThrow(message);
  });
});
