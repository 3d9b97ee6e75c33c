import { setTimeout as wait } from 'node:timers/promises';
import type { Image } from '@aws-sdk/client-ec2';
import { poll } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import { type Place, tags } from '../config/names.ts';
import { keyPairName, runTag } from './builder.ts';

/** What identifies everything a bake made, apart from its tag. */
export interface BakeTraces {
  readonly place: Place;
  readonly run: string;
  readonly imageName: string;
  /** Names of the security groups Packer said it made. */
  readonly securityGroups: readonly string[];
}

/** What a bake that did not end well left behind. */
export interface Leftovers {
  readonly instances: readonly string[];
  readonly keyPairs: readonly string[];
  readonly securityGroups: readonly string[];
  readonly images: readonly Image[];
}

export async function findLeftovers(aws: Aws, traces: BakeTraces): Promise<Leftovers> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const tagged = { Name: `tag:${runTag}`, Values: [traces.run] };
  const named = { Name: 'group-name', Values: [...traces.securityGroups] };
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const [instances, keyPairs, images, ...groups] = await Promise.all([
    ec2.send(new sdk.DescribeInstancesCommand({ Filters: [tagged, alive] })),
    ec2.send(new sdk.DescribeKeyPairsCommand({ Filters: [{ Name: 'key-name', Values: [keyPairName(traces.run)] }] })),
    ec2.send(
      new sdk.DescribeImagesCommand({ Owners: ['self'], Filters: [{ Name: 'name', Values: [traces.imageName] }] }),
    ),
    ec2.send(new sdk.DescribeSecurityGroupsCommand({ Filters: [tagged] })),
    ...(traces.securityGroups.length === 0
      ? []
      : [ec2.send(new sdk.DescribeSecurityGroupsCommand({ Filters: [named] }))]),
  ]);
  const groupIds = groups.flatMap(({ SecurityGroups }) => SecurityGroups ?? []).map(({ GroupId }) => GroupId);
  return {
    instances: texts(instances.Reservations?.flatMap((one) => one.Instances ?? []).map((one) => one.InstanceId)),
    keyPairs: texts(keyPairs.KeyPairs?.map(({ KeyName }) => KeyName)),
    securityGroups: [...new Set(texts(groupIds))],
    images: images.Images ?? [],
  };
}

/** Deletes them, the instance first: its group cannot go before it is gone. Returns one line for each. */
export async function removeLeftovers(aws: Aws, place: Place, found: Leftovers): Promise<string[]> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  if (found.instances.length > 0) {
    await ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [...found.instances] }));
    await untilTerminated(aws, found.instances);
  }
  for (const KeyName of found.keyPairs) await ec2.send(new sdk.DeleteKeyPairCommand({ KeyName }));
  for (const GroupId of found.securityGroups) await ec2.send(new sdk.DeleteSecurityGroupCommand({ GroupId }));
  for (const image of found.images) await removeImage(aws, place, image);
  return [
    ...found.instances.map((id) => `instance ${id}`),
    ...found.keyPairs.map((name) => `key pair ${name}`),
    ...found.securityGroups.map((id) => `security group ${id}`),
    ...found.images.map(({ ImageId }) => `image ${ImageId}`),
  ];
}

/**
 * Deregisters an image and deletes its snapshots, which deregistering leaves. Tags come first: the tenant's role may delete
 * only what has its tag, and an image that Packer had not finished has none.
 */
export async function removeImage(aws: Aws, place: Place, image: Image): Promise<void> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const snapshots = await snapshotsOf(aws, image);
  const own = Object.entries(tags(place.environment, 'image', place.tenant));
  await ec2.send(
    new sdk.CreateTagsCommand({
      Resources: texts([image.ImageId, ...snapshots]),
      Tags: own.map(([Key, Value]) => ({ Key, Value })),
    }),
  );
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

/**
 * Terminates the run's builders until `ended` is aborted. Packer that is cancelled while its builder starts forgets it, and
 * then tries for minutes to delete the security group that the builder still uses.
 */
export async function endBuilders(aws: Aws, run: string, ended: AbortSignal): Promise<void> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const running = { Name: 'instance-state-name', Values: ['running', 'pending'] };
  while (!ended.aborted) {
    const { Reservations = [] } = await ec2.send(
      new sdk.DescribeInstancesCommand({ Filters: [{ Name: `tag:${runTag}`, Values: [run] }, running] }),
    );
    const ids = texts(Reservations.flatMap(({ Instances = [] }) => Instances).map(({ InstanceId }) => InstanceId));
    if (ids.length > 0) await ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: ids }));
    await wait(aws.pace.shortest, undefined, { signal: ended }).catch(() => undefined);
  }
}

async function untilTerminated(aws: Aws, instances: readonly string[]): Promise<void> {
  const sdk = await import('@aws-sdk/client-ec2');
  await poll({
    what: `${instances.join(', ')} to be terminated`,
    pace: aws.pace,
    limitMs: 5 * 60_000,
    // Clean-up goes on when the command was told to stop.
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
