import { type Descriptor, manifestListType, type Registry } from './registry.ts';

/** An image that was built and pushed: what image.json contains about it. */
export interface Image {
  readonly arch: string;
  readonly digest: string;
}

/** The list as it is in the registry, with the images of all architectures. */
export interface ManifestList {
  readonly digest: string;
  readonly images: readonly Image[];
  /** Commits that its images' labels name. */
  readonly commits: readonly string[];
}

const revision = 'org.opencontainers.image.revision';

/** The list under a tag; `undefined` when there is none. Throws when there is an image of one architecture instead. */
export async function readList(registry: Registry, tag: string): Promise<ManifestList | undefined> {
  const found = await registry.manifest(tag);
  if (found === undefined) return undefined;
  const parts = found.content.manifests;
  if (parts === undefined)
    throw new Error(`${registry.name}:${tag} is one image, not a list of all architectures: remove the tag`);
  const labels = await Promise.all(parts.map(({ digest }) => registry.labels(digest)));
  return {
    digest: found.digest,
    images: parts.map(({ digest, platform }) => ({ arch: platform?.architecture ?? 'unknown', digest })),
    commits: [...new Set(labels.map((each) => each[revision] ?? 'unknown'))],
  };
}

/** Writes the list of previously pushed images. The same images give the same bytes, and so the same digest. */
export async function writeList(registry: Registry, tag: string, images: readonly Image[]): Promise<void> {
  const sorted = [...images].sort((one, other) => one.arch.localeCompare(other.arch));
  const manifests = await Promise.all(
    sorted.map(async ({ arch, digest }): Promise<Descriptor> => {
      const manifest = await registry.manifest(digest);
      if (manifest === undefined) throw new Error(`${registry.name} has no image ${digest} for ${arch}: push it first`);
      const { mediaType, size } = manifest;
      return { mediaType, size, digest, platform: { architecture: arch, os: 'linux' } };
    }),
  );
  await registry.put(
    tag,
    manifestListType,
    JSON.stringify({ schemaVersion: 2, mediaType: manifestListType, manifests }, null, 2),
  );
}
