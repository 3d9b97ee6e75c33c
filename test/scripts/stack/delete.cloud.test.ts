import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { deleteStack, setTerminationProtection } from '../../../scripts/stack/delete.ts';
import { readAnyStack, readStack } from '../../../scripts/stack/stack-state.ts';
import { stackWorld } from './world.ts';

const { aws, deploy, save, newRuntime } = stackWorld('100000000053');

async function fill(Bucket: string) {
  await (await aws.s3()).send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'a' }));
}

async function empty(Bucket: string) {
  await (await aws.s3()).send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
}

describe('deleteStack', () => {
  test('deletes a stack and tells each resource; without a stack it does nothing', async () => {
    await deploy({ goner: { A: 'a' } });
    const runtime = newRuntime();
    await deleteStack(runtime, aws, 'goner');
    expect(runtime.progress()).toContain('  goner: deleted SSM::Parameter A');
    expect(await readStack(aws, 'goner')).toBeUndefined();
    const again = newRuntime();
    await deleteStack(again, aws, 'goner');
    expect(again.progress()).toEqual([]);
  });

  test('what blocks it is named; run again after that it goes on', async () => {
    await deploy({ blocked: { A: 'a', Full: '$Bucket' } });
    await fill('blocked-bucket');
    await expect(deleteStack(newRuntime(), aws, 'blocked')).rejects.toMatchObject({
      code: 'STACK_FAILED',
      message: 'cannot delete blocked: blocked is DELETE_FAILED',
      details: [expect.stringMatching(/^blocked: Full \(AWS::S3::Bucket\): .*not empty/)],
      hint: 'remove what blocks it, as named above, and run the same command again; it resumes with what is left',
    });
    await empty('blocked-bucket');
    await deleteStack(newRuntime(), aws, 'blocked');
    expect(await readStack(aws, 'blocked')).toBeUndefined();
  });

  test('a protected stack is refused, unless it is forced', async () => {
    await deploy({ guarded: { A: 'a' } });
    await setTerminationProtection(aws, 'guarded', true);
    await expect(deleteStack(newRuntime(), aws, 'guarded')).rejects.toMatchObject({ code: 'STACK_PROTECTED' });
    expect((await readStack(aws, 'guarded'))?.status).toBe('CREATE_COMPLETE');
    await deleteStack(newRuntime(), aws, 'guarded', { force: true });
    expect(await readStack(aws, 'guarded')).toBeUndefined();
  });

  test('the empty stack of a change set goes too', async () => {
    await save({ reviewed: { A: 'a' } });
    await deleteStack(newRuntime(), aws, 'reviewed');
    expect(await readAnyStack(aws, 'reviewed')).toBeUndefined();
  });
});
