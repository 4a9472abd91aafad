import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseMessage, SipStack } from '../../../embedded/sip/index.ts';
import { StreamFramer } from '../../../embedded/sip/transport/StreamFramer.ts';
import { quickTimers } from './wireKit.ts';

/*
 * The situations that RFC 4475 describes, in messages of our own making. A request is either taken (and answered 200
 * here), refused with the status beside it, or dropped.
 */

interface TortureRequest {
  readonly method?: string;
  readonly startLine?: string;
  /** Replaces or adds header lines; undefined takes one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly extraLines?: readonly string[];
  readonly body?: string;
}

let count = 0;

function write({
  method = 'OPTIONS',
  startLine,
  headers = {},
  extraLines = [],
  body = '',
}: TortureRequest): string {
  count += 1;
  const lines: Record<string, string | undefined> = {
    Via: `SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKt${count};rport`,
    'Max-Forwards': '70',
    From: `<sip:caller@example.net>;tag=f${count}`,
    To: '<sip:callee@example.com>',
    'Call-ID': `torture-${count}@example.net`,
    CSeq: `${count} ${method}`,
    'Content-Length': String(body.length),
    ...headers,
  };
  const named = Object.entries(lines).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return [startLine ?? `${method} sip:callee@example.com SIP/2.0`, ...named, ...extraLines, '', body].join(
    '\r\n',
  );
}

let stack: SipStack;
let socket: Socket;
const errors: unknown[] = [];

beforeEach(async () => {
  stack = new SipStack({
    listen: [
      { transport: 'udp', host: '127.0.0.1', port: 0 },
      { transport: 'tcp', host: '127.0.0.1', port: 0 },
    ],
    timers: quickTimers,
    onError: (error) => errors.push(error),
  });
  stack.onRequest((_request, transaction) => {
    transaction.reply(200);
  });
  await stack.start();
  socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
});

afterEach(async () => {
  await stack.close();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  expect(errors.splice(0)).toEqual([]);
});

function sendUdp(text: string): void {
  socket.send(Buffer.from(text, 'latin1'), stack.listeningPoint('udp').port, '127.0.0.1');
}

/** The status of the answer to one datagram; a plain request behind it shows that none came where none shall come. */
async function statusOf(text: string): Promise<number | undefined> {
  const answers: string[] = [];
  const probe = write({ headers: { Subject: 'probe', 'Call-ID': 'probe' } });
  socket.on('message', (datagram) => answers.push(datagram.toString('latin1')));
  sendUdp(text);
  sendUdp(probe);
  await expect.poll(() => answers.some((answer) => answer.includes('Call-ID: probe'))).toBe(true);
  socket.removeAllListeners('message');
  const answer = answers.find((candidate) => !candidate.includes('Call-ID: probe'));
  return answer === undefined ? undefined : Number(/^SIP\/2\.0 (\d{3})/.exec(answer)?.[1]);
}

const wellFormed: Record<string, () => string> = {
  'short and tortuous: folded lines, compact names, odd spacing, any case': () => {
    count += 1;
    return [
      'OPTIONS sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
      'TO :',
      ' sip:vivekg@chair-dnrc.example.com ;   hue=pale',
      `from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>`,
      '  ;',
      `  tag = 98asjd8${count}`,
      'MaX-fOrWaRdS: 0068',
      `Call-ID: wsinv.${count}@example`,
      'Content-Length   : 0',
      `cseq: 000${count}`,
      '  OPTIONS',
      'v:  SIP  / 2.0  / UDP',
      `    127.0.0.1;branch=z9hG4bKw${count};rport`,
      's :',
      'NewFangledHeader:   newfangled value',
      ' continued newfangled value',
      'UnknownHeaderWithUnusualValue: ;;,,;;,;',
      'Route:',
      ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
      'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
      '  branch  =   z9hG4bK9ikj8  ,',
      ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=z9hG4bK30239',
      'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
      '      newvalue ;',
      '  secondparam ; q = 0.33',
      '',
      '',
    ].join('\r\n');
  },
  'a method of every token character': () => write({ method: "!interesting-Method0123456789_*+`.%indeed'~" }),
  'escapes in the URI': () =>
    write({ startLine: 'OPTIONS sip:sips%3Auser%40example.com@example.net SIP/2.0' }),
  'escaped NULs in the URI': () => write({ headers: { To: '<sip:null-%00-null@example.com>' } }),
  'a percent sign that escapes nothing in a method': () => write({ method: 'RE%47IST%45R' }),
  'no space before the angle bracket of a display name': () =>
    write({ headers: { From: 'caller<sip:caller@example.com>;tag=323' } }),
  'header values of great length': () =>
    write({
      headers: {
        'X-Long': 'a'.repeat(9000),
        To: `"I have a ${'very '.repeat(300)}long name" <sip:b@example.com>`,
      },
    }),
  'a second message behind its body': () =>
    `${write({ body: 'v=0' })}INVITE sip:joe@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 1.2.3.4\r\n\r\n`,
  'a semicolon in the user part': () =>
    write({ startLine: 'OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0' }),
  'Via lines of every transport': () =>
    write({
      extraLines: [
        'Via: SIP/2.0/SCTP a.example;branch=z9hG4bK1',
        'Via: SIP/2.0/UNKNOWN b.example;branch=z9hG4bK2',
      ],
    }),
  'a multipart body with octets of every value': () =>
    write({
      body: `--b\r\n\r\n${String.fromCharCode(...Array.from({ length: 256 }, (_, octet) => octet))}\r\n--b--`,
    }),
  'a version in small letters': () => write({ startLine: 'OPTIONS sip:a@example.com sip/2.0' }),
  'an unknown Content-Type': () => write({ headers: { 'Content-Type': 'invalid/x' }, body: 'x' }),
  'an unknown authorization scheme': () => write({ headers: { Authorization: 'NoOneKnows opaque="x"' } }),
  'a branch that is only the magic cookie': () =>
    write({ headers: { Via: 'SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK;rport' } }),
  'a branch of RFC 2543': () => write({ headers: { Via: 'SIP/2.0/UDP 127.0.0.1;branch=1;rport' } }),
  'no Max-Forwards': () => write({ headers: { 'Max-Forwards': undefined } }),
  'no Content-Length': () => write({ headers: { 'Content-Length': undefined }, body: 'x' }),
  'a Max-Forwards of zero in OPTIONS': () => write({ headers: { 'Max-Forwards': '0' } }),
  'a Date that is not in GMT': () => write({ headers: { Date: 'Fri, 01 Jan 2010 16:00:00 EST' } }),
  'Contact parameters without angle brackets': () =>
    write({ headers: { Contact: 'sip:+1900@127.0.0.1;unknownparam' } }),
  'escaped headers in a Contact': () =>
    write({ headers: { Contact: '<sip:u@example.com?Route=%3Csip:s.example.com%3E>' } }),
  'an empty Subject': () => write({ headers: { Subject: '' } }),
};

const refused: Record<string, [number, () => string]> = {
  'a Contact with extra separators and unbalanced quotes': [
    400,
    () => write({ headers: { Contact: '"Joe" <sip:joe@example.org>;;,"' } }),
  ],
  'a Content-Length larger than the datagram': [
    400,
    () => write({ headers: { 'Content-Length': '9999' }, body: 'x' }),
  ],
  'a negative Content-Length': [400, () => write({ headers: { 'Content-Length': '-999' } })],
  'two Content-Lengths': [400, () => write({ extraLines: ['Content-Length: 99'] })],
  'a CSeq out of range': [400, () => write({ headers: { CSeq: '36893488147419103232 OPTIONS' } })],
  'a Max-Forwards that is no number': [400, () => write({ headers: { 'Max-Forwards': 'seventy' } })],
  'an unterminated quoted string in To': [
    400,
    () => write({ headers: { To: '"Mr. J. User <sip:j.user@example.com>' } }),
  ],
  'angle brackets around the Request-URI': [
    400,
    () => write({ startLine: 'OPTIONS <sip:user@example.com> SIP/2.0' }),
  ],
  'white space within the Request-URI': [
    400,
    () => write({ startLine: 'OPTIONS sip:user@example.com; lr SIP/2.0' }),
  ],
  'several spaces in the start line': [
    400,
    () => write({ startLine: 'OPTIONS  sip:user@example.com  SIP/2.0' }),
  ],
  'a space at the end of the start line': [
    400,
    () => write({ startLine: 'OPTIONS sip:remote@example.com SIP/2.0  ' }),
  ],
  'a version that nobody speaks': [505, () => write({ startLine: 'OPTIONS sip:t@example.com SIP/7.0' })],
  'a CSeq with another method': [400, () => write({ headers: { CSeq: '8 INVITE' } })],
  'a URI scheme that is not supported': [
    416,
    () => write({ startLine: 'OPTIONS nobodyKnowsThisScheme:totally SIP/2.0' }),
  ],
  'a scheme of another world': [
    416,
    () => write({ startLine: 'OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0' }),
  ],
  'more than one From, To, Call-ID and CSeq': [
    400,
    () => write({ extraLines: ['From: <sip:other@example.com>;tag=x'] }),
  ],
  'a line that is no header': [400, () => write({ extraLines: ['this is no header'] })],
  'a NUL in a header': [400, () => write({ extraLines: ['Subject: a\u0000b'] })],
  'a bare CR in a header': [400, () => write({ extraLines: ['Subject: a\rb'] })],
  'Max-Forwards used up': [483, () => write({ method: 'MESSAGE', headers: { 'Max-Forwards': '0' } })],
  'a port out of range': [400, () => write({ startLine: 'OPTIONS sip:a@example.com:99999 SIP/2.0' })],
};

const dropped: Record<string, () => string> = {
  'a response with a status out of range': () =>
    write({ startLine: 'SIP/2.0 4294967301 better not break the receiver' }),
  'a response to nothing': () => write({ startLine: 'SIP/2.0 200 OK' }),
  'a response without a reason': () => write({ startLine: 'SIP/2.0 100 ' }),
  'a request without Via': () => write({ headers: { Via: undefined } }),
  'a Via that is none': () => write({ headers: { Via: 'nonsense' } }),
  'a request without To, From or Call-ID': () => write({ headers: { To: undefined } }),
  'an ACK to nothing': () => write({ method: 'ACK' }),
  'a malformed ACK': () => write({ method: 'ACK', headers: { CSeq: 'x' } }),
  'no start line': () => '\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n',
  HTTP: () => 'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n',
  'a head that never ends': () => 'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1',
  'nothing but zeros': () => '\u0000'.repeat(40),
};

describe('torture messages over UDP', () => {
  it.each(Object.keys(wellFormed))('takes %s', async (name) => {
    expect(await statusOf(wellFormed[name]?.() ?? '')).toBe(200);
  });

  it.each(Object.keys(refused))('refuses %s', async (name) => {
    const [status, text] = refused[name] ?? [0, () => ''];
    expect(await statusOf(text())).toBe(status);
  });

  it.each(Object.keys(dropped))('drops %s', async (name) => {
    expect(await statusOf(dropped[name]?.() ?? '')).toBeUndefined();
  });

  it('answers a request that comes over two paths 482', async () => {
    const text = write({ method: 'MESSAGE' });
    expect(await statusOf(text)).toBe(200);
    expect(await statusOf(text.replace('branch=z9hG4bKt', 'branch=z9hG4bKother'))).toBe(482);
  });

  it('survives 20,000 mutated messages and still answers', async () => {
    let state = 20_261_122;
    const noise = createSocket('udp4');
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const seeds = [...Object.values(wellFormed), ...Object.values(refused).map(([, text]) => text)].map(
      (text) => text(),
    );
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = [...(seeds[random(seeds.length)] ?? '')];
      for (let change = random(6); change >= 0; change -= 1) {
        const at = random(bytes.length);
        const kind = random(3);
        if (kind === 0) bytes[at] = String.fromCharCode(random(256));
        else if (kind === 1) bytes.splice(at, random(20));
        else bytes.splice(at, 0, ...(seeds[random(seeds.length)] ?? '').slice(at, at + random(40)));
      }
      const text = bytes.join('');
      expect(() => parseMessage(text)).not.toThrow();
      if (round % 10 === 0)
        noise.send(Buffer.from(text, 'latin1'), stack.listeningPoint('udp').port, '127.0.0.1');
    }
    expect(await statusOf(write({}))).toBe(200);
    noise.close();
  });
});

