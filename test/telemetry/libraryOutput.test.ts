import { afterEach, expect, it } from 'vitest';
import { takeLibraryOutput } from '../../src/telemetry/libraryOutput.ts';

const logged: { readonly fields: object; readonly message: string }[] = [];
const write = (fields: object, message: string) => void logged.push({ fields, message });
const before = console.error;
const giveBack = takeLibraryOutput({ debug: write, info: write, warn: write, error: write });
afterEach(giveBack);

it('what a library prints goes to the log, without numbers and cut off, until that is ended', () => {
  console.error(new Error('bad'), `unable to parse INVITE sip:+8613900001001@h ${'x'.repeat(5000)}`);
  giveBack();
  expect(console.error).toBe(before);
  expect(logged).toHaveLength(1);
  const text = JSON.stringify(logged);
  expect(text).toContain('a library printed an error');
  expect(text).not.toContain('13900001001');
  expect(text.length).toBeLessThan(1200);
});
