import { createHash } from 'node:crypto';
import { EBSClient } from '@aws-sdk/client-ebs';
import type { Aws } from '../../scripts/aws/session.ts';

/** Bytes of a block in memory: what is copied does not depend on it. */
export const blockSize = 64;

export interface MemorySnapshot {
  readonly id: string;
  readonly gib: number;
  readonly encryption?: string | undefined;
  readonly blocks: Map<number, Uint8Array>;
  state: 'pending' | 'completed' | 'error';
  tags: Record<string, string>;
}

/** Meddles with a call: what it throws before `next` is a refusal, after it a lost answer. */
export type Meddling = (call: string, input: Input, next: () => Promise<unknown>) => Promise<unknown>;

interface Input {
  readonly [key: string]: unknown;
}

/** Snapshots of an account in memory, with the calls of EBS and EC2 that copy disks, and their refusals. */
export class MemoryDisks {
  readonly snapshots = new Map<string, MemorySnapshot>();
  readonly calls: string[] = [];
  /** Most blocks that were read or written at the same time. */
  most = 0;
  meddle: Meddling = async (_call, _input, next) => await next();
  pageSize = 2;
  #underway = 0;
  #lists = 0;
  #tokens = new Map<string, string>();

  /** As the copy opens an account. */
  get aws(): Aws {
    const send = { send: (command: object) => this.#send(command) };
    // Of its class: the SDK's pages ask for that.
    const ebs = async () => Object.assign(new EBSClient({ region: 'eu-west-1' }), send);
    return { ebs, ec2: async () => send, pace: { shortest: 1, longest: 1 } } as unknown as Aws;
  }

  add(id: string, blocks: Readonly<Record<number, string>>, more: Partial<MemorySnapshot> = {}): MemorySnapshot {
    const bytes = Object.entries(blocks).map(([at, text]) => [Number(at), block(text)] as const);
    const made: MemorySnapshot = { id, gib: 8, blocks: new Map(bytes), state: 'completed', tags: {}, ...more };
    this.snapshots.set(id, made);
    return made;
  }

  async #send(command: object): Promise<unknown> {
    const call = command.constructor.name.replace(/Command$/, '');
    const { input } = command as { input: Input };
    this.calls.push(call);
    this.#underway += 1;
    this.most = Math.max(this.most, this.#underway);
    try {
      return await this.meddle(call, input, async () => {
        await new Promise((done) => setImmediate(done));
        return this.#answer(call, input);
      });
    } finally {
      this.#underway -= 1;
    }
  }

  #answer(call: string, input: Input): unknown {
    if (call === 'DescribeSnapshots') return { Snapshots: this.#described(input) };
    if (call === 'StartSnapshot') return this.#start(input);
    if (call === 'CreateTags') return this.#tag(input);
    const found = this.snapshots.get(String(input.SnapshotId));
    if (call === 'DeleteSnapshot') {
      if (found === undefined) throw fault('InvalidSnapshot.NotFound');
      this.snapshots.delete(found.id);
      return {};
    }
    if (found === undefined) throw fault('ResourceNotFoundException', 'SNAPSHOT_NOT_FOUND');
    if (call === 'ListSnapshotBlocks') return this.#list(found, input);
    if (call === 'GetSnapshotBlock') return this.#get(found, input);
    if (found.state !== 'pending') throw fault('ValidationException', 'INVALID_SNAPSHOT_ID');
    return call === 'PutSnapshotBlock' ? this.#put(found, input) : this.#complete(found, input);
  }

  #described({ Filters = [] }: { Filters?: { Name: string; Values: string[] }[] }) {
    const [wanted] = Filters;
    return [...this.snapshots.values()]
      .filter(({ id }) => wanted?.Values.includes(id))
      .map(({ id, state }) => ({ SnapshotId: id, State: state }));
  }

  #start({ ClientToken, KmsKeyArn, VolumeSize, Tags }: Input) {
    const known = this.#tokens.get(String(ClientToken));
    const id = known ?? `snap-${(this.#tokens.size + 1).toString(16).padStart(17, '0')}`;
    this.#tokens.set(String(ClientToken), id);
    const tags = Object.fromEntries((Tags as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]));
    if (known === undefined)
      this.add(id, {}, { gib: Number(VolumeSize), encryption: String(KmsKeyArn), state: 'pending', tags });
    return { SnapshotId: id, BlockSize: blockSize, Status: 'pending' };
  }

  #tag({ Resources, Tags }: Input) {
    for (const id of Resources as string[])
      for (const { Key, Value } of Tags as { Key: string; Value: string }[])
        (this.snapshots.get(id) as MemorySnapshot).tags[Key] = Value;
    return {};
  }

  /** Every list gives new tokens, as EBS may; pages of `pageSize` blocks, after an empty one. */
  #list({ blocks, gib }: MemorySnapshot, { NextToken, StartingBlockIndex = 0 }: Input) {
    const all = [...blocks.keys()].sort((a, b) => a - b).filter((index) => index >= Number(StartingBlockIndex));
    const start = NextToken === undefined ? -1 : Number(NextToken);
    if (NextToken === undefined) this.#lists += 1;
    const shown =
      start < 0 && StartingBlockIndex === 0 ? [] : all.slice(Math.max(start, 0), Math.max(start, 0) + this.pageSize);
    const next = start < 0 ? 0 : start + this.pageSize;
    return {
      ...{ VolumeSize: gib, BlockSize: blockSize },
      Blocks: shown.map((index) => ({ BlockIndex: index, BlockToken: `${this.#lists}:${index}` })),
      ...(next < all.length ? { NextToken: String(next) } : {}),
    };
  }

  #get({ blocks }: MemorySnapshot, { BlockIndex, BlockToken }: Input) {
    if (BlockToken !== `${this.#lists}:${BlockIndex}`) throw fault('ValidationException', 'INVALID_BLOCK_TOKEN');
    const bytes = blocks.get(Number(BlockIndex)) as Uint8Array;
    return { BlockData: { transformToByteArray: async () => bytes }, Checksum: sumOf(bytes).toString('base64') };
  }

  #put({ blocks }: MemorySnapshot, { BlockIndex, BlockData, Checksum }: Input) {
    if (sumOf(BlockData as Uint8Array).toString('base64') !== Checksum)
      throw fault('ValidationException', 'INVALID_BLOCK');
    blocks.set(Number(BlockIndex), BlockData as Uint8Array);
    return {};
  }

  #complete(snapshot: MemorySnapshot, { ChangedBlocksCount, Checksum }: Input) {
    const sorted = [...snapshot.blocks].sort(([a], [b]) => a - b);
    const whole = createHash('sha256');
    for (const [, bytes] of sorted) whole.update(sumOf(bytes));
    const isWhole = Checksum === undefined || Checksum === whole.digest('base64');
    if (ChangedBlocksCount !== sorted.length || !isWhole) throw fault('ValidationException', 'INVALID_PARAMETER_VALUE');
    snapshot.state = 'completed';
    return { Status: 'completed' };
  }
}

/** The bytes of a block that has this text. */
export function block(text: string): Uint8Array {
  const bytes = Buffer.alloc(blockSize);
  bytes.write(text);
  return bytes;
}

/** An error as the SDK throws it. */
export function fault(name: string, Reason?: string, attempts = 1): Error {
  return Object.assign(new Error(name), { name, ...(Reason && { Reason }), $metadata: { attempts } });
}

function sumOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
