import { NoSuchKey } from '@aws-sdk/client-s3';
import { afterEach, expect, test, vi } from 'vitest';
import { openAws } from '../../../scripts/aws/session.ts';
import { bandOf } from '../../../scripts/listener/priority.ts';
import { claimPriority } from '../../../scripts/listener/priority-claim.ts';
import { recorder } from '../../builders/recorder.ts';
import { answering, xml } from '../answering.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const refused = (name: string) => Object.assign(new Error(name), { name });

test('numbers that somebody else always claims first: it ends, and says where to look', async () => {
  // The waits between the rounds are random.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const runtime = recorder({ AWS_REGION: 'eu-west-1' });
  const aws = openAws(runtime);
  let writes = 0;
  // Nothing is there when it is read, and everything when it is written. Without a wire: there are a hundred rounds.
  (await aws.s3()).middlewareStack.add(
    (_next, { commandName = '' }) =>
      async () => {
        if (commandName === 'GetObjectCommand') throw new NoSuchKey({ message: 'nothing', $metadata: {} });
        if (commandName !== 'PutObjectCommand') return { output: { $metadata: {} }, response: undefined };
        writes += 1;
        throw refused('PreconditionFailed');
      },
    { step: 'initialize', priority: 'high' },
  );
  (await aws.elb()).middlewareStack.add(() => async () => ({ output: { $metadata: {} }, response: undefined }), {
    step: 'initialize',
    priority: 'high',
  });
  const claimant = {
    bucket: 'claims',
    listenerArn: 'arn:listener/1',
    tenant: 'shop',
    band: bandOf('shop.example.com'),
  };
  await expect(claimPriority(runtime, aws, { ...claimant, isOurs: () => false })).rejects.toMatchObject({
    code: 'PRIORITY_CONTENDED',
    hint: 'retry; if it happens again, look at claims/listener/1/ in the bucket claims',
  });
  expect(writes).toBe(100);
}, 30_000);

test('a record that is not as Vendhost writes it is named, with the way to a version before it', async () => {
  for (const [stored, details] of [
    ['garbage', []],
    ['', []],
    ['{"tenant": "shop"}', ['missing or wrong in it: priority']],
    ['{"tenant": "shop", "priority": "7"}', ['missing or wrong in it: priority']],
  ] as const) {
    const { aws, runtime } = await answering(({ service }) =>
      service === 's3' ? stored : xml('DescribeRules', '<Rules></Rules>'),
    );
    const claimant = { bucket: 'claims', listenerArn: 'arn:listener/1', tenant: 'shop', band: bandOf('a.example.com') };
    const key = 's3://claims/claims/listener/1/tenants/shop/';
    await expect(claimPriority(runtime, aws, { ...claimant, isOurs: () => false })).rejects.toMatchObject({
      code: 'OBJECT_UNREADABLE',
      message: expect.stringContaining(key),
      details,
      hint: expect.stringMatching(/aws s3 cp s3:.*list-object-versions --bucket claims --prefix claims/),
    });
  }
});
