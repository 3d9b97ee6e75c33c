import type { Image, ManifestList } from './manifest-list.ts';
import { cutTag, isNewest, movingTags, versionTag } from './version.ts';

/** An image as image.json of `npm run image` describes it. */
export interface BuiltImage extends Image {
  readonly version: string;
  readonly commit: string;
}

/** What exists when the tag `cut/VERSION` was pushed. */
export interface CutState {
  readonly version: string;
  readonly head: string;
  /** The tag whose pipeline this is; `undefined` outside of one. */
  readonly pipelineTag: string | undefined;
  readonly changes: string | undefined;
  readonly architectures: readonly string[];
  readonly built: readonly BuiltImage[];
  readonly list: ManifestList | undefined;
  /** Architectures whose files are not all in the package registry. */
  readonly notUploaded: readonly string[];
  /** Architectures that have no signature of their provenance in the package registry. */
  readonly notSigned: readonly string[];
  /** Why this run cannot sign; `undefined` when it can. */
  readonly unsigned: string | undefined;
  /** The commit of the version's tag, if there is one; and the one it must be. */
  readonly tagged: string | undefined;
  readonly pinned: string | undefined;
}

export type CutStep =
  | { readonly do: 'upload'; readonly arch: string }
  | { readonly do: 'list'; readonly tag: string; readonly images: readonly Image[] }
  | { readonly do: 'sign'; readonly arch: string; readonly digest: string }
  | { readonly do: 'tag'; readonly tag: string };

export interface Plan<Step> {
  /** Why nothing is done: what prevents it, and what to do about it. */
  readonly faults: readonly string[];
  /** What will still be missing, and why. */
  readonly notices: readonly string[];
  readonly steps: readonly Step[];
}

/**
 * From built images to the version's tag. The list is written after the files of its images were uploaded, and the tag is pushed after the
 * list. Images that a repeated job built after the list was written are not used: images are signed once the list has fixed
 * them, and once each.
 */
export function planCut(state: CutState): Plan<CutStep> {
  const { version, head, list, tagged, pinned, built, architectures } = state;
  const tag = versionTag(version);
  const images = built.filter(({ arch }) => architectures.includes(arch));
  const faults = [
    ...(state.pipelineTag === undefined || state.pipelineTag === cutTag(version)
      ? []
      : [
          `the tag is ${state.pipelineTag}, but package.json says ${version}: tag the commit of \`npm run release -- cut\` ${cutTag(version)}`,
        ]),
    ...(state.changes
      ? []
      : [`CHANGELOG.md says nothing of ${version}: run \`npm run release -- cut ${version}\` first`]),
    ...(list === undefined ? imageFaults(state, images) : listFaults(state, list)),
    ...(list === undefined && tagged !== undefined
      ? [`there is a tag ${tag} without an image: remove the tag, or take the next version`]
      : []),
    ...(tagged === undefined || pinned === undefined || tagged === pinned
      ? []
      : [
          `the tag ${tag} leads to ${tagged}, not to ${head} with templates that name the image: take the next version`,
        ]),
  ];
  if (faults.length > 0) return { faults, notices: [], steps: [] };
  const toSign = (list?.images ?? images).filter(({ arch }) => state.notSigned.includes(arch));
  const here = toSign.filter(({ digest }) => built.some((image) => image.digest === digest));
  const unsigned =
    state.unsigned ??
    (here.length === toSign.length ? undefined : 'the provenance is not here any more, and the tag is there');
  return {
    faults,
    notices: toSign.length === 0 || unsigned === undefined ? [] : [`not signed: ${unsigned}`],
    steps: [
      ...images
        .filter(({ arch }) => list === undefined || state.notUploaded.includes(arch))
        .map(({ arch }) => ({ do: 'upload', arch }) as const),
      ...(list === undefined
        ? [{ do: 'list', tag: version, images: images.map(({ arch, digest }) => ({ arch, digest })) } as const]
        : []),
      ...(state.unsigned === undefined ? here.map(({ arch, digest }) => ({ do: 'sign', arch, digest }) as const) : []),
      ...(tagged === undefined ? [{ do: 'tag', tag } as const] : []),
    ],
  };
}

function imageFaults({ version, head, architectures }: CutState, images: readonly BuiltImage[]): string[] {
  const missing = architectures.filter((arch) => !images.some((image) => image.arch === arch));
  return [
    ...missing.map(
      (arch) => `there is no image for ${arch}: \`npm run image -- --release --arch ${arch} --push …\` builds it`,
    ),
    ...images
      .filter((image) => image.commit !== head || image.version !== version)
      .map(
        (image) =>
          `the image for ${image.arch} is ${image.version} of ${image.commit}, not ${version} of ${head}: build it again`,
      ),
  ];
}

