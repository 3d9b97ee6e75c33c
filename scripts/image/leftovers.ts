import type { Image } from '@aws-sdk/client-ec2';
import { poll } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import { type Place, tags } from '../config/names.ts';
import { messageOf } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { keyPairName, runTag } from './bake-run.ts';
import { removeBuilderGroup } from './builder/builder-group.ts';

/** What identifies everything a bake made, apart from its tag. */
export interface BakeTraces {
  readonly place: Place;
  readonly run: string;
  readonly imageName: string;
}

/** What a failed bake left behind. */
export interface Leftovers {
  readonly instances: readonly string[];
  readonly keyPairs: readonly string[];
  readonly securityGroups: readonly string[];
  readonly images: readonly Image[];
}

/**
 * What a run left. Instances and security groups are found by the tags that they got when they were made, never by
 * printed output.
 */
export async function findLeftovers(aws: Aws, traces: BakeTraces): Promise<Leftovers> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const { environment, tenant } = traces.place;
  const wanted = { ...tags(environment, 'image', tenant), [runTag]: traces.run };
  const tagged = Object.entries(wanted).map(([tag, value]) => ({ Name: `tag:${tag}`, Values: [value] }));
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const [instances, keyPairs, images, groups] = await Promise.all([
    ec2.send(new sdk.DescribeInstancesCommand({ Filters: [...tagged, alive] })),
    ec2.send(new sdk.DescribeKeyPairsCommand({ Filters: [{ Name: 'key-name', Values: [keyPairName(traces.run)] }] })),
    ec2.send(
      new sdk.DescribeImagesCommand({ Owners: ['self'], Filters: [{ Name: 'name', Values: [traces.imageName] }] }),
    ),
    ec2.send(new sdk.DescribeSecurityGroupsCommand({ Filters: tagged })),
  ]);
  return {
    instances: texts(instances.Reservations?.flatMap((one) => one.Instances ?? []).map((one) => one.InstanceId)),
    keyPairs: texts(keyPairs.KeyPairs?.map(({ KeyName }) => KeyName)),
    securityGroups: texts(groups.SecurityGroups?.map(({ GroupId }) => GroupId)),
    images: images.Images ?? [],
  };
}

/** Ends the builder of a run, and deletes its key pair and security group. */
export async function endBuilder(aws: Aws, traces: BakeTraces): Promise<void> {
  await removeLeftovers(aws, { ...(await findLeftovers(aws, traces)), images: [] });
}

/** Removes what a failed run left. `who` ran: `the bake`. */
export async function cleanUp({ out }: Runtime, aws: Aws, traces: BakeTraces, who: string): Promise<void> {
  try {
    const removed = await removeLeftovers(aws, await findLeftovers(aws, traces));
    for (const line of removed) out.step(`removed what ${who} left: ${line}`);
    if (removed.length === 0) out.step(`${who} left nothing behind`);
  } catch (thrown) {
    out.warn(`cannot clean up after ${who} (tag ${runTag}=${traces.run}): ${messageOf(thrown)}`);
  }
}

/** Deletes them, the instance first, because it uses the group. Returns one line for each. */
export async function removeLeftovers(aws: Aws, found: Leftovers): Promise<string[]> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  if (found.instances.length > 0) {
    await ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [...found.instances] }));
    await untilTerminated(aws, found.instances);
  }
  for (const KeyName of found.keyPairs) await ec2.send(new sdk.DeleteKeyPairCommand({ KeyName }));
  for (const id of found.securityGroups) await removeBuilderGroup(aws, id);
  for (const image of found.images) await removeImage(aws, image);
  return [
    ...found.instances.map((id) => `instance ${id}`),
    ...found.keyPairs.map((name) => `key pair ${name}`),
    ...found.securityGroups.map((id) => `security group ${id}`),
    ...found.images.map(({ ImageId }) => `image ${ImageId}`),
  ];
}

/** Deregisters an image and deletes its snapshots, which deregistering leaves. */
export async function removeImage(aws: Aws, image: Image): Promise<void> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const snapshots = await snapshotsOf(aws, image);
  await ec2.send(new sdk.DeregisterImageCommand({ ImageId: image.ImageId }));
  for (const SnapshotId of snapshots) await ec2.send(new sdk.DeleteSnapshotCommand({ SnapshotId }));
}

/** A pending image may not show its snapshots yet; their description names it. */
async function snapshotsOf(aws: Aws, { ImageId, SourceInstanceId, BlockDeviceMappings }: Image): Promise<string[]> {
  const { DescribeSnapshotsCommand } = await import('@aws-sdk/client-ec2');
  const descriptions = [SourceInstanceId ?? '*', '*'].map((id) => `Created by CreateImage(${id}) for ${ImageId}`);
  const { Snapshots = [] } = await (await aws.ec2()).send(
    new DescribeSnapshotsCommand({
      OwnerIds: ['self'],
      Filters: [{ Name: 'description', Values: [...new Set([...descriptions, `${descriptions[1]} *`])] }],
    }),
  );
  const mapped = BlockDeviceMappings?.map(({ Ebs }) => Ebs?.SnapshotId);
  return [...new Set(texts([...Snapshots.map(({ SnapshotId }) => SnapshotId), ...(mapped ?? [])]))];
}

async function untilTerminated(aws: Aws, instances: readonly string[]): Promise<void> {
  const sdk = await import('@aws-sdk/client-ec2');
  await poll({
    what: `${instances.join(', ')} to be terminated`,
    pace: aws.pace,
    limitMs: 5 * 60_000,
    // Clean-up continues after a cancel.
    signal: new AbortController().signal,
    check: async () => {
      const described = await (await aws.ec2()).send(new sdk.DescribeInstancesCommand({ InstanceIds: [...instances] }));
      const states = described.Reservations?.flatMap((one) => one.Instances ?? []).map(({ State }) => State?.Name);
      return states?.every((state) => state === 'terminated') === true ? true : undefined;
    },
  });
}

function texts(values: readonly (string | undefined)[] = []): string[] {
  return values.filter((value): value is string => value !== undefined);
}
