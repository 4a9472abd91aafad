import { expect, it } from 'vitest';
import { passedStatus } from '../../src/sip/passedStatus.ts';

it.each([
  [200, 200],
  [299, 200],
  [302, 488],
  [488, 488],
  [491, 491],
  [499, 400],
  [555, 500],
  [607, 600],
  [699, 600],
])('%i goes on as %i', (status, passed) => {
  expect(passedStatus(status)).toBe(passed);
});
