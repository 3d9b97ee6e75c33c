import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Aws } from '../../aws/session.ts';
import { ebsReason, isFinal } from './copy-faults.ts';
import { type BlockPage, listBlocks, readBlock } from './disk-blocks.ts';
import { type WrittenBlocks, writeBlock } from './new-snapshot.ts';

/** A snapshot, with credentials to read or write it. */
export interface DiskPlace {
  readonly aws: Aws;
  readonly snapshot: string;
}

/** Blocks in progress at once, each of 512 KiB: far from EBS's quotas of calls (https://docs.aws.amazon.com/general/latest/gr/ebs-service.html). */
const together = 32;
/** Tries of a block; the SDK also retries the calls of each try. Right after its start, not all of EBS knows a snapshot. */
const mostTries = 8;
const longestWaitMs = 20_000;

/**
 * Copies the blocks of a snapshot to a started one. At most `together` blocks are held in memory. The checksum of each block is compared with
 * EBS's and sent with the block; the other side compares it again.
 */
export async function copyBlocks(
  from: DiskPlace,
  to: DiskPlace,
  signal: AbortSignal,
  onBlock: (bytes: number) => void,
): Promise<WrittenBlocks> {
  const whole = createHash('sha256');
  let count = 0;
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  for await (const page of listBlocks(from.aws, from.snapshot)) {
    either.throwIfAborted();
    const sums: Buffer[] = [];
    const left = page.indexes.entries();
    const worker = async () => {
      for (const [at, index] of left) {
        const { bytes, sum } = await copyBlock(from, to, { page, index }, either);
        onBlock(bytes);
        sums[at] = sum;
      }
    };
    const workers = Array.from({ length: Math.min(together, page.indexes.length) }, worker);
    // The first failure stops the others.
    await Promise.all(workers).catch(async (thrown: unknown) => {
      failing.abort(thrown);
      await Promise.allSettled(workers);
      throw thrown;
    });
    for (const sum of sums) whole.update(sum);
    count += sums.length;
  }
  return { count, sum: whole.digest() };
}

async function copyBlock(
  from: DiskPlace,
  to: DiskPlace,
  { page, index }: { readonly page: BlockPage; readonly index: number },
  signal: AbortSignal,
) {
  for (let tries = 1; ; tries += 1) {
    const token = page.token(index);
    try {
      signal.throwIfAborted();
      const data = await readBlock(from.aws, from.snapshot, { index, token }, signal);
      await writeBlock(to.aws, to.snapshot, { ...data, index }, signal);
      return { bytes: data.bytes.length, sum: data.sum };
    } catch (thrown) {
      signal.throwIfAborted();
      const isOutdated = ebsReason(thrown) === 'INVALID_BLOCK_TOKEN';
      if (tries === mostTries || (isFinal(thrown) && !isOutdated)) throw thrown;
      if (isOutdated) await page.renew(index, token);
      const pauseMs = Math.min(longestWaitMs, to.aws.pace.shortest * 2 ** tries);
      await wait(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
