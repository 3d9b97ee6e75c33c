import { beforeEach, describe, expect, test, vi } from 'vitest';
import { copyDisk } from '../../../../scripts/image/copy/copy-disk.ts';
import type { WantedCopy } from '../../../../scripts/image/copy/copy-plan.ts';
import type { CopyRun } from '../../../../scripts/image/copy/copy-traces.ts';
import { measureDisk } from '../../../../scripts/image/copy/disk-blocks.ts';
import { block, fault, type Meddling, MemoryDisks } from '../../../builders/memory-disks.ts';
import { recorder } from '../../../builders/recorder.ts';

const source = 'snap-00000000000000abc';
const encryptionKey = 'arn:aws:kms:eu-west-1:2:key/production';
const contents = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [at * 7, `what staging has in ${at * 7}`]));
const wanted = {
  ...{ place: { tenant: 'shop', environment: 'production' }, from: 'staging', account: '1', encryptionKey },
  ...{ source: { ImageId: 'ami-1' } },
} as unknown as WantedCopy;

let there: MemoryDisks;
let here: MemoryDisks;
let runs = 0;

beforeEach(() => {
  [there, here] = [new MemoryDisks(), new MemoryDisks()];
  there.add(source, contents);
});

/** A run that finds what there is, as each does. */
async function run(options: { signal?: AbortSignal } = {}): Promise<string> {
  runs += 1;
  const snapshots = [...here.snapshots.values()].map(({ id, state, tags, encryption, gib }) => ({
    ...{ SnapshotId: id, State: state, Encrypted: encryption !== undefined, KmsKeyId: encryption, VolumeSize: gib },
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  }));
  const copy: CopyRun = { wanted, run: `run${runs}`, traces: { images: [], snapshots } };
  return await copyDisk(recorder({}, options), { from: there.aws, to: here.aws }, copy, source);
}

/** The copy has what the source has, and nothing else is there. */
function expectCopied(id: string, sourceId = source) {
  const copied = here.snapshots.get(id);
  expect(copied).toMatchObject({ state: 'completed', gib: 8, encryption: encryptionKey });
  expect(copied?.blocks).toEqual(there.snapshots.get(sourceId)?.blocks);
  expect(copied?.tags).toMatchObject({
    ...{ 'vendhost:tenant': 'shop', 'vendhost:environment': 'production', 'vendhost:layer': 'image' },
    ...{ 'vendhost:promoted-from': 'staging/ami-1', 'vendhost:source-snapshot': source },
  });
  expect([...here.snapshots.keys()]).toEqual([id]);
}

/** Meddles with the first call of a name. */
function once(name: string, act: Meddling): Meddling {
  let isDone = false;
  return async (call, input, next) => {
    if (isDone || call !== name) return await next();
    isDone = true;
    return await act(call, input, next);
  };
}
const lost: Meddling = async (_call, _input, next) => {
  await next();
  throw fault('TimeoutError');
};

test('the copy has each block in its place, and reads nothing that was never written', async () => {
  expectCopied(await run());
  expect(there.calls.filter((call) => call === 'GetSnapshotBlock')).toHaveLength(9);
  expect(await measureDisk(there.aws, source)).toEqual({ gib: 8, blocks: 9, blockSize: 64 });
});

test('a disk without any data', async () => {
  there.add(source, {});
  expectCopied(await run());
});

test('32 blocks at most are on their way', async () => {
  const many = Array.from({ length: 200 }, (_, at) => [at, String(at)]);
  there.add(source, Object.fromEntries(many));
  there.pageSize = 1000;
  expectCopied(await run());
  expect(Math.max(there.most, here.most)).toBeLessThanOrEqual(32);
  expect(there.most).toBeGreaterThan(8);
});

test.each(['GetSnapshotBlock', 'PutSnapshotBlock'])('%s that is throttled is tried again', async (name) => {
  let refused = 0;
  const side = name === 'GetSnapshotBlock' ? there : here;
  side.meddle = async (call, _input, next) => {
    if (call !== name) return await next();
    refused += 1;
    if (refused % 3 === 0) return await next();
    throw fault('RequestThrottledException', 'ACCOUNT_THROTTLED');
  };
  expectCopied(await run());
  expect(refused).toBeGreaterThan(9);
});

test('a block that is damaged on its way is read again, and one that stays so is not written', async () => {
  const damaged: Meddling = async (_call, _input, next) => {
    const answer = (await next()) as object;
    return { ...answer, BlockData: { transformToByteArray: async () => block('something else') } };
  };
  there.meddle = once('GetSnapshotBlock', damaged);
  expectCopied(await run());
  here = new MemoryDisks();
  there.meddle = async (call, input, next) =>
    call === 'GetSnapshotBlock' && input.BlockIndex === 21 ? await damaged(call, input, next) : await next();
  await expect(run()).rejects.toMatchObject({
    ...{ code: 'IMAGE_COPY_FAILED', message: 'block 21 of snap-00000000000000abc came damaged' },
  });
  const [begun] = here.snapshots.values();
  expect([begun?.state, begun?.blocks.has(21)]).toEqual(['pending', false]);
});

test('tokens that another list made void are asked for again', async () => {
  there.meddle = once('GetSnapshotBlock', async (_call, _input, next) => {
    await measureDisk(there.aws, source);
    return await next();
  });
  expectCopied(await run());
});

test('a snapshot that not all of EBS knows yet', async () => {
  here.meddle = once('PutSnapshotBlock', async () => {
    throw fault('ResourceNotFoundException', 'SNAPSHOT_NOT_FOUND');
  });
  expectCopied(await run());
});

