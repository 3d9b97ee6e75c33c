import type { DescribeImagesCommandInput, Image } from '@aws-sdk/client-ec2';
import type { Aws } from '../../../aws/session.ts';
import type { Place } from '../../../config/names.ts';
import { tags } from '../../../config/names.ts';
import { promotedFromTag } from '../../../image/bake-run.ts';
import { describeImages } from '../../../image/describe.ts';
import { bakeKeyOf, imageFaults, tagOf } from '../../../image/image-faults.ts';
import { familyOf } from './family.ts';
import { type AgedImage, type ImageFacts, newestOf } from './find-images.ts';

/** An image that a tenant's new instances start from. */
export interface UsedImage {
  readonly place: Place;
  readonly inUse: string;
}

/**
 * Reads the images in use, all finished bakes, their base images, and what there is of each base's family: each list once for all
 * tenants, all pages.
 */
export async function readImages(aws: Aws, used: readonly UsedImage[]): Promise<ImageFacts[]> {
  const environment = used[0]?.place.environment;
  if (environment === undefined) return [];
  const account = await aws.account();
  const { 'vendhost:layer': layer = '' } = tags(environment, 'image');
  const [own, bakes] = await Promise.all([
    describeImages(
      aws,
      used.map(({ inUse }) => inUse),
    ),
    describe(aws, {
      Owners: ['self'],
      Filters: [
        { Name: 'tag:vendhost:environment', Values: [environment] },
        { Name: 'tag:vendhost:layer', Values: [layer] },
      ],
    }),
  ]);
  const baseIds = [...own.values()].flatMap((image) => tagOf(image, 'vendhost:source-ami') ?? []);
  const bases = await describeImages(aws, baseIds);
  const families = await readFamilies(aws, [...bases.values()]);
  return used.map(({ place, inUse }): ImageFacts => {
    const image = own.get(inUse);
    const baseId = image && tagOf(image, 'vendhost:source-ami');
    const base = baseId === undefined ? undefined : bases.get(baseId);
    const isBake = (each: Image) => bakeKeyOf(each) !== undefined && imageFaults(each, { place, account }).length === 0;
    return {
      place,
      inUse,
      image: image?.State === 'available' ? aged(image) : undefined,
      newestBake: newestOf(bakes.filter(isBake).map(aged)),
      base: baseId === undefined ? undefined : { id: baseId, image: base && aged(base) },
      copyOf: image && tagOf(image, promotedFromTag),
      family: base && families.get(familyKey(base) ?? ''),
    };
  });
}

/** Owner, pattern and architecture of a base image's family, as a key. */
function familyKey({ OwnerId = '', Name = '', Architecture = 'x86_64' }: Image): string | undefined {
  const family = familyOf(Name);
  return family === undefined ? undefined : [OwnerId, Architecture, family].join(' ');
}

async function readFamilies(aws: Aws, bases: readonly Image[]): Promise<Map<string, readonly AgedImage[]>> {
  const keys = [...new Set(bases.flatMap((base) => familyKey(base) ?? []))];
  const read = keys.map(async (key): Promise<[string, readonly AgedImage[]]> => {
    const [owner = '', architecture = '', ...family] = key.split(' ');
    const found = await describe(aws, {
      Owners: [owner],
      Filters: [
        { Name: 'name', Values: [family.join(' ')] },
        { Name: 'architecture', Values: [architecture] },
        { Name: 'state', Values: ['available'] },
      ],
    });
    return [key, found.map(aged)];
  });
  return new Map(await Promise.all(read));
}

async function describe(aws: Aws, request: DescribeImagesCommandInput): Promise<Image[]> {
  const { paginateDescribeImages } = await import('@aws-sdk/client-ec2');
  const found: Image[] = [];
  for await (const page of paginateDescribeImages({ client: await aws.ec2() }, request)) {
    found.push(...(page.Images ?? []));
  }
  return found;
}

function aged({ ImageId = '', Name = '', CreationDate = '' }: Image): AgedImage {
  return { id: ImageId, name: Name, createdAt: new Date(CreationDate) };
}
