import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const LOGGER = new URL('../../src/telemetry/logger.ts', import.meta.url).href;

/** What a process of its own writes when it logs the error that an expression makes. */
function logged(error: string): string {
  const program = `
    const { createLogger } = await import(${JSON.stringify(LOGGER)});
    createLogger('trace').error({ err: ${error} }, 'it failed');`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
}

describe('an error in the log', () => {
  it('keeps its class, code, text and place', () => {
    const line = JSON.parse(logged("Object.assign(new TypeError('no such thing'), { code: 'ENOTHING' })"));
    expect(line).toMatchObject({
      msg: 'it failed',
      err: { error: 'TypeError', code: 'ENOTHING', message: 'no such thing' },
    });
    expect(line.err.at).toContainEqual(expect.stringMatching(/^at /));
  });

  it('does not show numbers of its text, of its cause or of the message that a library hung on it', () => {
    const text = logged(`Object.assign(
      new Error('486 from sip:+8613900001001@carrier', { cause: new Error('to 13900002001') }),
      { res: { raw: 'INVITE sip:+8613900002001@carrier SIP/2.0' }, detail: 'Key (x)=(+8613900003001)' })`);
    expect(text).not.toMatch(/13900001001|13900002001|13900003001/);
    expect(text).toContain('+86139****1001');
  });
});
