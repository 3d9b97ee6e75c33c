import type { Image } from '@aws-sdk/client-ec2';
import type { Aws } from '../aws/session.ts';
import { type Place, tags } from '../config/names.ts';

/** The tag that makes an image count: it is set last, when the image was found to be as it should. */
export const bakeKeyTag = 'vendhost:bake-key';

/** A finished image of a tenant. */
export interface TenantImage {
  readonly id: string;
  readonly bakeKey: string;
}

/** The newest available image of a tenant in an environment, of one bake key or of any. */
export async function findImage(aws: Aws, place: Place, bakeKey?: string): Promise<TenantImage | undefined> {
  const { paginateDescribeImages } = await import('@aws-sdk/client-ec2');
  const wanted = { ...tags(place.environment, 'image', place.tenant), [bakeKeyTag]: bakeKey ?? '*' };
  const filters = Object.entries(wanted).map(([tag, value]) => ({ Name: `tag:${tag}`, Values: [value] }));
  const found: Image[] = [];
  const pages = paginateDescribeImages(
    { client: await aws.ec2() },
    { Owners: ['self'], Filters: [...filters, { Name: 'state', Values: ['available'] }] },
  );
  for await (const page of pages) found.push(...(page.Images ?? []));
  const newest = found.sort((a, b) => (b.CreationDate ?? '').localeCompare(a.CreationDate ?? ''))[0];
  const key = newest?.Tags?.find(({ Key }) => Key === bakeKeyTag)?.Value;
  return newest?.ImageId === undefined || key === undefined ? undefined : { id: newest.ImageId, bakeKey: key };
}
