import { createHash } from 'node:crypto';
import type { Block } from '@aws-sdk/client-ebs';
import type { Aws } from '../../aws/session.ts';

/** How much of a disk must be copied. */
export interface DiskSize {
  readonly gib: number;
  /** Blocks that hold data. */
  readonly blocks: number;
  /** Bytes of a block. */
  readonly blockSize: number;
}

/** `2.0 of 8 GiB in 4096 blocks`. */
export function diskWords({ blocks, blockSize, gib }: DiskSize): string {
  return `${((blocks * blockSize) / 2 ** 30).toFixed(1)} of ${gib} GiB in ${blocks} blocks`;
}

/** EBS's largest page (https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListSnapshotBlocks.html). */
const wholeList = 10_000;
/** Small enough that a page's tokens are used soon after EBS issued them. */
const pageSize = 1_000;

/** Reads how much of a snapshot holds data: its list omits blocks that were never written. */
export async function measureDisk(aws: Aws, SnapshotId: string): Promise<DiskSize> {
  let size: DiskSize = { gib: 0, blocks: 0, blockSize: 0 };
  const { paginateListSnapshotBlocks } = await import('@aws-sdk/client-ebs');
  const pages = paginateListSnapshotBlocks({ client: await aws.ebs() }, { SnapshotId, MaxResults: wholeList });
  for await (const { Blocks = [], VolumeSize = size.gib, BlockSize = size.blockSize } of pages)
    size = { gib: VolumeSize, blocks: size.blocks + Blocks.length, blockSize: BlockSize };
  return size;
}

/**
 * The blocks of a snapshot that hold data, by ascending index, page by page. Any page may be empty
 * (https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-faq.html).
 */
export async function* listBlocks(aws: Aws, SnapshotId: string): AsyncGenerator<BlockPage> {
  const { paginateListSnapshotBlocks } = await import('@aws-sdk/client-ebs');
  const pages = paginateListSnapshotBlocks({ client: await aws.ebs() }, { SnapshotId, MaxResults: pageSize });
  for await (const { Blocks = [] } of pages) yield new BlockPage(aws, SnapshotId, Blocks);
}

/**
 * Blocks, with the tokens by which EBS finds their data. They are valid for seven days, or until somebody requests a list again
 * (https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-elements.html).
 */
export class BlockPage {
  readonly indexes: readonly number[];
  readonly #aws: Aws;
  readonly #snapshot: string;
  readonly #tokens = new Map<number, string>();
  #renewal: Promise<void> | undefined;

  constructor(aws: Aws, snapshot: string, blocks: readonly Block[]) {
    this.#aws = aws;
    this.#snapshot = snapshot;
    this.#take(blocks);
    this.indexes = [...this.#tokens.keys()];
  }

  token(index: number): string {
    return this.#tokens.get(index) ?? '';
  }

  /** Requests new tokens, once for all callers with stale ones. */
  async renew(index: number, outdated: string): Promise<void> {
    if (this.token(index) !== outdated) return;
    this.#renewal ??= this.#read().finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  async #read(): Promise<void> {
    const { paginateListSnapshotBlocks } = await import('@aws-sdk/client-ebs');
    const [first = 0, last = first] = [this.indexes[0], this.indexes.at(-1)];
    const request = { SnapshotId: this.#snapshot, StartingBlockIndex: first, MaxResults: pageSize };
    for await (const { Blocks = [] } of paginateListSnapshotBlocks({ client: await this.#aws.ebs() }, request)) {
      this.#take(Blocks);
      if ((Blocks.at(-1)?.BlockIndex ?? 0) >= last) return;
    }
  }

  #take(blocks: readonly Block[]): void {
    for (const { BlockIndex, BlockToken } of blocks)
      if (BlockIndex !== undefined && BlockToken !== undefined) this.#tokens.set(BlockIndex, BlockToken);
  }
}

/** The content of a block in EBS. */
export interface BlockData {
  readonly bytes: Uint8Array;
  /** SHA-256. */
  readonly sum: Buffer;
}

/** Reads a block. Throws `CorruptBlock` when its bytes do not match EBS's checksum. */
export async function readBlock(
  aws: Aws,
  SnapshotId: string,
  { index, token }: { readonly index: number; readonly token: string },
  abortSignal: AbortSignal,
): Promise<BlockData> {
  const { GetSnapshotBlockCommand } = await import('@aws-sdk/client-ebs');
  const request = new GetSnapshotBlockCommand({ SnapshotId, BlockIndex: index, BlockToken: token });
  const { BlockData, Checksum } = await (await aws.ebs()).send(request, { abortSignal });
  const bytes = (await BlockData?.transformToByteArray()) ?? new Uint8Array();
  const sum = sha256(bytes);
  if (sum.toString('base64') !== Checksum) throw new CorruptBlock(`block ${index} of ${SnapshotId} came damaged`);
  return { bytes, sum };
}

/** A block whose bytes do not match its checksum: it was damaged in transit. */
export class CorruptBlock extends Error {
  override readonly name = 'CorruptBlock';
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
