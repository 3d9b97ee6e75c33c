/** What several checks need is read once for each of these: a context, a runtime. A refusal is shared too. */
export function shared<K extends object, T>(read: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const known = new WeakMap<K, Promise<T>>();
  return (key) => {
    const reading = known.get(key) ?? read(key);
    known.set(key, reading);
    return reading;
  };
}

/** The same for one of several things of each, by its name. */
export function sharedByName<K extends object, T>(
  read: (key: K, name: string) => Promise<T>,
): (key: K, name: string) => Promise<T> {
  const known = new WeakMap<K, Map<string, Promise<T>>>();
  return (key, name) => {
    const all = known.get(key) ?? new Map<string, Promise<T>>();
    known.set(key, all);
    const reading = all.get(name) ?? read(key, name);
    all.set(name, reading);
    return reading;
  };
}
