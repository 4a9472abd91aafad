/**
 * Waits for work, but not for ever. Work that is late goes on, and what it comes to is its owner's to take.
 * @returns what the work came to, or `late`
 * @throws what the work throws in time
 */
export async function inTime<T>(work: Promise<T>, ms: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    // When this process was held up itself, what has arrived meanwhile is read before it counts as late.
    timer = setTimeout(() => setImmediate(resolve, 'late'), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
