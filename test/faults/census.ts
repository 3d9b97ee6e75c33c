/** What there is in an account, on a GitLab and in a temporary folder: name of a thing -> how many. */
export type Census = Readonly<Record<string, number>>;

/** How a world differs from one in which nothing was disturbed. */
export interface Difference {
  /** More than there should be. */
  readonly doubled: readonly string[];
  /** There, though nothing of the kind should be. */
  readonly left: readonly string[];
  readonly missing: readonly string[];
}

export function countAll(things: readonly string[]): Census {
  const census: Record<string, number> = {};
  for (const thing of [...things].sort()) census[thing] = (census[thing] ?? 0) + 1;
  return census;
}

/** @param repeats things of which there may be more */
export function compare(undisturbed: Census, found: Census, repeats: readonly string[] = []): Difference {
  const isMore = ([thing, count]: [string, number]) => count > (undisturbed[thing] ?? 0) && !repeats.includes(thing);
  const more = Object.entries(found).filter(isMore);
  const fewer = Object.entries(undisturbed).filter(([thing, count]) => count > (found[thing] ?? 0));
  const text = ([thing]: [string, number]) => `${thing}: ${found[thing] ?? 0} for ${undisturbed[thing] ?? 0}`;
  return {
    doubled: more.filter(([thing]) => undisturbed[thing] !== undefined).map(text),
    left: more.filter(([thing]) => undisturbed[thing] === undefined).map(([thing, count]) => `${count} ${thing}`),
    missing: fewer.map(text),
  };
}

export function isSame({ doubled, left, missing }: Difference): boolean {
  return doubled.length + left.length + missing.length === 0;
}
