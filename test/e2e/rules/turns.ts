import { randomInt } from 'node:crypto';
import { PARTNER_ERRORS } from '../../../src/api/errorCodes.ts';
import type { PartnerClient, PartnerReply } from '../../kit/PartnerClient.ts';
import type { Entry, Ledger } from './Ledger.ts';

/** The modes in which something is bound. */
export const BOUND_MODES = ['AXB', 'AX', 'AXE', 'AXYB'] as const;
export type BoundMode = (typeof BOUND_MODES)[number];

/** One of many clients of an application. */
export interface Player {
  readonly partner: PartnerClient;
  /** The application's numbers, and the people whom its clients bind. */
  readonly numbers: readonly string[];
  readonly people: readonly string[];
  /** What all clients of the application were told. */
  readonly ledger: Ledger;
}

/** One request of a client: something at random that its mode offers. */
type Turn = (player: Player) => Promise<PartnerReply>;

const AREA_CODE = '0571';
/** One AXB binding in so many lives for a second only: what expires must not stand in anyone's way. */
const MORTAL_ONE_IN = 8;

const gone: ReadonlySet<string> = new Set([
  PARTNER_ERRORS['no-such-record'].code,
  PARTNER_ERRORS['no-such-binding'].code,
]);

const pick = <Item>(items: readonly Item[]): Item => items[randomInt(items.length)] as Item;
const chance = (oneIn: number): boolean => randomInt(oneIn) === 0;
const isDone = ({ body }: PartnerReply): boolean => body.resultcode === '0';

/** Names an X, or leaves the choice to the platform. */
const place = (field: string, { numbers }: Player) =>
  chance(2) ? { [field]: pick(numbers) } : { areaCode: AREA_CODE, privateNumType: 'mobile-virtual' };

function twoOf(people: readonly string[]): [string, string] {
  const one = randomInt(people.length);
  const other = (one + 1 + randomInt(people.length - 1)) % people.length;
  return [people[one] as string, people[other] as string];
}

/** Does something with what somebody made, and takes down what became of it. */
async function on(
  { ledger }: Player,
  entry: Entry,
  request: Promise<PartnerReply>,
  { ends = false } = {},
): Promise<PartnerReply> {
  const reply = await request;
  if (isDone(reply) && ends) ledger.ended(entry);
  if (gone.has(reply.body.resultcode)) ledger.missed(entry);
  return reply;
}

async function bindAxb(player: Player): Promise<PartnerReply> {
  const isMortal = chance(MORTAL_ONE_IN);
  const [a, b] = twoOf(player.people);
  const terms = { ...place('relationNum', player), duration: isMortal ? 1 : 0 };
  const reply = await player.partner.bind(a, b, terms);
  if (isDone(reply)) player.ledger.made({ subscriptionId: String(reply.body.subscriptionId) }, { isMortal });
  return reply;
}

async function axb(player: Player): Promise<PartnerReply> {
  const { partner, people, ledger } = player;
  const entry = ledger.pick();
  if (entry === undefined || chance(2)) return bindAxb(player);
  const { subscriptionId } = entry;
  const [a, b] = twoOf(people);
  if (chance(3)) return on(player, entry, partner.modify(subscriptionId, { callerNum: a }));
  if (chance(3)) return on(player, entry, partner.modify(subscriptionId, { callerNum: a, calleeNum: b }));
  if (chance(4)) return on(player, entry, partner.query({ subscriptionId }));
  return on(player, entry, partner.unbind({ subscriptionId }), { ends: true });
}

async function bindAx(player: Player): Promise<PartnerReply> {
  const reply = await player.partner.bindAx(pick(player.people), place('privateNum', player));
  if (isDone(reply)) player.ledger.made({ subscriptionId: String(reply.body.subscriptionId) });
  return reply;
}

async function ax(player: Player): Promise<PartnerReply> {
  const { partner, people, ledger } = player;
  const entry = ledger.pick();
  if (entry === undefined || chance(2)) return bindAx(player);
  const { subscriptionId } = entry;
  if (chance(3)) return on(player, entry, partner.modifyAx({ subscriptionId, maxDuration: randomInt(60) }));
  if (chance(3)) return on(player, entry, partner.setTemporaryCallee(pick(people), { subscriptionId }));
  if (chance(4)) return on(player, entry, partner.queryAx({ subscriptionId }));
  return on(player, entry, partner.unbindAx({ subscriptionId }), { ends: true });
}

async function bindAxe(player: Player): Promise<PartnerReply> {
  const reply = await player.partner.bindAxe(pick(player.people), place('virtualNum', player));
  if (isDone(reply)) player.ledger.made({ subscriptionId: String(reply.body.subscriptionId) });
  return reply;
}

async function axe(player: Player): Promise<PartnerReply> {
  const { partner, ledger } = player;
  const entry = ledger.pick();
  if (entry === undefined || chance(2)) return bindAxe(player);
  const { subscriptionId } = entry;
  if (chance(3)) return on(player, entry, partner.modifyAxe({ subscriptionId, callbackExpiredTime: 1 }));
  if (chance(4)) return on(player, entry, partner.queryAxe({ subscriptionId }));
  return on(player, entry, partner.unbindAxe({ subscriptionId }), { ends: true });
}

/** The first part without a subscriptionId, the second with one. */
async function bindAxyb({ partner, people, ledger }: Player, to: Partial<Entry>): Promise<PartnerReply> {
  const { subscriptionId } = to;
  const terms = { areaCode: AREA_CODE, ...(subscriptionId && { subscriptionId }) };
  const reply = await partner.bindAxyb(pick(people), terms);
  if (!isDone(reply)) return reply;
  const { relationNumber } = reply.body;
  if (subscriptionId === undefined) ledger.made({ subscriptionId: String(reply.body.subscriptionId) });
  else ledger.made({ subscriptionId, y: String(relationNumber) });
  return reply;
}

async function axyb(player: Player): Promise<PartnerReply> {
  const { partner, ledger } = player;
  const entry = ledger.pick();
  if (entry === undefined || chance(3)) return bindAxyb(player, {});
  const { subscriptionId, y } = entry;
  if (chance(2)) return on(player, entry, bindAxyb(player, { subscriptionId }));
  if (chance(4)) return on(player, entry, partner.queryAxyb({ subscriptionId }));
  const query = { subscriptionId, ...(y && { yNum: y }) };
  return on(player, entry, partner.unbindAxyb(query), { ends: true });
}

export const TURNS: Readonly<Record<BoundMode, Turn>> = { AXB: axb, AX: ax, AXE: axe, AXYB: axyb };
