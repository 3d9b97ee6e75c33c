/** A released version: `1.2.3`, without pre-releases. */
export type Version = readonly [major: number, minor: number, patch: number];

/** Reads `1.2.3` or `v1.2.3`; `undefined` for anything else, such as `v1` or `1.2.3-rc.1`. */
export function parseVersion(text: string): Version | undefined {
  const found = /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(text);
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** Negative when the first is the older one. */
export function compareVersions(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}

/** The tag that requests a release, and the tag of the release (https://docs.gitlab.com/ci/components/#semantic-versioning). */
export const cutTag = (version: string) => `cut/${version}`;
export const versionTag = (version: string) => `v${version}`;

/** Whether no tag is that of a newer version. */
export function isNewest(
  version: string,
  tags: readonly string[],
  among: (other: Version) => boolean = () => true,
): boolean {
  const own = parseVersion(version);
  if (own === undefined) return false;
  return !tags.some((tag) => {
    const other = parseVersion(tag);
    return other !== undefined && among(other) && compareVersions(other, own) > 0;
  });
}

/**
 * The moving tags that this version should have: `v1.2` when it is the newest of 1.2, `v1` when it is the newest of 1. None of the
 * major version 0, in which each minor version may break something. `tags` are all there are.
 */
export function movingTags(version: string, tags: readonly string[]): string[] {
  const [major = 0, minor = 0] = parseVersion(version) ?? [];
  return [
    ...(isNewest(version, tags, (other) => other[0] === major && other[1] === minor) ? [`v${major}.${minor}`] : []),
    ...(major > 0 && isNewest(version, tags, (other) => other[0] === major) ? [`v${major}`] : []),
  ];
}
