import { describe, expect, test } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { launchBuilder, launchRequest, tagList } from '../../../../scripts/image/builder/launch.ts';
import { imageTags } from '../../../../scripts/image/make-image.ts';
import { recorder } from '../../../builders/recorder.ts';
import { facts } from '../../../builders/sample.ts';
import { refusal, wire } from '../../wire.ts';
import { parts } from '../parts.ts';

const own = {
  'vendhost:environment': 'dev',
  'vendhost:tenant': 'shop',
  'vendhost:layer': 'image',
  'vendhost:bake-run': '0a1b2c3d',
};

test('a builder is private, encrypted, tagged and takes IMDSv2 only, all in the call that creates it', () => {
  const tags = tagList({ ...own, Name: 'vendhost-dev-shop-0123456789ab-0a1b2c3d-builder' });
  const first = launchRequest(parts);
  expect(first).toEqual({
    ClientToken: 'vendhost-bake-0a1b2c3d',
    MinCount: 1,
    MaxCount: 1,
    ImageId: 'ami-0123456789abcdef0',
    InstanceType: 't3.small',
    KeyName: 'vendhost-bake-0a1b2c3d',
    IamInstanceProfile: { Name: 'vendhost-dev-builder' },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: 'subnet-021b2c3d4e5f6071',
        AssociatePublicIpAddress: false,
        Groups: ['sg-builder'],
        DeleteOnTermination: true,
      },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: 16,
          Iops: 3000,
          Throughput: 125,
          Encrypted: true,
          KmsKeyId: facts['key-arn'],
          DeleteOnTermination: true,
        },
      },
    ],
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    UserData: 'IyEvYmluL3NoCnNodXRkb3duIC1oICsxMjAK',
    InstanceInitiatedShutdownBehavior: 'terminate',
    TagSpecifications: [
      { ResourceType: 'instance', Tags: tags },
      { ResourceType: 'volume', Tags: tags },
      { ResourceType: 'network-interface', Tags: tags },
    ],
  });
  const inZone = (ClientToken: string, SubnetId: string) => ({
    ...first,
    ClientToken,
    NetworkInterfaces: [{ ...first.NetworkInterfaces?.[0], SubnetId }],
  });
  expect([launchRequest(parts, 1), launchRequest(parts, 2)]).toEqual([
    inZone('vendhost-bake-0a1b2c3d-2', 'subnet-022b2c3d4e5f6071'),
    inZone('vendhost-bake-0a1b2c3d-3', 'subnet-023b2c3d4e5f6071'),
  ]);
});

describe('where a zone has no such instance', () => {
  const running =
    '<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><name>running</name></instanceState><ipAddress>203.0.113.9</ipAddress><privateIpAddress>10.0.0.9</privateIpAddress></item></instancesSet></item></reservationSet>';

  /** An EC2 whose zones have no such instance, for these reasons; the tokens that it got. */
  async function launch(reasons: string[], access: 'private' | 'public' = 'private') {
    const tokens: (string | null)[] = [];
    const AWS_ENDPOINT_URL = await wire(undefined, async (call) => {
      if (call.operation !== 'RunInstances') {
        return { status: 200, body: `<DescribeInstancesResponse>${running}</DescribeInstancesResponse>` };
      }
      tokens.push(new URLSearchParams(call.body).get('ClientToken'));
      const reason = reasons.shift();
      if (reason !== undefined) return refusal(call, reason, 'not in your requested Availability Zone');
      const started = '<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>';
      return { status: 200, body: `<RunInstancesResponse>${started}</RunInstancesResponse>` };
    });
    const keys = { AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key', AWS_REGION: 'eu-west-1' };
    const runtime = recorder({ ...keys, AWS_ENDPOINT_URL });
    const launched = launchBuilder(runtime, openAws(runtime), {
      ...parts,
      facts: { ...parts.facts, 'builder-access': access },
    });
    return { launched, tokens };
  }

  test.each([
    ['private', '10.0.0.9'],
    ['public', '203.0.113.9'],
  ] as const)('a %s builder starts in the next one', async (access, host) => {
    const { launched, tokens } = await launch(['Unsupported', 'InsufficientInstanceCapacity'], access);
    expect(await launched).toEqual({ instanceId: 'i-1', host });
    expect(tokens).toEqual(['vendhost-bake-0a1b2c3d', 'vendhost-bake-0a1b2c3d-2', 'vendhost-bake-0a1b2c3d-3']);
  });

  test('the reason of the last one counts, and any other reason at once', async () => {
    const none = await launch(['Unsupported', 'Unsupported', 'Unsupported']);
    await expect(none.launched).rejects.toMatchObject({ name: 'Unsupported' });
    expect(none.tokens).toHaveLength(3);
    const full = await launch(['VcpuLimitExceeded']);
    await expect(full.launched).rejects.toMatchObject({ name: 'VcpuLimitExceeded' });
    expect(full.tokens).toHaveLength(1);
  });
});

test('where the platform says so it has a public address', () => {
  const open = { ...facts, 'builder-access': 'public' as const };
  expect(launchRequest({ ...parts, facts: open }).NetworkInterfaces).toMatchObject([
    { SubnetId: 'subnet-011b2c3d4e5f6071', AssociatePublicIpAddress: true },
  ]);
});

test('an image says whose it is, of which run, source and commit', () => {
  const tags = {
    ...own,
    Name: 'vendhost-dev-shop-0123456789ab-0a1b2c3d',
    'vendhost:source-ami': 'ami-0123456789abcdef0',
  };
  expect(imageTags(parts)).toEqual({ ...tags, 'vendhost:commit': 'c0ffee' });
  expect(imageTags({ ...parts, commit: '' })).toEqual(tags);
});
