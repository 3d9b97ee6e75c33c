import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { inject } from 'vitest';
import type { FactName } from '../../../scripts/config/facts.ts';
import { names } from '../../../scripts/config/names.ts';
import { accountEnvironment } from '../../local-cloud/start.ts';

export const region = 'eu-west-1';
const environment = 'dev';

/** An account with as much of a platform as a bake needs. */
export interface TestPlatform {
  readonly env: Record<string, string>;
  readonly ec2: EC2Client;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly keyArn: string;
  vend(tenant: string): Promise<void>;
}

/** Makes VPC, subnet, key, bucket, builder profile and facts by API calls, in an account of the test file's own. */
export async function testPlatform(account: string): Promise<TestPlatform> {
  const { endpoint } = inject('localCloud');
  const env = accountEnvironment(inject('localCloud'), account);
  const client = {
    region,
    endpoint,
    credentials: { accessKeyId: account, secretAccessKey: 'local-cloud' },
  };
  const ec2 = new EC2Client(client);
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const ssm = new SSMClient(client);
  const bucket = names.bucket(environment, account, region);
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.0.0.0/24' }));
  const keyArn = await createKey(endpoint, account);
  const profile = names.builderRole(environment);
  await createInstanceProfile(endpoint, account, profile);
  const subnet = Subnet?.SubnetId ?? '';
  const facts: Record<FactName, string> = {
    'vpc-id': Vpc?.VpcId ?? '',
    'vpc-cidr': '10.0.0.0/16',
    'public-cidr': 'unused',
    'egress-cidr': 'unused',
    'isolated-cidr': 'unused',
    'public-subnet-ids': subnet,
    'egress-subnet-ids': subnet,
    'isolated-subnet-ids': subnet,
    'load-balancer-arn': 'unused',
    'load-balancer-dns': 'unused',
    'load-balancer-security-group-id': 'unused',
    'listener-arn': 'unused',
    bucket,
    'key-arn': keyArn,
    'boundary-arn': 'unused',
    'builder-instance-profile': profile,
    approval: 'false',
    domain: 'example.test',
  };
  const put = (Name: string, Value: string) =>
    ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }));
  for (const [name, value] of Object.entries(facts)) await put(`${names.factsPath(environment)}/${name}`, value);
  return {
    env,
    ec2,
    s3,
    bucket,
    keyArn,
    async vend(tenant) {
      await put(names.tenantRecord({ environment, tenant }), JSON.stringify(tenantRecord(tenant)));
    },
  };
}

function tenantRecord(tenant: string) {
  const role = `arn:aws:iam::111111111111:role/${tenant}`;
  return {
    tenant,
    project: `acme/${tenant}`,
    branch: 'dev',
    hosts: [`${tenant}.example.test`],
    loadBalancer: 1,
    limits: {
      instance_types: ['t3.micro', 't3.small'],
      max_instances: 2,
      database_classes: ['db.t3.micro'],
      max_storage_gib: 20,
    },
    roles: {
      deploy: role,
      plan: role,
      execution: role,
      instance: role,
      instanceProfile: tenant,
      pipeline: role,
      codedeploy: role,
    },
  };
}

/** KMS and IAM have no client among our dependencies: two plain calls. */
async function createKey(endpoint: string, account: string): Promise<string> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.CreateKey',
      authorization: authorization(account, 'kms'),
    },
    body: '{}',
  });
  const { KeyMetadata } = (await response.json()) as { KeyMetadata: { Arn: string } };
  return KeyMetadata.Arn;
}

async function createInstanceProfile(endpoint: string, account: string, name: string): Promise<void> {
  const body = new URLSearchParams({
    Action: 'CreateInstanceProfile',
    Version: '2010-05-08',
    InstanceProfileName: name,
  });
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: authorization(account, 'iam') },
    body,
  });
  if (!response.ok) throw new Error(await response.text());
}

function authorization(account: string, service: string): string {
  return `AWS4-HMAC-SHA256 Credential=${account}/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}
