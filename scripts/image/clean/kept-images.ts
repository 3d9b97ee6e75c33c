import type { Image } from '@aws-sdk/client-ec2';
import type { Aws } from '../../aws/session.ts';
import { names, type Place } from '../../config/names.ts';
import { bakeKeyOf } from '../image-faults.ts';
import { type ImageOwner, listRecordedKeys, readRecord, recordNaming } from '../record.ts';

/**
 * The tenant's images that are finished and on record, or that its virtual host still uses: somebody may have deleted
 * a record. One listing answers for all of them, however many there are.
 */
export async function keptImages(aws: Aws, owner: ImageOwner, images: readonly Image[]): Promise<ReadonlySet<string>> {
  const finished = images.flatMap((image) => {
    const key = bakeKeyOf(image);
    return key === undefined || image.ImageId === undefined ? [] : [{ key, id: image.ImageId }];
  });
  if (finished.length === 0) return new Set();
  const recorded = await listRecordedKeys(aws, owner);
  const isNamed = async ({ key, id }: { key: string; id: string }) => {
    if (!recorded.has(key)) return false;
    // Two images of one key: the record may name one of them only.
    const isOnly = finished.filter((other) => other.key === key).length === 1;
    return isOnly || recordNaming(await readRecord(aws, owner, key), id) !== undefined;
  };
  const named = await Promise.all(finished.map(isNamed));
  const others = finished.filter((_, at) => !named[at]).map(({ id }) => id);
  const used = others.length === 0 ? [] : await usedImages(aws, owner.place, others);
  return new Set([...finished.filter((_, at) => named[at]).map(({ id }) => id), ...used]);
}

/** Images that instances run from or that a version of the host's launch template names. */
async function usedImages(aws: Aws, place: Place, images: readonly string[]): Promise<string[]> {
  const sdk = await import('@aws-sdk/client-ec2');
  const client = await aws.ec2();
  const used: (string | undefined)[] = [];
  const filter = { Name: 'image-id', Values: [...images] };
  for await (const { Reservations = [] } of sdk.paginateDescribeInstances({ client }, { Filters: [filter] })) {
    used.push(...Reservations.flatMap(({ Instances = [] }) => Instances.map(({ ImageId }) => ImageId)));
  }
  const template = { LaunchTemplateName: names.host(place) };
  try {
    for await (const page of sdk.paginateDescribeLaunchTemplateVersions({ client }, template)) {
      used.push(...(page.LaunchTemplateVersions ?? []).map(({ LaunchTemplateData }) => LaunchTemplateData?.ImageId));
    }
  } catch (thrown) {
    // There is no virtual host yet (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html).
    if (!(thrown instanceof Error && /^InvalidLaunchTemplate(Name|Id)\.NotFound/.test(thrown.name))) throw thrown;
  }
  return images.filter((id) => used.includes(id));
}
