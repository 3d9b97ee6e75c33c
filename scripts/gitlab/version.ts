/** Whether a version of GitLab is the least one or newer; `undefined` when it is not written as a version. */
export function isAtLeast(version: string, least: string): boolean | undefined {
  const [own, other] = [numbersOf(version), numbersOf(least)];
  if (own === undefined || other === undefined) return undefined;
  const at = own.findIndex((number, index) => number !== other[index]);
  return at === -1 || (own[at] as number) > (other[at] as number);
}

/** `18.2.2-ee` and `19.1.0-pre` have three numbers, `19.1` has two. */
function numbersOf(version: string): readonly number[] | undefined {
  const found = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  return found === null ? undefined : [found[1], found[2], found[3] ?? '0'].map(Number);
}
