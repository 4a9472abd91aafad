import { EVENTS, observeStory } from '../observe.ts';
import type { Person } from '../people.ts';
import { Scene } from '../Scene.ts';
import type { Numbered, Stage } from '../Stage.ts';
import { hasHeard, productSound } from '../sounds.ts';

export interface Refusal {
  readonly title: string;
  readonly caller: Person;
  readonly dialled: Numbered;
  /** Scene of the product's own announcement that the caller hears. */
  readonly hears: string;
  readonly stateCode: number;
  /** Final SIP status at the caller. */
  readonly status: number;
  /** Further fields of the record. */
  readonly record?: Readonly<Record<string, unknown>>;
}

/** A scene in which somebody hears why he is not put through, as early media. */
export async function observeRefusal(stage: Stage, refusal: Refusal): Promise<void> {
  const { list, callees } = stage;
  const { title, caller, dialled, hears, stateCode, record = {} } = refusal;
  const announcement = productSound(hears);
  const rungBefore = callees.calls.items.length;
  const scene = new Scene(stage, title, { caller, dialled });
  const atCaller = await scene.dial(caller);
  await atCaller.progress.next();
  scene.ladder.sound(`"${hears}"`);
  const { status } = await atCaller.end();
  const told = await scene.told(caller);

  scene.observed();
  list.check(
    hasHeard(atCaller.media, announcement),
    `${caller.name} heard the "${hears}" announcement, whole`,
  );
  const end = `he was not answered, and refused with ${refusal.status}`;
  list.check(status === refusal.status, end, `status ${status}`);
  list.check(callees.calls.items.length === rungBefore, 'nobody was rung');
  observeStory(list, told, { caller, dialled, events: EVENTS.refused, stateCode, record });
}
