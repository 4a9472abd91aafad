import type { SipPacket } from '../test/kit/Phone.ts';
import type { Paint } from './Paint.ts';

export type Side = 'anna' | 'ben';

/** Columns of one leg: 7 for the time and 3 for the life lines leave 90 for two. */
const LEG_COLUMNS = 45;

/**
 * The SIP ladder of both legs, drawn as the packets pass: Anna on the left, axbridge in the middle, Ben on the right.
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
  head(names: { anna: string; middle: string; ben: string }): void {
    const { anna, middle, ben } = names;
    const gap = 2 * LEG_COLUMNS + 3 - anna.length - ben.length;
    const before = Math.max(1, LEG_COLUMNS + 1 - anna.length - Math.floor(middle.length / 2));
    const after = Math.max(1, gap - before - middle.length);
    const spaces = (count: number): string => ' '.repeat(count);
    const { bold, dim } = this.#styles();
    this.#paint.line(`${spaces(7)}${bold(anna)}${spaces(before)}${bold(middle)}${spaces(after)}${bold(ben)}`);
    this.#paint.line(dim(`${spaces(7)}│${spaces(LEG_COLUMNS)}│${spaces(LEG_COLUMNS)}│`));
  }

  /** One packet on a side's wire. OPTIONS between the servers and repeated packets are left out. */
  packet(side: Side, packet: SipPacket): void {
    const label = labelOf(packet.bytes);
    const key = `${side}${packet.direction}${packet.bytes}`;
    if (label === undefined || this.#drawn.has(key)) return;
    this.#drawn.add(key);
    const leavesPhone = packet.direction === 'out';
    const toTheRight = (side === 'anna') === leavesPhone;
    const arrow = this.#arrow(label, toTheRight);
    const blank = ' '.repeat(LEG_COLUMNS);
    if (side === 'anna') this.#row(packet.at, arrow, blank);
    else this.#row(packet.at, blank, arrow);
  }

  /** What goes on in sound on both legs, as a double line. */
  sound(left: string, right: string): void {
    const { magenta } = this.#styles();
    const bar = (text: string): string => {
      const padding = LEG_COLUMNS - 4 - text.length;
      const before = Math.floor(padding / 2);
      return magenta(`◄${'═'.repeat(before)} ${text} ${'═'.repeat(padding - before)}►`);
    };
    this.#row(Date.now(), bar(left), bar(right));
  }

  /** Milliseconds from the first packet to this moment. */
  sinceStart(at: number): number {
    this.#startedAt ??= at;
    return at - this.#startedAt;
  }

  #row(at: number, left: string, right: string): void {
    const { dim } = this.#styles();
    const time = (this.sinceStart(at) / 1000).toFixed(3).padStart(6);
    this.#paint.line(`${dim(`${time} │`)}${left}${dim('│')}${right}${dim('│')}`);
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
  return { text: `INVITE ${target} from ${caller}`, kind: 'request' };
}
