import { DescribeStackEventsCommand } from '@aws-sdk/client-cloudformation';
import { DescribeFlowLogsCommand, DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  HeadBucketCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, inject, test } from 'vitest';
import { platformApp } from '../../../cdk/platform/platform-app.ts';
import { names } from '../../../scripts/config/names.ts';
import { type StackInput, Stacks } from '../../builders/stacks.ts';
import { issueCertificate } from '../../local-cloud/certificate.ts';
import { callJson, clientConfig } from '../../local-cloud/clients.ts';
import { configured, props, templateIn } from './props.ts';

/** The stacks as CloudFormation makes them, with most of what `platform.yml` can say otherwise. */
const { endpoint } = inject('localCloud');
const account = '680000000001';
const config = clientConfig(endpoint, account);
const stacks = new Stacks(config);
const s3 = new S3Client({ ...config, forcePathStyle: true });

const { config: changed } = configured('dev', {
  account,
  subnets: { isolated: '10.10.192.0/22' },
  nat: 'per-zone',
  flow_logs: 'all',
  retention_days: { trail: 7, access: 7, versions: 7, logs: 30 },
  certificate: await issueCertificate(endpoint, account, '*.dev.example.com'),
  load_balancers: 2,
});
const app = platformApp({}, props('dev', changed === undefined ? {} : { config: changed }));
const buckets = [names.bucket('dev', account, 'eu-west-1'), names.logBucket('dev', account, 'eu-west-1')];

function input(stack: string, values: Record<string, string> = {}): StackInput {
  const { Resources, Outputs = {}, Parameters } = templateIn(app, stack).toJSON();
  const outputs = Object.entries(Outputs as Record<string, { Value: unknown }>);
  return {
    resources: Resources,
    outputs: Object.fromEntries(outputs.map(([name, { Value }]) => [name, Value])),
    ...(Parameters === undefined ? {} : { parameters: Parameters }),
    values: Object.entries(values).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
  };
}

async function published(path: string): Promise<Record<string, string>> {
  const ssm = new SSMClient(config);
  const values: Record<string, string> = {};
  for (let NextToken: string | undefined, page = 0; page < 10; page += 1) {
    const found = await ssm.send(new GetParametersByPathCommand({ Path: path, ...(NextToken && { NextToken }) }));
    for (const { Name, Value } of found.Parameters ?? []) values[Name ?? ''] = Value ?? '';
    NextToken = found.NextToken;
    if (NextToken === undefined) break;
  }
  return values;
}

function trail(operation: string, request: object): Promise<Record<string, unknown>> {
  return callJson(endpoint, account, `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.${operation}`, request);
}

async function eventsOf(stack: string, type: string): Promise<(string | undefined)[]> {
  const { StackEvents = [] } = await stacks.client.send(new DescribeStackEventsCommand({ StackName: stack }));
  return StackEvents.filter(({ ResourceType }) => ResourceType === type).map(({ ResourceStatus }) => ResourceStatus);
}