describe('StreamFramer', () => {
  function frame(pieces: readonly string[]) {
    const seen = { messages: [] as string[], pings: 0, faults: [] as string[] };
    const framer = new StreamFramer({
      onMessage: (text) => seen.messages.push(text),
      onPing: () => {
        seen.pings += 1;
      },
      onFault: (fault) => seen.faults.push(fault),
    });
    for (const piece of pieces) framer.push(piece);
    return seen;
  }

  it('finds the same messages wherever the stream is cut', () => {
    const one = write({ body: 'v=0\r\n\r\nx' });
    const two = write({ headers: { 'Content-Length': undefined, l: '0' } });
    const stream = `\r\n\r\n${one}\r\n${two}`;
    for (let cut = 0; cut <= stream.length; cut += 1) {
      expect(frame([stream.slice(0, cut), stream.slice(cut)]).messages).toEqual([one, two]);
    }
    expect(frame([...stream]).messages).toEqual([one, two]);
  });

  it('answers a keep-alive and ends a stream that it cannot cut', () => {
    expect(frame(['\r\n\r\n'])).toEqual({ messages: [], pings: 1, faults: [] });
    expect(frame([write({ headers: { 'Content-Length': undefined } })]).faults).toEqual([
      'no-content-length',
    ]);
    expect(frame([write({ headers: { 'Content-Length': '-1' } })]).faults).toEqual(['bad-content-length']);
    expect(frame(['a'.repeat(70_000)]).faults).toEqual(['head-too-large']);
  });

  it('closes the connection of a peer whose stream it cannot cut, after a 400', async () => {
    const peer = connect(stack.listeningPoint('tcp').port, '127.0.0.1');
    let received = '';
    peer.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    peer.write(write({ headers: { 'Content-Length': 'x', Via: 'SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKs' } }));
    await once(peer, 'close');
    expect(received).toMatch(/^SIP\/2\.0 400 /);
    expect(stack.stats().connections).toBe(0);
  });
});