describe('a lost answer', () => {
  test('of a write is written again', async () => {
    here.meddle = once('PutSnapshotBlock', lost);
    expectCopied(await run());
  });

  test('of the completion, which the SDK asks for twice', async () => {
    here.meddle = once('CompleteSnapshot', async (_call, _input, next) => {
      await next();
      throw fault('ValidationException', 'INVALID_SNAPSHOT_ID', 2);
    });
    expectCopied(await run());
  });
});

test('EBS refuses what it did not get whole', async () => {
  here.meddle = once('CompleteSnapshot', async (_call, _input, next) => {
    const [begun] = here.snapshots.values();
    begun?.blocks.set(0, block('something else'));
    return await next();
  });
  await expect(run()).rejects.toMatchObject({
    code: 'IMAGE_COPY_FAILED',
    message: expect.stringContaining('INVALID_PARAMETER_VALUE'),
  });
});

test.each([
  ['there', 'ListSnapshotBlocks'],
  ['there', 'GetSnapshotBlock'],
  ['here', 'StartSnapshot'],
  ['here', 'PutSnapshotBlock'],
  ['here', 'CompleteSnapshot'],
] as const)('%s: what IAM refuses is not tried again: %s', async (side, name) => {
  const disks = side === 'there' ? there : here;
  disks.meddle = async (call, _input, next) => {
    if (call === name) throw fault('AccessDeniedException', 'DEPENDENCY_ACCESS_DENIED');
    return await next();
  };
  await expect(run()).rejects.toMatchObject({ code: 'IMAGE_COPY_FAILED' });
  expect(disks.calls.filter((call) => call === name).length).toBeLessThanOrEqual(2);
});

/** Every call of a copy, to be killed at. */
const everyCall = await (async () => {
  const [from, to] = [new MemoryDisks(), new MemoryDisks()];
  const calls: string[] = [];
  for (const disks of [from, to])
    disks.meddle = async (call, _input, next) => {
      calls.push(call);
      return await next();
    };
  from.add(source, contents);
  const copy: CopyRun = { wanted, run: 'run0', traces: { images: [], snapshots: [] } };
  await copyDisk(recorder(), { from: from.aws, to: to.aws }, copy, source);
  return calls.length;
})();

test('a run that is killed at any call, before or after its effect, is followed by one that ends right', async () => {
  expect(everyCall).toBeGreaterThan(20);
  for (let at = 1; at <= everyCall; at += 1)
    for (const isDone of [false, true]) {
      [there, here] = [new MemoryDisks(), new MemoryDisks()];
      there.add(source, contents);
      const killed = new AbortController();
      let calls = 0;
      for (const disks of [there, here])
        disks.meddle = async (_call, _input, next) => {
          calls += 1;
          if (calls < at) return await next();
          if (isDone && calls === at) await next();
          killed.abort(new Error('killed'));
          throw killed.signal.reason;
        };
      await expect(run({ signal: killed.signal }), `killed at call ${at}`).rejects.toThrow('killed');
      for (const disks of [there, here]) disks.meddle = async (_call, _input, next) => await next();
      expectCopied(await run());
    }
});

test('what an earlier run completed is taken over, with its tag', async () => {
  const id = await run();
  here.calls.length = 0;
  expect(await run()).toBe(id);
  expect([here.calls, here.snapshots.get(id)?.tags['vendhost:bake-run']]).toEqual([['CreateTags'], `run${runs}`]);
});

test.each([
  ['of another key', { encryption: 'arn:aws:kms:eu-west-1:2:key/before' }],
  ['not encrypted', { encryption: undefined }],
  ['of another size', { gib: 9 }],
])('what is complete and %s is no copy, and stays: something may use it', async (_what, more) => {
  const tags = here.snapshots.get(await run())?.tags ?? {};
  here = new MemoryDisks();
  here.add('snap-0000000000000bad', {}, { encryption: encryptionKey, ...more, tags });
  const id = await run();
  expect([...here.snapshots.keys()]).toEqual(['snap-0000000000000bad', id]);
  expect(here.snapshots.get(id)?.blocks).toEqual(there.snapshots.get(source)?.blocks);
});

test('what EBS gave up is begun anew', async () => {
  here.meddle = once('PutSnapshotBlock', async (_call, _input, next) => {
    for (const each of here.snapshots.values()) each.state = 'error';
    return await next();
  });
  await expect(run()).rejects.toMatchObject({ code: 'IMAGE_COPY_FAILED' });
  expect([...here.snapshots.values()].map(({ state }) => state)).toEqual(['error']);
  expectCopied(await run());
});

test.each(['error', 'gone'] as const)('a snapshot that is %s instead of complete', async (end) => {
  here.meddle = once('DescribeSnapshots', async (_call, _input, next) => {
    for (const each of here.snapshots.values())
      if (end === 'error') each.state = 'error';
      else here.snapshots.delete(each.id);
    vi.setSystemTime(Date.now() + 6 * 60_000);
    return await next();
  });
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    await expect(run()).rejects.toMatchObject({ code: 'IMAGE_COPY_FAILED' });
  } finally {
    vi.useRealTimers();
  }
});

test("a run that was taken for dead cannot write into the next one's copy", async () => {
  let second: Promise<string> | undefined;
  here.meddle = once('CompleteSnapshot', async (_call, _input, next) => {
    second = run();
    await second;
    return await next();
  });
  await expect(run()).rejects.toMatchObject({ code: 'IMAGE_COPY_FAILED' });
  expectCopied((await second) ?? '');
});