// One story: each test stands on the one before.
describe('the storage stack', () => {
  test('that cannot be created leaves nothing behind', async () => {
    await trail('CreateTrail', { Name: 'vendhost-dev', S3BucketName: 'a-bucket-of-before' });
    const { status, failures } = await stacks.create('vendhost-dev-storage', input('vendhost-dev-storage'));
    expect(status).toBe('ROLLBACK_COMPLETE');
    expect(failures.join()).toContain('vendhost-dev');
    const events = await eventsOf('vendhost-dev-storage', 'AWS::S3::Bucket');
    expect(events.filter((event) => event === 'DELETE_COMPLETE')).toHaveLength(2);
    for (const Bucket of buckets) {
      await expect(s3.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'NotFound' });
    }
    await stacks.delete('vendhost-dev-storage');
    await trail('DeleteTrail', { Name: 'vendhost-dev' });
  });

  test('is made at the next attempt; its logs expire', async () => {
    expect((await stacks.create('vendhost-dev-access', input('vendhost-dev-access'))).status).toBe('CREATE_COMPLETE');
    const { status, failures } = await stacks.create('vendhost-dev-storage', input('vendhost-dev-storage'));
    expect({ status, failures }).toEqual({ status: 'CREATE_COMPLETE', failures: [] });
    for (const Bucket of buckets) {
      const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
      expect(Rules?.find(({ ID }) => ID === 'logs')?.Expiration?.Days).toBe(7);
    }
  });

  test('its trail records writes of audit records, claims, image records and revisions', async () => {
    const { EventSelectors } = await trail('GetEventSelectors', { TrailName: 'vendhost-dev' });
    const written = ['audit/', 'claims/', 'infrastructure/', 'software/'].map(
      (folder) => `arn:aws:s3:::${buckets[0]}/${folder}`,
    );
    expect(EventSelectors).toEqual([
      expect.objectContaining({
        ReadWriteType: 'WriteOnly',
        DataResources: [{ Type: 'AWS::S3::Object', Values: written }],
      }),
    ]);
  });

  test('goes, and its buckets stay, closed as before', async () => {
    expect((await stacks.delete('vendhost-dev-storage')).status).toBe('DELETE_COMPLETE');
    for (const Bucket of buckets) {
      const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
      expect(Policy).toContain('aws:SecureTransport');
    }
  });
});

describe('the network stack', () => {
  let network: Record<string, string>;

  test('has subnets where its facts say', async () => {
    const { status, outputs, failures } = await stacks.create('vendhost-dev-network', input('vendhost-dev-network'));
    expect({ status, failures }).toEqual({ status: 'CREATE_COMPLETE', failures: [] });
    network = outputs;
    const fact = await published('/vendhost/dev/subnets/isolated-b');
    const { Subnets } = await new EC2Client(config).send(
      new DescribeSubnetsCommand({ SubnetIds: [fact['/vendhost/dev/subnets/isolated-b/id'] ?? ''] }),
    );
    expect(Subnets).toEqual([
      expect.objectContaining({
        VpcId: network.VpcId,
        CidrBlock: '10.10.193.0/24',
        AvailabilityZone: fact['/vendhost/dev/subnets/isolated-b/zone'],
        Tags: expect.arrayContaining([{ Key: 'Name', Value: 'vendhost-dev-isolated-b' }]),
      }),
    ]);
    expect(fact['/vendhost/dev/subnets/isolated-b/cidr']).toBe('10.10.193.0/24');
  });

  test('what tenants read of it is without the single subnets', async () => {
    const facts = Object.keys(await published('/vendhost/dev/'));
    expect(facts).toContain('/vendhost/dev/isolated-subnet-ids');
    expect(facts.filter((each) => each.includes('/subnets/'))).toEqual([]);
  });

  test('logs all traffic', async () => {
    const { FlowLogs } = await new EC2Client(config).send(new DescribeFlowLogsCommand({}));
    expect(FlowLogs).toEqual([
      expect.objectContaining({
        ResourceId: network.VpcId,
        TrafficType: 'ALL',
        LogGroupName: '/vendhost/dev/flow-logs',
      }),
    ]);
  });

  test('carries two load balancers', async () => {
    const values = { VpcId: network.VpcId ?? '', PublicSubnetIds: network.PublicSubnetIds ?? '' };
    const made = await Promise.all(
      ['vendhost-dev-balancer', 'vendhost-dev-balancer-2'].map((stack) => stacks.create(stack, input(stack, values))),
    );
    for (const { status, failures } of made) {
      expect({ status, failures }).toEqual({ status: 'CREATE_COMPLETE', failures: [] });
    }
    const elb = new ElasticLoadBalancingV2Client(config);
    const { LoadBalancers } = await elb.send(new DescribeLoadBalancersCommand({ Names: ['vendhost-dev-2'] }));
    const facts = await published('/vendhost/dev/');
    const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn;
    expect(facts['/vendhost/dev/load-balancer-arn-2']).toBe(LoadBalancerArn);
    expect(facts['/vendhost/dev/load-balancer-arn']).not.toBe(LoadBalancerArn);
    const { Attributes } = await elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }));
    expect(Attributes).toContainEqual({ Key: 'access_logs.s3.prefix', Value: 'balancer' });
  });
});
