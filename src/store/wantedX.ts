import type { XNumberState } from '../../routing/types.ts';
import type { SqlRunner } from './database.ts';

/** Which X a customer wants for a new binding. */
export interface WantedX {
  /** This one, E.164. */
  readonly x?: string;
  /** One of this city; undefined for any. Of no account when an X is named. */
  readonly areaCode?: string;
  /** When that city has none left, any X of the application. */
  readonly loose: boolean;
}

export type XRefusal = 'x-not-of-application' | 'x-status-abnormal';

/** Why a named X takes no new binding, whatever stands on it; undefined when nothing forbids it. */
export async function xRefusal(sql: SqlRunner, appKey: string, x: string): Promise<XRefusal | undefined> {
  const [number] = await sql<{ state: XNumberState }[]>`
    SELECT state FROM numbers WHERE number = ${x} AND app_key = ${appKey}`;
  if (number === undefined) return 'x-not-of-application';
  return number.state === 'normal' ? undefined : 'x-status-abnormal';
}

/** An X of the application on which nothing stands, of the city that is wanted. */
export async function freeX(
  sql: SqlRunner,
  appKey: string,
  { areaCode, loose }: WantedX,
): Promise<string | undefined> {
  const [row] = await sql<{ x: string | null }[]>`
    SELECT free_x(${appKey}, ${areaCode ?? null}, ${loose}, NULL, NULL, 1) AS x`;
  return row?.x ?? undefined;
}
