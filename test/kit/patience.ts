/** For `vi.waitFor` and `vi.waitUntil`, which alone wait for a second: a busy machine may take longer to come to it. */
export const PATIENT = { timeout: 10_000 };
