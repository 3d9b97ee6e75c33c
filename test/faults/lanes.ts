/** Works through the list, so many at a time; results in the list's order. */
export async function inLanes<T, R>(list: readonly T[], lanes: number, work: (each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = list.entries();
  const lane = async () => {
    for (const [at, each] of waiting) results[at] = await work(each);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
