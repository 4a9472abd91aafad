import type { ToldCall } from '../../test/kit/customer.ts';
import { EVENTS, observeEnd, observeMasking, observeRinging, observeStory, observeTalk } from '../observe.ts';
import type { Person } from '../people.ts';
import { type Cast, Scene, type Talk } from '../Scene.ts';
import type { Stage } from '../Stage.ts';

const TALK_PACKETS = 50;

export interface AnsweredCall {
  readonly title: string;
  readonly caller: Person;
  readonly callee: Person;
  readonly dialled: Cast['dialled'];
  /** What the callee sees, where it is not the number dialled. */
  readonly shown?: Cast['dialled'];
  readonly hangsUp: 'caller' | 'callee';
  /** Further fields of the record. */
  readonly record?: Readonly<Record<string, unknown>>;
}

/** Somebody dials, somebody answers, both talk, one of them hangs up. @returns what else there is to observe */
export async function observeAnswered(
  stage: Stage,
  { title, caller, callee, dialled, shown = dialled, hangsUp, record = {} }: AnsweredCall,
): Promise<{ readonly call: Talk; readonly told: ToldCall | undefined }> {
  const { list } = stage;
  const scene = new Scene(stage, title, { caller, dialled, callee });
  const call = await scene.connect(caller, callee);
  const talk = await scene.talk(call, TALK_PACKETS);
  const isCaller = hangsUp === 'caller';
  await (isCaller ? call.atCaller : call.atCallee).hangUp();
  const end = await (isCaller ? call.atCallee : call.atCaller).end();
  const told = await scene.told(caller);

  scene.observed();
  observeRinging(list, call, shown);
  observeTalk(list, call, talk, TALK_PACKETS);
  observeEnd(list, isCaller ? caller : callee, isCaller ? callee : caller, end);
  observeMasking(list, call);
  observeStory(list, told, { caller, dialled, callee, shown, events: EVENTS.answered, stateCode: 0, record });
  return { call, told };
}
