import { expect, test } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { makeBuilderGroup } from '../../../../scripts/image/builder/builder-group.ts';
import { makeBuilderKey } from '../../../../scripts/image/builder/builder-key.ts';
import { makeImage } from '../../../../scripts/image/make-image.ts';
import { recorder } from '../../../builders/recorder.ts';
import { refusal, type WireCall, wire } from '../../wire.ts';
import { parts } from '../parts.ts';

const place = { tenant: 'shop', environment: 'dev' };
const run = '0123abcd';

/** An EC2 that refuses what is there already, and answers the rest with these; the calls it got. */
async function ec2(duplicates: Readonly<Record<string, string>>, answers: Readonly<Record<string, string>>) {
  const calls: WireCall[] = [];
  const left = new Map(Object.entries(duplicates));
  const AWS_ENDPOINT_URL = await wire(undefined, async (call) => {
    calls.push(call);
    const code = left.get(call.operation);
    left.delete(call.operation);
    if (code !== undefined) return refusal(call, code);
    return {
      status: 200,
      body: `<${call.operation}Response>${answers[call.operation] ?? ''}</${call.operation}Response>`,
    };
  });
  const keys = { AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key', AWS_REGION: 'eu-west-1' };
  const runtime = recorder({ ...keys, AWS_ENDPOINT_URL });
  return { aws: openAws(runtime), runtime, operations: () => calls.map(({ operation }) => operation) };
}

test("a key pair of the run's own is made again: its private key went with the answer", async () => {
  const { aws, operations } = await ec2(
    { CreateKeyPair: 'InvalidKeyPair.Duplicate' },
    { CreateKeyPair: '<keyMaterial>a key</keyMaterial>' },
  );
  expect(await makeBuilderKey(aws, { place, run })).toBe('a key');
  expect(operations()).toEqual(['CreateKeyPair', 'DeleteKeyPair', 'CreateKeyPair']);
});

test("a security group of the run's own is used, and its rule too", async () => {
  const { aws } = await ec2(
    { CreateSecurityGroup: 'InvalidGroup.Duplicate', AuthorizeSecurityGroupIngress: 'InvalidPermission.Duplicate' },
    { DescribeSecurityGroups: '<securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo>' },
  );
  const facts = { 'vpc-id': 'vpc-1', 'builder-sources': ['10.10.0.0/16'] };
  expect(await makeBuilderGroup(aws, { place, run, facts })).toBe('sg-1');
});

test("an image of the run's own is followed; one of another run is no answer", async () => {
  const image = '<imagesSet><item><imageId>ami-1</imageId><imageState>available</imageState></item></imagesSet>';
  const stopped =
    '<reservationSet><item><instancesSet><item><instanceState><name>stopped</name></instanceState></item></instancesSet></item></reservationSet>';
  const taken = { CreateImage: 'InvalidAMIName.Duplicate' };
  const own = await ec2(taken, { DescribeInstances: stopped, DescribeImages: image });
  expect(await makeImage(own.runtime, own.aws, parts, 'i-1')).toBe('ami-1');
  const other = await ec2(taken, { DescribeInstances: stopped });
  await expect(makeImage(other.runtime, other.aws, parts, 'i-1')).rejects.toMatchObject({
    name: 'InvalidAMIName.Duplicate',
  });
});
