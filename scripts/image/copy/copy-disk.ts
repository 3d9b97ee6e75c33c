import type { Snapshot } from '@aws-sdk/client-ec2';
import type { Aws } from '../../aws/session.ts';
import type { Runtime } from '../../runtime.ts';
import { copyBlocks } from './copy-blocks.ts';
import { copyFailed, ebsReason } from './copy-faults.ts';
import type { WantedCopy } from './copy-plan.ts';
import { CopyProgress } from './copy-progress.ts';
import { adopt, type CopyRoute, type CopyRun, isCopyOf } from './copy-traces.ts';
import { CorruptBlock, type DiskSize, measureDisk } from './disk-blocks.ts';
import { completeSnapshot, startSnapshot } from './new-snapshot.ts';

/** For all blocks of a disk; a runner's slow link copies 300 GB in this time. */
const copyLimitMs = 2 * 60 * 60_000;

/**
 * Copies a snapshot block by block into a new one with the target environment's key, in any account and region. A complete copy of an earlier run is
 * reused; an incomplete one is copied again from the start, because nobody can know its content. Returns the id of the copy.
 */
export async function copyDisk(
  runtime: Runtime,
  { from, to }: CopyRoute,
  copy: CopyRun,
  source: string,
): Promise<string> {
  const begun = copy.traces.snapshots.filter((each) => isCopyOf(each, source));
  const limit = AbortSignal.timeout(copyLimitMs);
  try {
    const size = await measureDisk(from, source);
    const complete = begun.find((each) => isWhole(each, copy.wanted, size))?.SnapshotId;
    if (complete !== undefined) {
      runtime.out.detail(`${complete} is a copy of ${source} that an earlier run made`);
      await adopt(to, copy.run, [complete]);
      return complete;
    }
    for (const each of begun) if (each.State !== 'completed') await forget(to, each);
    const snapshot = await startSnapshot(to, copy, source, size);
    const progress = new CopyProgress(runtime.out, source, size);
    const signal = AbortSignal.any([runtime.signal, limit]);
    const places = [
      { aws: from, snapshot: source },
      { aws: to, snapshot },
    ] as const;
    const written = await copyBlocks(...places, signal, (bytes) => progress.copied(bytes));
    await completeSnapshot(runtime, to, snapshot, written);
    progress.end();
    return snapshot;
  } catch (thrown) {
    runtime.signal.throwIfAborted();
    if (limit.aborted) throw copyFailed(`${source} was not copied within ${copyLimitMs / 60_000} minutes`);
    if (thrown instanceof CorruptBlock) throw copyFailed(thrown.message, thrown);
    if (ebsReason(thrown) === undefined) throw thrown;
    throw copyFailed(`EBS refused to copy ${source} (${ebsReason(thrown)})`, thrown);
  }
}

/** Whether it can be the disk of the wanted image. The sweep handles one with another key or size: something may use it. */
function isWhole({ State, Encrypted, KmsKeyId, VolumeSize }: Snapshot, wanted: WantedCopy, { gib }: DiskSize): boolean {
  return State === 'completed' && Encrypted === true && KmsKeyId === wanted.encryptionKey && VolumeSize === gib;
}

/** Removes the incomplete copy of a dead run: if that run lives after all, its calls find nothing to write to. */
async function forget(aws: Aws, { SnapshotId }: Snapshot): Promise<void> {
  const { DeleteSnapshotCommand } = await import('@aws-sdk/client-ec2');
  await (await aws.ec2()).send(new DeleteSnapshotCommand({ SnapshotId })).catch((thrown: unknown) => {
    if (!(thrown instanceof Error && thrown.name === 'InvalidSnapshot.NotFound')) throw thrown;
  });
}
