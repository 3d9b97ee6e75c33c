import type { Image } from '@aws-sdk/client-ec2';
import type { Aws } from '../aws/session.ts';

/** Most ids in a filter (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html: 200 values). */
const mostValues = 200;

/** Images by their ids, including deprecated ones; without those that EC2 does not have or does not show to this account. */
export async function describeImages(aws: Aws, wanted: readonly string[]): Promise<ReadonlyMap<string, Image>> {
  const { paginateDescribeImages } = await import('@aws-sdk/client-ec2');
  const ids = [...new Set(wanted)];
  const found = new Map<string, Image>();
  for (let start = 0; start < ids.length; start += mostValues) {
    // With a filter: given an id that no longer exists, EC2 refuses the whole call.
    const Filters = [{ Name: 'image-id', Values: ids.slice(start, start + mostValues) }];
    const pages = paginateDescribeImages({ client: await aws.ec2() }, { Filters, IncludeDeprecated: true });
    for await (const { Images = [] } of pages) for (const image of Images) found.set(image.ImageId ?? '', image);
  }
  return found;
}
