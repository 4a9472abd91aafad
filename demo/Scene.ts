import type { ToldCall } from '../test/kit/customer.ts';
import type { IncomingCall } from '../test/kit/IncomingCall.ts';
import type { OutgoingCall } from '../test/kit/OutgoingCall.ts';
import type { PhoneMedia } from '../test/kit/PhoneMedia.ts';
import { Ladder } from './Ladder.ts';
import type { Person } from './people.ts';
import { percent } from './percent.ts';
import type { Stage } from './Stage.ts';
import { printEvents, printRecord } from './telling.ts';

/** What one phone heard of the other's voice. */
export interface Heard {
  readonly packets: number;
  readonly reports: number;
  /** Share of the last tenth of a second that was the other's voice, from 0 to 1. */
  readonly share: number;
}

/** Two people in a call, as both phones see it. */
export interface Talk {
  readonly caller: Person;
  readonly callee: Person;
  readonly atCaller: OutgoingCall;
  readonly atCallee: IncomingCall;
}

/** How a talk sounded to either side. */
export interface HeardTalk {
  readonly byCaller: Heard;
  readonly byCallee: Heard;
}

export interface Cast {
  readonly caller: Person;
  /** What is dialled: a name such as X, and the number. */
  readonly dialled: { readonly name: string; readonly number: string };
  /** Absent where nobody is rung. */
  readonly callee?: Person;
}

/** One part of a story, drawn as it happens: who dials on the left, who is rung on the right. */
export class Scene {
  readonly ladder: Ladder;
  readonly #stage: Stage;
  readonly #dialled: Cast['dialled'];

  constructor(stage: Stage, title: string, { caller, dialled, callee }: Cast) {
    const { paint, callers, callees } = stage;
    this.#stage = stage;
    this.#dialled = dialled;
    paint.heading(title);
    this.ladder = new Ladder(paint);
    this.ladder.head({
      caller: `${caller.name} ${caller.number}`,
      middle: `axbridge, ${dialled.name} ${dialled.number}`,
      callee: callee === undefined ? '' : `${callee.name} ${callee.number}`,
    });
    stage.note = (text) => this.ladder.note(text);
    callers.onPacket = (packet) => this.ladder.packet('caller', packet);
    callees.onPacket = (packet) => this.ladder.packet('callee', packet);
  }

  /** Somebody dials. */
  dial(caller: Person): Promise<OutgoingCall> {
    return this.#stage.callers.call(this.#dialled.number, { from: caller.number });
  }

  /** Whoever is rung next. @throws PatienceError when nobody is */
  rung(): Promise<IncomingCall> {
    return this.#stage.callees.nextCall();
  }

  /** Dials, rings and is answered. @throws PatienceError */
  async connect(caller: Person, callee: Person): Promise<Talk> {
    const atCaller = await this.dial(caller);
    const atCallee = await this.rung();
    atCallee.ring();
    await atCaller.progress.next();
    await Promise.all([atCallee.answer(), atCaller.answered]);
    return { caller, callee, atCaller, atCallee };
  }

  /** Both talk for so many packets of 20 ms after they have heard each other's voice. @throws PatienceError */
  async talk({ caller, callee, atCaller, atCallee }: Talk, packets: number): Promise<HeardTalk> {
    const [callersEar, calleesEar] = [earOf(atCaller), earOf(atCallee)];
    await Promise.all([callersEar.hears(callee.hertz), calleesEar.hears(caller.hertz)]);
    await Promise.all([callersEar.hearsPackets(packets), calleesEar.hearsPackets(packets)]);
    const byCaller = heard(callersEar, callee.hertz);
    const byCallee = heard(calleesEar, caller.hertz);
    this.ladder.sound(
      `${caller.name} hears ${callee.hertz} Hz, ${percent(byCaller.share)}: ${callee.name}`,
      `${callee.name} hears ${caller.hertz} Hz, ${percent(byCallee.share)}: ${caller.name}`,
    );
    return { byCaller, byCallee };
  }

  /** Prints what the customer's server was told of a call of this scene; undefined: nothing came. */
  async told(caller: Person): Promise<ToldCall | undefined> {
    const { paint } = this.#stage;
    const told = await this.#stage.storyOf(caller, this.#dialled.number);
    if (told === undefined) return undefined;
    paint.line();
    paint.line(paint.in('bold', `What the customer's server was told of ${caller.name}'s call`));
    printEvents(paint, told, (at) => this.ladder.sinceStart(at));
    printRecord(paint, told, (at) => this.ladder.sinceStart(at));
    return told;
  }

  /** Before what was observed. */
  observed(): void {
    this.#stage.paint.line();
    this.#stage.paint.line(this.#stage.paint.in('bold', 'Observed'));
  }
}

/** The sound of a call. @throws Error where it has none */
export function earOf(call: OutgoingCall | IncomingCall): PhoneMedia {
  if (call.media === undefined) throw new Error('a phone without sound');
  return call.media;
}

function heard(media: PhoneMedia, hertz: number): Heard {
  return {
    packets: media.receivedPackets,
    reports: media.received.filter(({ control }) => control).length,
    share: media.shareOfTone(hertz),
  };
}
