import type { Image } from '@aws-sdk/client-ec2';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import { messageOf } from '../../errors.ts';
import { removeBuilderGroup } from '../builder/builder-group.ts';
import type { Leftovers } from './leftovers.ts';

/** What was removed, and what could not be and why; one line each. */
export interface Removed {
  readonly done: readonly string[];
  readonly failed: readonly string[];
}

/** EC2's error codes for resources that somebody else removed meanwhile. */
const gone = /^Invalid(InstanceID|Group|GroupId|AMIID|Snapshot)\.(NotFound|Unavailable)$/;

const terminateLimitMs = 5 * 60_000;

/**
 * Removes what a run left; one failure does not stop the others. Fast removals come first: this process may be killed as
 * well. Security groups come last, because EC2 keeps them until the instance is terminated.
 */
export async function removeLeftovers(
  aws: Aws,
  left: Leftovers,
  signal = new AbortController().signal,
): Promise<Removed> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const done: string[] = [];
  const failed: string[] = [];
  const attempt = async (what: string, remove: () => Promise<unknown>) => {
    try {
      signal.throwIfAborted();
      await remove().catch((thrown: unknown) => {
        if (!(thrown instanceof Error && gone.test(thrown.name))) throw thrown;
      });
      done.push(what);
    } catch (thrown) {
      failed.push(`${what}: ${messageOf(thrown)}`);
    }
  };
  for (const id of left.instances) {
    await attempt(`instance ${id}`, () => ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [id] })));
  }
  for (const KeyName of left.keyPairs) {
    await attempt(`key pair ${KeyName}`, () => ec2.send(new sdk.DeleteKeyPairCommand({ KeyName })));
  }
  for (const { ImageId } of left.images) {
    await attempt(`image ${ImageId}`, () => ec2.send(new sdk.DeregisterImageCommand({ ImageId })));
  }
  for (const SnapshotId of left.snapshots) {
    await attempt(`snapshot ${SnapshotId}`, () => ec2.send(new sdk.DeleteSnapshotCommand({ SnapshotId })));
  }
  for (const GroupId of left.securityGroups) {
    await attempt(`security group ${GroupId}`, async () => {
      await untilTerminated(aws, left.instances, signal);
      await removeBuilderGroup(aws, GroupId, signal);
    });
  }
  return { done, failed };
}

/** Deregisters an image and deletes its snapshots, which deregistering leaves. */
export async function removeImage(aws: Aws, image: Image): Promise<void> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const snapshots = image.BlockDeviceMappings?.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []) ?? [];
  await ec2.send(new sdk.DeregisterImageCommand({ ImageId: image.ImageId }));
  for (const SnapshotId of snapshots) await ec2.send(new sdk.DeleteSnapshotCommand({ SnapshotId }));
}

async function untilTerminated(aws: Aws, instances: readonly string[], signal: AbortSignal): Promise<void> {
  if (instances.length === 0) return;
  const sdk = await import('@aws-sdk/client-ec2');
  // With a filter: then an instance that EC2 has forgotten is no error.
  const wanted = { Filters: [{ Name: 'instance-id', Values: [...instances] }] };
  await poll({
    what: `${instances.join(', ')} to be terminated`,
    pace: aws.pace,
    limitMs: terminateLimitMs,
    signal,
    check: async () => {
      const { Reservations = [] } = await (await aws.ec2()).send(new sdk.DescribeInstancesCommand(wanted));
      const states = Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State?.Name);
      return states.every((state) => state === 'terminated') ? true : undefined;
    },
  });
}
