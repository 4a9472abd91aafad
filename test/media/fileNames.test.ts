import { describe, expect, it } from 'vitest';
import { checkedFile, fileArgument } from '../../media/fileNames.ts';

describe('a file name in a command', () => {
  it.each(['/data/announcements/wait.wav', '/data/等待 1.wav', 'zh/no-binding.wav', '/a/b-c_d~e+f,g@h.wav'])(
    'may be %s',
    (file) => expect(checkedFile(file)).toBe(file),
  );

  it.each([
    ['nothing', ''],
    ['a second command', '/a.wav\n\napi shutdown'],
    ['a quote', "/a'b.wav"],
    ['a variable', `/\${secret}.wav`],
    ['another file', '/a.wav!/b.wav'],
    ['a stream', '{timeout=1}/a.wav'],
    ['an offset', '/a.wav@@8000'],
    ['an option', '-rf'],
    ['a pipe', '/a.wav|b'],
  ])('may not hold %s', (_, file) => {
    expect(() => checkedFile(file)).toThrow(expect.objectContaining({ code: 'file-name' }));
  });

  it('is quoted where a blank would split it', () => {
    expect(fileArgument('/data/a b.wav')).toBe("'/data/a b.wav'");
    expect(fileArgument('/data/ab.wav')).toBe('/data/ab.wav');
  });
});