function listFaults(
  { version, head, built, notUploaded, notSigned, unsigned, tagged }: CutState,
  { commits, images }: ManifestList,
): string[] {
  const isBuilt = (arch: string) =>
    images.some((image) => image.arch === arch && built.some(({ digest }) => digest === image.digest));
  return [
    ...(commits.every((commit) => commit === head)
      ? []
      : [`the registry has ${version} of ${commits.join(', ')}, not of ${head}: take the next version`]),
    ...notUploaded
      .filter((arch) => !isBuilt(arch))
      .map(
        (arch) => `SBOM and provenance of the image for ${arch} are neither uploaded nor here: take the next version`,
      ),
    ...(unsigned === undefined && tagged === undefined ? notSigned : [])
      .filter((arch) => !notUploaded.includes(arch) && !isBuilt(arch))
      .map((arch) => `the provenance of the image for ${arch} is neither signed nor here: take the next version`),
  ];
}

/** A link of a release (https://docs.gitlab.com/api/releases/links/). */
export interface Link {
  readonly name: string;
  readonly url: string;
}

/** What exists when the tag `vVERSION` was pushed. */
export interface PublishState {
  readonly version: string;
  readonly head: string;
  /** All tags with their commits. */
  readonly tags: ReadonlyMap<string, string>;
  readonly list: ManifestList | undefined;
  /** Digests that the templates name. */
  readonly named: readonly string[];
  readonly isPackaged: boolean;
  /** Files of the npm package that are not committed. */
  readonly changed: readonly string[];
  readonly uploaded: readonly string[];
  /** Why the provenance is not signed; `undefined` when it is. */
  readonly unsigned: string | undefined;
  readonly wanted: { readonly description: string; readonly links: readonly Link[] };
  readonly release:
    | { readonly description: string; readonly links: readonly (Link & { readonly id: number })[] }
    | undefined;
}

export type PublishStep =
  | { readonly do: 'package'; readonly distTag: string }
  | { readonly do: 'create-release' | 'edit-release'; readonly tag: string }
  | { readonly do: 'link'; readonly link: Link; readonly id: number | undefined }
  | { readonly do: 'move'; readonly tag: string; readonly from: string };

/** From the version's tag to everything that belongs to it. */
export function planPublish(state: PublishState): Plan<PublishStep> {
  const { version, head, tags, list, named, wanted, release } = state;
  const tag = versionTag(version);
  const absent = wanted.links.filter(({ name }) => !state.uploaded.includes(name));
  const faults = [
    ...(tags.get(tag) === head
      ? []
      : [`the tag ${tag} leads to ${tags.get(tag) ?? 'nothing'}, not to the checkout's ${head}: check out ${tag}`]),
    ...(list === undefined ? [`the registry has no image ${version}: its pipeline is that of ${cutTag(version)}`] : []),
    ...(list === undefined || (named.length > 0 && named.every((digest) => digest === list.digest))
      ? []
      : [
          `the templates name ${named.join(', ') || 'no digest'}, the registry has ${list.digest}: ${tag} is none of \`npm run release -- tag\``,
        ]),
    ...(state.isPackaged || state.changed.length === 0
      ? []
      : [`not committed, and the npm package would have it: ${state.changed.join(', ')}`]),
    ...absent.map(({ name }) => `there is no file ${name} in the package registry: retry the job that pushed ${tag}`),
  ];
  if (faults.length > 0) return { faults, notices: [], steps: [] };
  const moving = movingTags(version, [...tags.keys()]);
  const [major, minor] = version.split('.');
  return {
    faults,
    notices: state.unsigned === undefined ? [] : [`not signed: ${state.unsigned}`],
    steps: [
      ...(state.isPackaged
        ? []
        : [
            {
              do: 'package',
              distTag: isNewest(version, [...tags.keys()]) ? 'latest' : `release-${major}.${minor}`,
            } as const,
          ]),
      ...(release === undefined ? [{ do: 'create-release', tag } as const] : []),
      ...(release !== undefined && release.description.trim() !== wanted.description.trim()
        ? [{ do: 'edit-release', tag } as const]
        : []),
      ...wanted.links.flatMap((link) => {
        const there = release?.links.find(({ name }) => name === link.name);
        return there?.url === link.url ? [] : [{ do: 'link', link, id: there?.id } as const];
      }),
      ...moving
        .filter((each) => tags.get(each) !== head)
        .map((each) => ({ do: 'move', tag: each, from: tags.get(each) ?? '' }) as const),
    ],
  };
}
