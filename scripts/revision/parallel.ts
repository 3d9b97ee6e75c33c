/** Works on items with at most `width` at once and yields the answers in the items' order. */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const started: Promise<R>[] = [];
  const start = (item: T) => {
    const answer = work(item);
    // Awaited in its turn; until then a failure must not count as unhandled.
    answer.catch(() => undefined);
    started.push(answer);
  };
  for (const item of items) {
    start(item);
    if (started.length >= width) yield await (started.shift() as Promise<R>);
  }
  for (const answer of started) yield await answer;
}
