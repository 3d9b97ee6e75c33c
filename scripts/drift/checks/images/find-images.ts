import type { Place } from '../../../config/names.ts';
import type { Finding } from '../../../report/report.ts';

/** An AMI, as far as its age matters. */
export interface AgedImage {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
}

/** The image that a tenant's new instances start from, and what is newer. */
export interface ImageFacts {
  readonly place: Place;
  /** Id of the image in use. */
  readonly inUse: string;
  /** Absent when EC2 no longer has the image, or it cannot be used. */
  readonly image: AgedImage | undefined;
  /** The tenant's newest finished bake. */
  readonly newestBake: AgedImage | undefined;
  /** The AMI that the image was baked from: its id, and what it is as long as its publisher shows it. */
  readonly base: { readonly id: string; readonly image: AgedImage | undefined } | undefined;
  /** Of a copy: environment and id of the original. Its base may be in another region, or be shown to another account only. */
  readonly copyOf?: string | undefined;
  /** All available AMIs of the base's family; `undefined` when that could not be told. */
  readonly family: readonly AgedImage[] | undefined;
}

const dayMs = 24 * 60 * 60_000;
/** Days after which a newer base image must have been taken up; publishers bring one out every few days. */
export const patchDays = 7;

/** Whether a tenant's image is there, is its newest bake, and is of a base image that has the newest patches. */
export function findImages(facts: ImageFacts, now: Date): Finding[] {
  const { place, inUse, image } = facts;
  if (image === undefined) {
    return [
      {
        id: `${place.tenant}/image-gone`,
        gravity: 'fault',
        title: `no new instance of ${place.tenant} can start: its image ${inUse} is gone, or cannot be used`,
        next: bakeAgain(place),
      },
    ];
  }
  return [...findBake(facts, image), ...findBase(facts, now)];
}

function findBake({ place, newestBake }: ImageFacts, image: AgedImage): Finding[] {
  if (newestBake === undefined || newestBake.createdAt <= image.createdAt || newestBake.id === image.id) return [];
  const { tenant, environment } = place;
  return [
    {
      id: `${tenant}/not-the-newest-bake`,
      gravity: 'change',
      title: `the instances of ${tenant} start from an older image than the newest bake`,
      details: ['right if an older commit was pushed again: it has the image that was baked for it'],
      values: [{ path: 'ImageId', from: shown(newestBake), to: shown(image) }],
      next: `vendhost host provision --tenant ${tenant} --environment ${environment} --image ${newestBake.id}, in the tenant's repository; in GitLab start a new pipeline on the branch`,
    },
  ];
}

function findBase({ place, base, family, copyOf }: ImageFacts, now: Date): Finding[] {
  const { tenant } = place;
  if (base === undefined)
    return [unknownBase(tenant, 'the image has no tag that names its base image', bakeAgain(place))];
  if (base.image === undefined && copyOf !== undefined) {
    const [from] = copyOf.split('/');
    const reason = `it is the copy of ${copyOf}, whose base image ${base.id} is not shown here`;
    const next = `vendhost drift check --environment ${from} --tenant ${tenant} says it of the original, as long as that is in use`;
    return [unknownBase(tenant, reason, next)];
  }
  if (base.image === undefined) {
    return [
      {
        id: `${tenant}/base-gone`,
        gravity: 'change',
        title: `the image of ${tenant} was baked from ${base.id}, which its publisher withdrew`,
        next: bakeAgain(place),
      },
    ];
  }
  if (family === undefined) {
    const reason = `the name of its base image, ${base.image.name}, says no date to compare`;
    return [unknownBase(tenant, reason, 'compare it by hand, or name it in the ignore file')];
  }
  const { createdAt } = base.image;
  const newer = family.filter((each) => each.createdAt > createdAt);
  const newest = newestOf(newer);
  const isDue = newer.some((each) => now.getTime() - each.createdAt.getTime() > patchDays * dayMs);
  if (newest === undefined || !isDue) return [];
  const days = Math.floor((newest.createdAt.getTime() - createdAt.getTime()) / dayMs);
  return [
    {
      id: `${tenant}/base-outdated`,
      gravity: 'change',
      title: `the image of ${tenant} lacks the patches of ${days} days`,
      values: [{ path: 'source AMI', from: shown(newest), to: shown(base.image) }],
      next: bakeAgain(place),
    },
  ];
}

/** The one that was made last. */
export function newestOf(images: readonly AgedImage[]): AgedImage | undefined {
  return images.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime())[0];
}

function unknownBase(tenant: string, reason: string, next: string): Finding {
  const title = `whether the image of ${tenant} has the newest patches is not known: ${reason}`;
  return { id: `${tenant}/base-unknown`, gravity: 'unknown', title, next };
}

function bakeAgain({ tenant, environment }: Place): string {
  return `vendhost image bake --tenant ${tenant} --environment ${environment}, then vendhost host provision with its image; in GitLab start a new pipeline on the branch, which does both`;
}

function shown({ id, name, createdAt }: AgedImage): string {
  return `${id} (${name}, ${createdAt.toISOString().slice(0, 10)})`;
}
