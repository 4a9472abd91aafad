import { describe, expect, it } from 'vitest';
import { CommandFramer } from '../../../../embedded/freeswitch/esl/CommandFramer.ts';
import { type EslEvent, eventBlock, headerLines } from '../../../../embedded/freeswitch/esl/eslEvent.ts';
import { Subscription } from '../../../../embedded/freeswitch/esl/Subscription.ts';

describe('commands of the event socket', () => {
  const text = 'api status\n\nsendmsg abc\ncall-command: execute\ncontent-length: 5\n\nhällo'.slice(0, -5);

  it('are cut out of the stream however it is split', () => {
    const stream = Buffer.from(`${text}ab\ncd\n\nexit\r\n\r\n`).toString('latin1');
    for (const size of [1, 3, 7, 1000]) {
      const framer = new CommandFramer();
      const commands = [];
      for (let at = 0; at < stream.length; at += size)
        commands.push(...framer.push(stream.slice(at, at + size)));
      expect(commands.map(({ line }) => line)).toEqual(['api status', 'sendmsg abc', 'exit']);
      expect(commands[1]?.headers.get('call-command')).toBe('execute');
      expect(commands[1]?.body).toBe('ab\ncd');
    }
  });

  it('are refused when they cannot be commands', () => {
    expect(() => new CommandFramer().push('x'.repeat(70_000))).toThrow(
      expect.objectContaining({ code: 'esl_framing' }),
    );
    expect(() => new CommandFramer().push('x\nContent-Length: -3\n\n')).toThrow();
  });
});

describe('events', () => {
  const event: EslEvent = {
    name: 'DTMF',
    headers: { 'Event-Name': 'DTMF', 'Unique-ID': 'u1', variable_x: 'a b\n%ü' },
    body: undefined,
  };

  it('are sent as JSON with their length in bytes, or as lines with their values encoded', () => {
    const [, length = '', json = ''] =
      /^Content-Length: (\d+)\nContent-Type: text\/event-json\n\n(.*)$/s.exec(eventBlock(event, 'json')) ??
      [];
    expect(JSON.parse(json)).toEqual(event.headers);
    expect(Buffer.byteLength(json)).toBe(Number(length));
    expect(headerLines(event.headers)).toContain('variable_x: a%20b%0A%25%C3%BC\n');
  });

  it('go to those who subscribed, under either kind of name', () => {
    const subscription = new Subscription();
    expect(
      subscription.subscribe(['json', 'SWITCH_EVENT_PLAYBACK_START', 'CUSTOM', 'conference::maintenance']),
    ).toMatch(/^\+OK/);
    expect(subscription.wants('PLAYBACK_START')).toBe(true);
    expect(subscription.wants('DTMF')).toBe(false);
    expect(subscription.subscribe([])).toMatch(/^-ERR/);
    expect(subscription.subscribe(['xml', 'ALL'])).toMatch(/^-ERR/);
  });

  it('pass a filter that matches, and none that excludes them', () => {
    const subscription = new Subscription();
    expect(subscription.passes(event)).toBe(true);
    subscription.filter(['Unique-ID', 'u2']);
    expect(subscription.passes(event)).toBe(false);
    expect(subscription.scope).toBe('u2');
    subscription.filter(['Unique-ID', 'U1']);
    expect(subscription.passes(event)).toBe(true);
    subscription.filter(['Event-Name', '-DTMF']);
    expect(subscription.passes(event)).toBe(false);
    expect(subscription.scope).toBeUndefined();
    subscription.filter(['delete', 'Event-Name']);
    expect(subscription.passes(event)).toBe(true);
  });
});
