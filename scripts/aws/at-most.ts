/** Does the work for all items, at most so many at the same time; the results are in the order of the items. */
export async function atMost<T, R>(number: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(number, items.length) }, worker));
  return results;
}
