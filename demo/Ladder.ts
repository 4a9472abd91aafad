import type { SipPacket } from '../test/kit/Phone.ts';
import type { Paint } from './Paint.ts';

export type Side = 'caller' | 'callee';

/** Seconds with three decimals, also after minutes of `--keep`. */
const TIME_COLUMNS = 7;
/** Columns of one leg: the time, a space and the life lines leave 69 of 80 for two. */
const LEG_COLUMNS = 34;

/**
 * The SIP ladder of both legs, drawn as the packets pass: who dials on the left, axbridge in the middle, who is rung on
 * the right.
 * Each packet is drawn with the numbers that stand in it, so that one sees what each side sees.
 */
export class Ladder {
  readonly #paint: Paint;
  readonly #drawn = new Set<string>();
  #startedAt: number | undefined;

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  /** The heads of the three life lines. */
  head(names: { caller: string; middle: string; callee: string }): void {
    const { caller, middle, callee } = names;
    const gap = 2 * LEG_COLUMNS + 3 - caller.length - callee.length;
    const before = Math.max(1, LEG_COLUMNS + 1 - caller.length - Math.floor(middle.length / 2));
    const after = Math.max(1, gap - before - middle.length);
    const spaces = (count: number): string => ' '.repeat(count);
    const { bold, dim } = this.#styles();
    const left = spaces(TIME_COLUMNS + 1);
    this.#paint.line(`${left}${bold(caller)}${spaces(before)}${bold(middle)}${spaces(after)}${bold(callee)}`);
    this.#paint.line(dim(`${left}│${spaces(LEG_COLUMNS)}│${spaces(LEG_COLUMNS)}│`));
  }

  /** One packet on a side's wire. OPTIONS between the servers and repeated packets are left out. */
  packet(side: Side, packet: SipPacket): void {
    const label = labelOf(packet.bytes);
    const key = `${side}${packet.direction}${packet.bytes}`;
    if (label === undefined || this.#drawn.has(key)) return;
    this.#drawn.add(key);
    const leavesPhone = packet.direction === 'out';
    const toTheRight = (side === 'caller') === leavesPhone;
    const arrow = this.#arrow(label, toTheRight);
    this.#beside(side, this.#time(packet.at), arrow);
    if (label.below !== undefined) this.#beside(side, '', `  ${label.below}`.padEnd(LEG_COLUMNS));
  }

  /** What goes on in sound, as a double line on each leg where there is any. */
  sound(left: string, right = ''): void {
    const { magenta } = this.#styles();
    const bar = (text: string): string => {
      if (text === '') return ' '.repeat(LEG_COLUMNS);
      const padding = LEG_COLUMNS - 4 - text.length;
      const before = Math.floor(padding / 2);
      return magenta(`◄${'═'.repeat(before)} ${text} ${'═'.repeat(padding - before)}►`);
    };
    this.#row(this.#time(Date.now()), bar(left), bar(right));
  }

  /** What happens beside the wires, across both legs. */
  note(text: string): void {
    const { dim } = this.#styles();
    const time = dim(`${this.#time(Date.now()).padStart(TIME_COLUMNS)} │`);
    this.#paint.line(`${time}${this.#paint.in('yellow', ` ${text}`.padEnd(2 * LEG_COLUMNS + 1))}${dim('│')}`);
  }

  /** Milliseconds from the first packet to this moment. */
  sinceStart(at: number): number {
    this.#startedAt ??= at;
    return at - this.#startedAt;
  }

  #time(at: number): string {
    return (this.sinceStart(at) / 1000).toFixed(3);
  }

  #beside(side: Side, time: string, drawn: string): void {
    const blank = ' '.repeat(LEG_COLUMNS);
    if (side === 'caller') this.#row(time, drawn, blank);
    else this.#row(time, blank, drawn);
  }

  #row(time: string, left: string, right: string): void {
    const { dim } = this.#styles();
    this.#paint.line(`${dim(`${time.padStart(TIME_COLUMNS)} │`)}${left}${dim('│')}${right}${dim('│')}`);
  }

  #arrow({ text, kind }: Label, toTheRight: boolean): string {
    const shown = text.slice(0, LEG_COLUMNS - 4);
    const rest = '─'.repeat(LEG_COLUMNS - 4 - shown.length);
    const style = { request: 'cyan', good: 'green', progress: 'blue', bad: 'red' } as const;
    const label = this.#paint.in(style[kind], shown);
    return toTheRight ? `─ ${label} ${rest}►` : `◄─ ${label} ${rest}`;
  }

  #styles() {
    const styled = (style: 'bold' | 'dim' | 'magenta') => (text: string) => this.#paint.in(style, text);
    return { bold: styled('bold'), dim: styled('dim'), magenta: styled('magenta') };
  }
}

interface Label {
  readonly text: string;
  /** What stands under the arrow. */
  readonly below?: string;
  readonly kind: 'request' | 'progress' | 'good' | 'bad';
}

function labelOf(bytes: string): Label | undefined {
  if (/^CSeq:\s*\d+\s+OPTIONS/im.test(bytes)) return undefined;
  const [first = ''] = bytes.split('\r\n', 1);
  const withSound = /^Content-Type:\s*application\/sdp/im.test(bytes) ? ' +SDP' : '';
  const response = /^SIP\/2\.0 (\d)(\d\d) (.*)$/.exec(first);
  if (response !== null) {
    const [, hundreds, ,] = response;
    const kind = hundreds === '1' ? 'progress' : hundreds === '2' ? 'good' : 'bad';
    return { text: first.slice('SIP/2.0 '.length) + withSound, kind };
  }
  const request = /^(\w+) sips?:(?:([^@;]+)@)?/.exec(first);
  const [, method = '', target = ''] = request ?? [];
  if (method !== 'INVITE') return { text: method, kind: 'request' };
  const caller = /^From:.*?sips?:([^@>;]+)@/im.exec(bytes)?.[1] ?? 'anonymous';
  return { text: `INVITE ${target}`, below: `From: ${caller}`, kind: 'request' };
}
