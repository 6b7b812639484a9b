const OVER = Symbol('over');

/**
 * What some work comes to; where that takes longer than `limitMs` milliseconds, what `late` answers or throws. The work
 * itself goes on all the same.
 */
export async function withinTime<T, Late>(work: Promise<T>, limitMs: number, late: () => Late): Promise<T | Late> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<typeof OVER>((resolve) => {
    timer = setTimeout(() => resolve(OVER), limitMs);
  });
  try {
    const first = await Promise.race([work, limit]);
    return first === OVER ? late() : first;
  } finally {
    clearTimeout(timer);
  }
}
