import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { Cancelled } from '../../../../scripts/errors.ts';
import { deployPlatform } from '../../../../scripts/platform/deploy/deploy-platform.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { outcomes, type PlatformOwner, platformOwner } from '../operator.ts';

vi.setConfig({ testTimeout: 300_000 });
const account = '710000000041';
const Bucket = `vendhost-dev-${account}-eu-west-1-logs`;
let repository: PlatformRepository;
let owner: PlatformOwner;
beforeAll(async () => {
  repository = await platformRepository(account);
  await repository.certify(inject('localCloud').endpoint);
  owner = platformOwner(repository.directory, account);
});

describe('a deploy that fails', () => {
  test('names the resource, the reason AWS gave and the next step', async () => {
    await (await owner.aws().s3()).send(new CreateBucketCommand({ Bucket }));
    const error = await owner.deploy().catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'STACK_FAILED',
      message: 'cannot deploy vendhost-dev-storage: vendhost-dev-storage is ROLLBACK_COMPLETE',
      details: [expect.stringMatching(/^vendhost-dev-storage: LogBucket\w+ \(AWS::S3::Bucket\): .*exists/)],
      hint: expect.stringContaining('fix the cause named above and retry'),
    });
  });

  test('is shown by status, which is not healthy then', async () => {
    const { code, result } = await owner.status();
    expect(code).toBe(2);
    const statuses = result.environments[0]?.stacks.map(({ stack, status }) => [stack, status]);
    expect(statuses).toEqual([
      ['vendhost-dev-policies', 'CREATE_COMPLETE'],
      ['vendhost-dev-access', 'CREATE_COMPLETE'],
      ['vendhost-dev-network', 'CREATE_COMPLETE'],
      ['vendhost-dev-storage', 'ROLLBACK_COMPLETE'],
      ['vendhost-dev-balancer', 'missing'],
    ]);
  });

  test('resumes with the same command once the cause is fixed', async () => {
    await (await owner.aws().s3()).send(new DeleteBucketCommand({ Bucket }));
    expect(outcomes(await owner.deploy())).toEqual({
      'vendhost-dev-policies': 'no change',
      'vendhost-dev-access': 'no change',
      'vendhost-dev-network': 'no change',
      'vendhost-dev-storage': 'created',
      'vendhost-dev-balancer': 'created',
    });
    expect((await owner.status()).code).toBeUndefined();
  });
});

test('a deploy that is cancelled leaves what the same command goes on with', async () => {
  const stopping = new AbortController();
  const onProgress = (text: string) => {
    if (/vendhost-staging-network: creat(ing|ed) /.test(text)) stopping.abort(new Cancelled('SIGINT'));
  };
  const runtime = cloudAccount(account).runtime({ signal: stopping.signal, onProgress });
  const options = { directory: repository.directory, environment: 'staging', dryRun: false } as const;
  await expect(deployPlatform(runtime, options)).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130 });
  expect(runtime.printed()).toBe('');

  const { result } = await owner.deploy({ environment: 'staging' });
  expect(result.environments[0]?.stacks.slice(0, 2)).toMatchObject([
    { stack: 'vendhost-staging-policies', outcome: 'no change' },
    { stack: 'vendhost-staging-access', outcome: 'no change' },
  ]);
  expect((await owner.plan({ environment: 'staging' })).code).toBeUndefined();
});
