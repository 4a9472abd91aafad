import { randomUUID } from 'node:crypto';
import type { NumberStatusWriter } from '../../src/store/numberStatus.ts';

/** For tests that change numbers of which nobody wants to be told. */
export const numberWriter: NumberStatusWriter = {
  sealer: { seal: (text) => Buffer.from(text) },
  life: randomUUID(),
};
