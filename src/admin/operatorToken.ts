import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Sql } from '../store/database.ts';
import { insertFirstOperator, operatorHashes } from '../store/operators.ts';

const TOKEN_BYTES = 32;

/** Whether a presented token is an operator's. Takes the same time whatever is presented. */
export type TokenCheck = (presented: string) => boolean;

export interface OperatorTokenOptions {
  readonly sql: Sql;
  /** The token from the settings, or '' when none is set. It then stands alone: stored ones are not asked. */
  readonly setting: string;
  /** Called with a token that was just made: the only moment at which it can be seen. */
  readonly show: (token: string) => void;
}

/**
 * Prepares the check of operators' tokens. Without a setting, a token is made at first start; the database keeps its
 * SHA-256 only (the token has 256 random bits, so a slow hash would protect nothing). Of several nodes that start
 * for the first time together one makes the token.
 * @throws StoreError
 */
export async function loadTokenCheck({ sql, setting, show }: OperatorTokenOptions): Promise<TokenCheck> {
  if (setting !== '') return checkAgainst([hashOf(setting)]);
  const token = `axb_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  if (await insertFirstOperator(sql, hashOf(token))) {
    show(token);
    return checkAgainst([hashOf(token)]);
  }
  return checkAgainst(await operatorHashes(sql));
}

function checkAgainst(hashes: readonly Buffer[]): TokenCheck {
  return (presented) => {
    const hash = hashOf(presented);
    let known = false;
    for (const each of hashes) {
      if (each.length === hash.length && timingSafeEqual(each, hash)) known = true;
    }
    return known;
  };
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
