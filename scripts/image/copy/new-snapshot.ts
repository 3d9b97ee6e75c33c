import type { MetadataBearer } from '@aws-sdk/types';
import { answered } from '../../aws/answers.ts';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import type { Runtime } from '../../runtime.ts';
import { copyFailed } from './copy-faults.ts';
import { type CopyRun, diskTags } from './copy-traces.ts';
import type { BlockData, DiskSize } from './disk-blocks.ts';

/** Minutes without a block after which EBS abandons a snapshot (https://docs.aws.amazon.com/ebs/latest/APIReference/API_StartSnapshot.html). */
const timeoutMinutes = 60;
/** AWS promises no time within which a snapshot with all its blocks completes. */
const completeLimitMs = 60 * 60_000;

/** EC2 may not know a new snapshot for this long (https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html). */
const unseenMs = 5 * 60_000;

/** Starts an empty snapshot with the environment's key. The token makes a repeat after a lost response idempotent. */
export async function startSnapshot(aws: Aws, { wanted, run }: CopyRun, source: string, size: DiskSize) {
  const { StartSnapshotCommand } = await import('@aws-sdk/client-ebs');
  const started = await (await aws.ebs()).send(
    new StartSnapshotCommand({
      ClientToken: `${run}-${source}`,
      VolumeSize: size.gib,
      Description: `${source} of ${wanted.from}, for ${wanted.place.tenant} in ${wanted.place.environment}`,
      Encrypted: true,
      KmsKeyArn: wanted.encryptionKey,
      Tags: diskTags(wanted, run, source),
      Timeout: timeoutMinutes,
    }),
  );
  if (started.BlockSize === size.blockSize) return answered(started.SnapshotId, 'EBS StartSnapshot', 'a snapshot');
  throw copyFailed(`blocks of ${source} have ${size.blockSize} bytes, and those of its copy ${started.BlockSize}`);
}

/** Writes a block, replacing what an earlier try wrote. */
export async function writeBlock(
  aws: Aws,
  SnapshotId: string,
  { index, bytes, sum }: BlockData & { readonly index: number },
  abortSignal: AbortSignal,
): Promise<void> {
  const { PutSnapshotBlockCommand } = await import('@aws-sdk/client-ebs');
  const request = new PutSnapshotBlockCommand({
    ...{ SnapshotId, BlockIndex: index, BlockData: bytes, DataLength: bytes.length },
    ...{ Checksum: sum.toString('base64'), ChecksumAlgorithm: 'SHA256' },
  });
  await (await aws.ebs()).send(request, { abortSignal });
}

/** What was written: the number of blocks, and the SHA-256 of their checksums by ascending index. */
export interface WrittenBlocks {
  readonly count: number;
  readonly sum: Buffer;
}

/** Completes a snapshot: EBS compares its content with what was written, and refuses a difference. */
export async function completeSnapshot(
  { signal }: Runtime,
  aws: Aws,
  SnapshotId: string,
  { count, sum }: WrittenBlocks,
): Promise<void> {
  const sdk = await import('@aws-sdk/client-ebs');
  const whole = { ChecksumAlgorithm: 'SHA256', ChecksumAggregationMethod: 'LINEAR' } as const;
  const request = new sdk.CompleteSnapshotCommand({
    ...{ SnapshotId, ChangedBlocksCount: count },
    ...(count === 0 ? {} : { Checksum: sum.toString('base64'), ...whole }),
  });
  await (await aws.ebs()).send(request).catch((thrown: unknown) => {
    // AWS's pages do not say how a second completion is answered, as after a lost response: then the snapshot's state counts.
    if (!isSecondTry(thrown)) throw thrown;
  });
  const gone = Date.now() + unseenMs;
  await poll({
    what: `${SnapshotId} to be complete`,
    pace: aws.pace,
    limitMs: completeLimitMs,
    signal,
    async check() {
      const state = await stateOf(aws, SnapshotId);
      if (state === undefined && Date.now() > gone) throw copyFailed(`EC2 does not know ${SnapshotId} any more`);
      if (state === 'error') throw copyFailed(`EBS could not complete ${SnapshotId}`);
      return state === 'completed' ? true : undefined;
    },
  });
}

function isSecondTry(thrown: unknown): boolean {
  if (!(thrown instanceof Error && thrown.name === 'ValidationException')) return false;
  return ((thrown as Partial<MetadataBearer>).$metadata?.attempts ?? 1) > 1;
}

async function stateOf(aws: Aws, id: string): Promise<string | undefined> {
  const { DescribeSnapshotsCommand } = await import('@aws-sdk/client-ec2');
  const wanted = { OwnerIds: ['self'], Filters: [{ Name: 'snapshot-id', Values: [id] }] };
  const { Snapshots: [snapshot] = [] } = await (await aws.ec2()).send(new DescribeSnapshotsCommand(wanted));
  return snapshot?.State;
}
