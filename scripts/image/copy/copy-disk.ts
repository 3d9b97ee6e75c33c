import type { Snapshot, Volume } from '@aws-sdk/client-ec2';
import { answered } from '../../aws/answers.ts';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import type { WantedCopy } from './copy-plan.ts';
import { adopt, type CopyTraces, diskTags, isCopyOf } from './copy-traces.ts';

const volumeLimitMs = 10 * 60_000;
/** AWS promises no time. 8 GiB take minutes. */
const snapshotLimitMs = 60 * 60_000;

export interface CopyRun {
  readonly wanted: WantedCopy;
  readonly run: string;
  readonly traces: CopyTraces;
}

/**
 * Copies one snapshot with the key of the environment it is copied to: by a volume, because AWS has conditions on the tags of what
 * `CreateVolume` reads, and none on what `CopySnapshot` does. Goes on where a run that died came to. Returns the id of the copy.
 */
export async function copyDisk(runtime: Runtime, aws: Aws, copy: CopyRun, source: string): Promise<string> {
  const { DeleteVolumeCommand } = await import('@aws-sdk/client-ec2');
  const volumes = copy.traces.volumes.filter((each) => isCopyOf(each, source) && isUsable(each));
  const begun = copy.traces.snapshots.find((each) => isCopyOf(each, source) && each.State !== 'error');
  const snapshot = begun?.SnapshotId ?? (await saveVolume(runtime, aws, copy, source, volumes[0]));
  if (begun !== undefined) {
    runtime.out.detail(`going on with ${snapshot}, which an earlier run made of ${source}`);
    await adopt(aws, copy.run, [snapshot]);
  }
  await untilSaved(runtime, aws, snapshot, source);
  const left = new Set([...volumes.flatMap(({ VolumeId }) => VolumeId ?? []), ...(await volumesOf(aws, snapshot))]);
  for (const VolumeId of left) {
    await (await aws.ec2()).send(new DeleteVolumeCommand({ VolumeId })).catch(ignoreGone);
  }
  return snapshot;
}

function isUsable({ State }: Volume): boolean {
  return State === 'available' || State === 'creating';
}

async function saveVolume(
  runtime: Runtime,
  aws: Aws,
  copy: CopyRun,
  source: string,
  begun: Volume | undefined,
): Promise<string> {
  const { CreateSnapshotCommand } = await import('@aws-sdk/client-ec2');
  const { wanted, run } = copy;
  if (begun?.VolumeId !== undefined) await adopt(aws, run, [begun.VolumeId]);
  const VolumeId = begun?.VolumeId ?? (await makeVolume(aws, copy, source));
  await untilThere(runtime, aws, VolumeId);
  const saved = await (await aws.ec2()).send(
    new CreateSnapshotCommand({
      VolumeId,
      Description: `${source} of ${wanted.from}, for ${wanted.place.tenant} in ${wanted.place.environment}`,
      TagSpecifications: [{ ResourceType: 'snapshot', Tags: diskTags(wanted, run, source) }],
    }),
  );
  return answered(saved.SnapshotId, 'EC2 CreateSnapshot', 'a snapshot');
}

async function makeVolume(aws: Aws, { wanted, run }: CopyRun, source: string): Promise<string> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const available = { Filters: [{ Name: 'state', Values: ['available'] }] };
  const { AvailabilityZones: [zone] = [] } = await ec2.send(new sdk.DescribeAvailabilityZonesCommand(available));
  const made = await ec2.send(
    new sdk.CreateVolumeCommand({
      ClientToken: `${run}-${source}`,
      AvailabilityZone: answered(zone?.ZoneName, 'EC2 DescribeAvailabilityZones', 'a zone'),
      SnapshotId: source,
      VolumeType: 'gp3',
      Encrypted: true,
      KmsKeyId: wanted.encryptionKey,
      TagSpecifications: [{ ResourceType: 'volume', Tags: diskTags(wanted, run, source) }],
    }),
  );
  return answered(made.VolumeId, 'EC2 CreateVolume', 'a volume');
}

async function untilThere({ signal }: Runtime, aws: Aws, VolumeId: string): Promise<void> {
  const { DescribeVolumesCommand } = await import('@aws-sdk/client-ec2');
  await poll({
    what: `${VolumeId} to be available`,
    pace: aws.pace,
    limitMs: volumeLimitMs,
    signal,
    async check() {
      const wanted = { Filters: [{ Name: 'volume-id', Values: [VolumeId] }] };
      const { Volumes: [volume] = [] } = await (await aws.ec2()).send(new DescribeVolumesCommand(wanted));
      // EC2 ends a volume by itself when it may not use a key
      // (https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html).
      if (volume?.State !== 'error' && volume?.State !== 'deleting')
        return volume?.State === 'available' ? true : undefined;
      throw copyFailed(`EC2 could not make the volume ${VolumeId}: it is ${volume.State}`);
    },
  });
}

async function untilSaved({ signal }: Runtime, aws: Aws, id: string, source: string): Promise<void> {
  const { DescribeSnapshotsCommand } = await import('@aws-sdk/client-ec2');
  await poll({
    what: `${id}, the copy of ${source}, to be complete`,
    pace: aws.pace,
    limitMs: snapshotLimitMs,
    signal,
    async check() {
      const wanted = { OwnerIds: ['self'], Filters: [{ Name: 'snapshot-id', Values: [id] }] };
      const { Snapshots: [snapshot] = [] } = await (await aws.ec2()).send(new DescribeSnapshotsCommand(wanted));
      if (snapshot?.State !== 'error') return snapshot?.State === 'completed' ? snapshot : undefined;
      throw copyFailed(`EC2 could not copy ${source}: ${(snapshot as Snapshot).StateMessage ?? 'error'}`);
    },
  });
}

/** The volume that a snapshot was made of, as long as there is one. */
async function volumesOf(aws: Aws, snapshot: string): Promise<string[]> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const { Snapshots: [found] = [] } = await ec2.send(new sdk.DescribeSnapshotsCommand({ SnapshotIds: [snapshot] }));
  const wanted = { Filters: [{ Name: 'volume-id', Values: [found?.VolumeId ?? ''] }] };
  const { Volumes = [] } = await ec2.send(new sdk.DescribeVolumesCommand(wanted));
  return Volumes.flatMap(({ VolumeId }) => VolumeId ?? []);
}

function ignoreGone(thrown: unknown): void {
  if (!(thrown instanceof Error && thrown.name === 'InvalidVolume.NotFound')) throw thrown;
}

function copyFailed(message: string): VendhostError {
  return new VendhostError('IMAGE_COPY_FAILED', message, {
    hint: 'run the job again: it goes on where this one came to; if it fails again, report it to the platform team',
  });
}
