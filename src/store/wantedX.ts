import type { XNumberState } from '../../routing/types.ts';
import type { SqlRunner } from './database.ts';

/** Where a number is looked for: in a city, else in one of those nearby, else anywhere. `''` stands for no city told. */
export interface WantedPlace {
  /** Undefined: anywhere. */
  readonly areaCode?: string;
  readonly nearby: readonly string[];
  readonly anywhere: boolean;
}

/** Which X a customer wants for a new binding: this one, E.164, or one of a place. */
export type WantedX = { readonly x: string } | { readonly place: WantedPlace };

export type XRefusal = 'x-not-of-application' | 'x-status-abnormal';

/** Why a named X takes no new binding, whatever stands on it; undefined when nothing forbids it. */
export async function xRefusal(sql: SqlRunner, appKey: string, x: string): Promise<XRefusal | undefined> {
  const [number] = await sql<{ state: XNumberState }[]>`
    SELECT state FROM numbers WHERE number = ${x} AND app_key = ${appKey}`;
  if (number === undefined) return 'x-not-of-application';
  return number.state === 'normal' ? undefined : 'x-status-abnormal';
}

/** A place as the arguments of free_x and its kind (migrations 003, 009). */
export function placeArguments(sql: SqlRunner, { areaCode, nearby, anywhere }: WantedPlace) {
  return sql`${areaCode ?? null}, ${[...nearby]}::text[], ${anywhere}`;
}

/** An X of the application on which nothing stands. */
export async function freeX(sql: SqlRunner, appKey: string, place: WantedPlace): Promise<string | undefined> {
  const [row] = await sql<{ x: string | null }[]>`
    SELECT free_x(${appKey}, ${placeArguments(sql, place)}, NULL, NULL, 1) AS x`;
  return row?.x ?? undefined;
}
