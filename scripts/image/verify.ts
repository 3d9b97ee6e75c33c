import type { Image, Snapshot } from '@aws-sdk/client-ec2';
import { poll } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { PreparedBake } from './bake/prepare.ts';
import { removeImage } from './clean/remove.ts';
import { describeImage } from './find.ts';
import { bakeKeyTag, imageFaults } from './image-faults.ts';

/** Reads the image and its snapshots; deletes it and throws `IMAGE_UNENCRYPTED` when it is not encrypted with the platform's key. */
export async function verifyImage(aws: Aws, { facts }: Pick<PreparedBake, 'facts'>, imageId: string): Promise<void> {
  const { DescribeImagesCommand, DescribeSnapshotsCommand } = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] }));
  const ids = snapshotIds(image);
  const { Snapshots = [] } = ids.length === 0 ? {} : await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: ids }));
  const faults = bakedImageFaults(image, Snapshots, facts['key-arn']);
  if (faults.length === 0) return;
  if (image !== undefined) await removeImage(aws, image);
  throw new VendhostError('IMAGE_UNENCRYPTED', `${imageId} is not encrypted with the platform's key; it was deleted`, {
    details: faults,
    hint: 'the account does not encrypt as requested: report it to the platform team',
  });
}

/** What is wrong with an image: volumes without the platform's key, or a copy instead of the original. */
export function bakedImageFaults(
  image: Image | undefined,
  snapshots: readonly Snapshot[],
  encryptionKey: string,
): string[] {
  if (image === undefined) return ['EC2 does not know it'];
  const ids = snapshotIds(image);
  if (ids.length === 0) return ['it has no snapshot'];
  return ids.flatMap((id) => {
    const snapshot = snapshots.find(({ SnapshotId }) => SnapshotId === id);
    if (snapshot === undefined) return [`${id}: EC2 does not know this snapshot`];
    if (snapshot.Encrypted !== true) return [`${id}: not encrypted`];
    if (snapshot.KmsKeyId !== encryptionKey) return [`${id}: encrypted with ${snapshot.KmsKeyId}`];
    return snapshot.Description?.startsWith('Copied for') === true ? [`${id}: made by a copy`] : [];
  });
}

/** What CreateImage cannot set, then the bake key. Waits until EC2 shows the image as a later look-up requires. */
export async function finishImage(
  runtime: Runtime,
  aws: Aws,
  { place, source, bakeKey }: Pick<PreparedBake, 'place' | 'bakeKey'> & { readonly source: { readonly name: string } },
  imageId: string,
): Promise<void> {
  const { CreateTagsCommand, ModifyImageAttributeCommand } = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  // Instances of the image accept IMDSv2 only (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-new-instances.html).
  await ec2.send(new ModifyImageAttributeCommand({ ImageId: imageId, ImdsSupport: { Value: 'v2.0' } }));
  const description = `${place.tenant} in ${place.environment}, from ${source.name}`;
  await ec2.send(new ModifyImageAttributeCommand({ ImageId: imageId, Description: { Value: description } }));
  await ec2.send(new CreateTagsCommand({ Resources: [imageId], Tags: [{ Key: bakeKeyTag, Value: bakeKey }] }));
  const account = await aws.account();
  await poll({
    what: `${imageId} to have its tags`,
    pace: aws.pace,
    limitMs: 60_000,
    signal: runtime.signal,
    check: async () => {
      const image = await describeImage(aws, imageId);
      return image !== undefined && imageFaults(image, { place, account }).length === 0 ? true : undefined;
    },
  });
}

function snapshotIds(image: Image | undefined): string[] {
  return (image?.BlockDeviceMappings ?? []).flatMap(({ Ebs }) =>
    Ebs?.SnapshotId === undefined ? [] : [Ebs.SnapshotId],
  );
}
