import { type ToldCall, toldCalls } from '../../kit/customer.ts';
import { isQuestion } from '../../kit/customerReplies.ts';
import { soundsHeard } from '../../kit/hearing.ts';
import type { IncomingCall } from '../../kit/IncomingCall.ts';
import type { OutgoingCall } from '../../kit/OutgoingCall.ts';
import { ANNA_HZ, BEN_HZ } from '../../kit/Scenario.ts';
import type { Tenant } from '../../kit/Tenant.ts';
import type { SinkRequest } from '../../kit/WebhookSink.ts';
import type { Dialled } from './Row.ts';
import type { World } from './World.ts';

const PACKETS_BETWEEN_LOOKS = 10;

/** The call of one row, for those who act in it and those who look at it afterwards. */
export class PlayedCall {
  readonly world: World;
  readonly tenant: Tenant;
  readonly dialled: Dialled;
  readonly atCaller: OutgoingCall;
  /** The callee's phone, once it was rung. */
  atCallee: IncomingCall | undefined;
  /** Calls on this X that the customer had been told of before. */
  readonly #earlier: ReadonlySet<string>;
  readonly #patienceMs: number | undefined;

  private constructor(
    parts: Pick<PlayedCall, 'world' | 'tenant' | 'dialled' | 'atCaller'>,
    earlier: readonly string[],
    patienceMs: number | undefined,
  ) {
    this.world = parts.world;
    this.tenant = parts.tenant;
    this.dialled = parts.dialled;
    this.atCaller = parts.atCaller;
    this.#earlier = new Set(earlier);
    this.#patienceMs = patienceMs;
  }

  /** @param patienceMs how long the callee's phone may take to ring */
  static async dial(
    world: World,
    tenant: Tenant,
    dialled: Dialled,
    patienceMs?: number,
  ): Promise<PlayedCall> {
    const { anna, sink } = world.scenario;
    const earlier = toldCalls(sink).filter((call) => isOn(dialled.x, call));
    const { x, from, offer } = dialled;
    const atCaller = await anna.call(x, { from, ...(offer === undefined ? {} : { offer }) });
    const sessions = earlier.map(({ sessionId }) => sessionId);
    return new PlayedCall({ world, tenant, dialled, atCaller }, sessions, patienceMs);
  }

  /** The callee's phone, as soon as it is rung. @throws PatienceError */
  async rung(): Promise<IncomingCall> {
    const { callee } = this.dialled;
    if (callee === undefined) throw new Error('the row names no callee');
    this.atCallee = await this.world.scenario.ben.nextCallTo(callee, this.#patienceMs);
    return this.atCallee;
  }

  /** Both hear each other's voice. @throws PatienceError */
  async hearEachOther(): Promise<void> {
    await Promise.all([this.atCaller.media?.hears(BEN_HZ), this.atCallee?.media?.hears(ANNA_HZ)]);
    await this.world.whileTheyTalk();
  }

  /** The caller presses keys: in his sound, by RFC 4733, or where he makes none by SIP INFO. */
  async press(keys: string): Promise<void> {
    if (this.atCaller.media !== undefined) {
      await this.atCaller.media.press(keys);
      return;
    }
    await this.atCaller.answered;
    await this.atCaller.pressByInfo(keys);
  }

  /** An announcement reaches the caller, whole, and so many times. @throws PatienceError */
  async hears(name: string, times = 1): Promise<void> {
    const media = this.atCaller.media;
    const sounds = this.world.sounds.filter((sound) => sound.name === name);
    const isOver = (): boolean =>
      media === undefined || soundsHeard(media, sounds).filter(({ whole }) => whole).length >= times;
    while (!isOver()) await media?.hearsPackets(PACKETS_BETWEEN_LOOKS);
  }

  /** The session id, as the customer learns it from the first event. @throws Error when none comes */
  async sessionId(): Promise<string> {
    const { sink } = this.world.scenario;
    const mine = (): ToldCall | undefined => this.#told();
    await sink.waitFor(() => mine() !== undefined);
    return mine()?.sessionId ?? '';
  }

  /** X mode: the question has reached the customer's server. @throws Error when it does not */
  async asked(): Promise<void> {
    const { sink } = this.world.scenario;
    const isMine = (request: SinkRequest): boolean =>
      isQuestion(request) && request.body.includes(this.dialled.x);
    await sink.waitFor(() => sink.requests.some(isMine));
  }

  /** The customer ends it through the API. @throws Error when he is not heard */
  async stop(): Promise<void> {
    const { body } = await this.tenant.partner.stopCall(await this.sessionId());
    if (body.resultcode !== '0') throw new Error(`callStop: ${JSON.stringify(body)}`);
  }

  /** What the customer was told, once that is complete. @throws Error when it does not come */
  async told(patienceMs?: number): Promise<ToldCall> {
    const { sink } = this.world.scenario;
    const complete = (): ToldCall | undefined => {
      const call = this.#told();
      const hasEnded = call?.events.some(({ eventType }) => eventType === 'disconnect') === true;
      return hasEnded && call.records.length > 0 ? call : undefined;
    };
    await sink.waitFor(() => complete() !== undefined, patienceMs);
    const told = complete();
    if (told === undefined) throw new Error('the customer was told nothing');
    return told;
  }

  #told(): ToldCall | undefined {
    return toldCalls(this.world.scenario.sink).find(
      (call) => !this.#earlier.has(call.sessionId) && isOn(this.dialled.x, call),
    );
  }
}

/** In X mode a question that was not answered is no event that the customer has. */
function isOn(x: string, { events, records }: ToldCall): boolean {
  return (
    events.some(({ eventType, statusInfo }) => eventType === 'callin' && statusInfo.called === x) ||
    records.some(({ fields }) => fields.calleeNum === x)
  );
}
