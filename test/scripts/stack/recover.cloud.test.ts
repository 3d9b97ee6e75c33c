import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { deleteStack, setTerminationProtection } from '../../../scripts/stack/delete.ts';
import { settledStack } from '../../../scripts/stack/stack-state.ts';
import { stackWorld } from './world.ts';

const { aws, deploy, save, newRuntime, parameterValue, createRole, deleteRole, reached, signal } =
  stackWorld('100000000054');

/** An update fails, and its rollback too, because a role that is not the stack's is gone by then. */
async function failRollback(stack: string) {
  const role = `${stack}-role`;
  await createRole(role);
  await deploy({ [stack]: { A: 'first', Policy: `$Role ${role} First` } });
  const update = { [stack]: { A: 'second', Policy: `$Role ${role} Second`, Last: '$Wait' } };
  const failing = deploy(update).catch((error: unknown) => error);
  await reached(stack, 'Last');
  await deleteRole(role, 'Policy');
  await signal(stack, 'Last', 'FAILURE');
  return await failing;
}

describe('after a failure the same deploy goes on', () => {
  test('a rollback that did not finish is continued', async () => {
    expect(await failRollback('rolling')).toMatchObject({
      code: 'STACK_FAILED',
      message: 'cannot deploy rolling: rolling is UPDATE_ROLLBACK_FAILED',
      hint: 'fix the cause named above and retry; it continues the rollback first',
    });
    await createRole('rolling-role');
    const runtime = newRuntime();
    const wanted = { rolling: { A: 'third', Policy: '$Role rolling-role Third' } };
    expect(await deploy(wanted, {}, runtime)).toMatchObject([{ stack: 'rolling', changed: true }]);
    expect(runtime.progress()).toContain('rolling is UPDATE_ROLLBACK_FAILED: continuing the rollback first');
    expect(await parameterValue('/rolling/A')).toBe('third');
  });

  test('a rollback that cannot be continued needs a person, who is told what to do', async () => {
    await failRollback('stuck');
    const wanted = { stuck: { A: 'third', Policy: '$Role stuck-role Third' } };
    const stuck = {
      code: 'STACK_STUCK',
      message: 'stuck is UPDATE_ROLLBACK_FAILED: the rollback failed again',
      details: [expect.stringMatching(/^Policy \(AWS::IAM::Policy\): .*stuck-role/)],
      hint: expect.stringContaining(
        'aws cloudformation continue-update-rollback --stack-name stuck --resources-to-skip Policy',
      ),
    };
    await expect(deploy(wanted)).rejects.toMatchObject(stuck);
    await expect(save(wanted)).rejects.toMatchObject(stuck);
    expect((await settledStack(newRuntime(), aws, 'stuck'))?.status).toBe('UPDATE_ROLLBACK_FAILED');
  });

  test('an empty stack that a plan left is deleted', async () => {
    await save({ leftover: { A: 'planned' } });
    const runtime = newRuntime();
    expect(await deploy({ leftover: { A: 'a' } }, {}, runtime)).toMatchObject([{ changed: true }]);
    expect(runtime.progress()).toContain(
      'leftover is REVIEW_IN_PROGRESS, empty because its plan was not executed: deleting it and creating it again',
    );
    expect(await parameterValue('/leftover/A')).toBe('a');
  });

  test('a deletion that failed is ended, then the stack is made again', async () => {
    await deploy({ undead: { Full: '$Bucket' } });
    const s3 = await aws.s3();
    await s3.send(new PutObjectCommand({ Bucket: 'undead-bucket', Key: 'a', Body: 'a' }));
    await expect(deleteStack(newRuntime(), aws, 'undead')).rejects.toMatchObject({ code: 'STACK_FAILED' });
    await expect(deploy({ undead: { Full: '$Bucket' } })).rejects.toMatchObject({
      message: 'cannot delete undead: undead is DELETE_FAILED',
    });
    await s3.send(new DeleteObjectCommand({ Bucket: 'undead-bucket', Key: 'a' }));
    await setTerminationProtection(aws, 'undead', true);
    await expect(deploy({ undead: { Full: '$Bucket' } })).rejects.toMatchObject({ code: 'STACK_PROTECTED' });
    await setTerminationProtection(aws, 'undead', false);
    expect(await deploy({ undead: { Full: '$Bucket' } })).toMatchObject([{ changed: true }]);
  });
});
