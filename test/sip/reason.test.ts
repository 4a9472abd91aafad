import { describe, expect, it } from 'vitest';
import { formatReason, readQ850 } from '../../src/sip/reason.ts';

describe('a Reason header', () => {
  it.each([
    ['Q.850;cause=17', 17],
    ['Q.850 ; cause=20 ; text="Subscriber absent"', 20],
    ['SIP;cause=486;text="Busy", Q.850;cause=17', 17],
    ['q.850;text="x";cause=1', 1],
    [formatReason(38), 38],
  ])('%s gives cause %i', (header, cause) => {
    expect(readQ850(header)).toBe(cause);
  });

  it.each([undefined, '', 'SIP;cause=486', 'Q.850', 'Q.850;cause=0', 'Q.850;cause=200', 'Q.850;cause=1234'])(
    '%j gives none',
    (header) => {
      expect(readQ850(header)).toBeUndefined();
    },
  );
});
