import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateImageCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { onTestFinished } from 'vitest';
import { poll } from '../../../scripts/aws/poll.ts';
import { type Aws, openAws } from '../../../scripts/aws/session.ts';
import type { FactName } from '../../../scripts/config/facts.ts';
import { keys, names, tags } from '../../../scripts/config/names.ts';
import { limits as limitsSchema, type TenantLimits } from '../../../scripts/config/tenant.ts';
import { bakeKeyTag } from '../../../scripts/image/find.ts';
import { callQuery } from '../../local-cloud/tests/stacks.ts';
import { type TestPlatform, testPlatform } from '../image/platform.ts';
import { makeListener } from '../listener/listener.ts';
import { type Recorder, recorder } from '../recorder.ts';

const environment = 'dev';

export interface ImageOptions {
  readonly encrypted?: boolean;
  readonly tags?: Record<string, string>;
  /** With the CodeDeploy agent: a release can reach its instances. */
  readonly agent?: boolean;
}

/** An account with as much of a platform as a virtual host needs. */
export interface HostPlatform extends TestPlatform {
  readonly aws: Aws;
  readonly listenerArn: string;
  /** Listener of the environment's second load balancer. */
  readonly secondListenerArn: string;
  runtime(options?: { signal?: AbortSignal; onProgress?: (text: string) => void }): Recorder;
  /** Vends a tenant with these hosts, all claimed by it; gives its own host when there are none. */
  admit(tenant: string, options?: { hosts?: string[]; limits?: Partial<TenantLimits> }): Promise<void>;
  /** An image as a bake leaves it; give tags or the encryption otherwise to have a wrong one. */
  image(tenant: string, options?: ImageOptions): Promise<string>;
}

export async function hostPlatform(account: string): Promise<HostPlatform> {
  const base = await testPlatform(account);
  const aws = openAws(recorder(base.env));
  const ssm = await aws.ssm();
  const put = (Name: string, Value: string) =>
    ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }));
  const VersioningConfiguration = { Status: 'Enabled' as const };
  await base.s3.send(new PutBucketVersioningCommand({ Bucket: base.bucket, VersioningConfiguration }));
  await put(
    `${names.factsPath(environment)}/boundary-arn`,
    `arn:aws:iam::${account}:policy/${names.boundary(environment)}`,
  );
  const balancer = async (number: number): Promise<string> => {
    const { listenerArn, loadBalancerArn } = await makeListener(aws, `balancer-${number}-${account}`);
    const { GroupId = '' } = await base.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: `balancer-${number}`, Description: 'Load balancer' }),
    );
    const facts: Partial<Record<FactName, string>> = {
      'load-balancer-arn': loadBalancerArn,
      'load-balancer-dns': `balancer-${number}.example.test`,
      'load-balancer-security-group-id': GroupId,
      'listener-arn': listenerArn,
    };
    for (const [name, value] of Object.entries(facts)) {
      await put(`${names.factsPath(environment)}/${names.balancerFact(name, number)}`, value);
    }
    return listenerArn;
  };
  const [listenerArn, secondListenerArn] = [await balancer(1), await balancer(2)];
  return {
    ...base,
    aws,
    listenerArn,
    secondListenerArn,
    runtime: (options) => recorder(base.env, options),
    async admit(tenant, { hosts = [`${tenant}.example.test`], limits = {} } = {}) {
      await makeRoles(base.env.AWS_ENDPOINT_URL ?? '', account, tenant);
      await put(
        names.tenantRecord({ environment, tenant }),
        JSON.stringify(tenantRecord(account, tenant, hosts, limits)),
      );
      for (const host of hosts) {
        const claim = { Bucket: base.bucket, Key: keys.hostClaim(host), Body: JSON.stringify({ host, tenant }) };
        await base.s3.send(new PutObjectCommand(claim));
      }
    },
    image: (tenant, options = {}) => makeImage(base, tenant, options),
  };
}

/** A tenant repository with this `vendhost.yml` and this software; scripts (`….sh`) are executable. */
export async function tenantDirectory(vendhostYml: string, software: Record<string, string> = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-host-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'vendhost.yml'), vendhostYml);
  await mkdir(join(directory, 'software'));
  for (const [path, text] of Object.entries(software)) {
    await writeFile(join(directory, 'software', path), text, { mode: path.endsWith('.sh') ? 0o755 : 0o644 });
  }
  return directory;
}

function tenantRecord(account: string, tenant: string, hosts: string[], limits: Partial<TenantLimits>) {
  const role = (name: string) => `arn:aws:iam::${account}:role/${tenant}-${name}`;
  return {
    tenant,
    project: `acme/${tenant}`,
    branch: 'dev',
    hosts,
    loadBalancer: 1,
    limits: { ...limitsSchema.parse({}), ...limits },
    roles: {
      deploy: role('deploy'),
      plan: role('plan'),
      execution: role('execution'),
      instance: role('instance'),
      instanceProfile: names.builderRole(environment),
      pipeline: role('pipeline'),
      codedeploy: role('codedeploy'),
    },
  };
}

/** The way AWS documents: fetch the installer from the region's bucket, run it. */
function agentInstaller(endpoint: string, bell: string): string {
  const url = `${endpoint}/aws-codedeploy-eu-west-1/latest/install`;
  return `#!/bin/bash\nset -e\ncurl -fsS ${url} -o /tmp/install\nsh /tmp/install auto\ncurl -fsS ${bell}\n`;
}

/** An address for user data to call when it is done: EC2 does not tell. */
async function doorbell(): Promise<{ url: string; rung: Promise<unknown> }> {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const rung = once(server, 'request').finally(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, rung };
}

/** Roles as the access stack would make them, but with every right: what they may do is that stack's to test. */
async function makeRoles(endpoint: string, account: string, tenant: string): Promise<void> {
  const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  for (const service of ['cloudformation', 'codepipeline', 'codedeploy']) {
    const RoleName = `${tenant}-${roleNames[service]}`;
    const Principal = { Service: `${service}.amazonaws.com` };
    const AssumeRolePolicyDocument = document({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' });
    const PolicyDocument = document({ Effect: 'Allow', Action: '*', Resource: '*' });
    const shared = { Version: '2010-05-08', RoleName };
    await callQuery(endpoint, account, 'iam', { ...shared, Action: 'CreateRole', AssumeRolePolicyDocument });
    await callQuery(endpoint, account, 'iam', {
      ...shared,
      Action: 'PutRolePolicy',
      PolicyName: 'everything',
      PolicyDocument,
    });
  }
}

const roleNames: Readonly<Record<string, string>> = {
  cloudformation: 'execution',
  codepipeline: 'pipeline',
  codedeploy: 'codedeploy',
};

async function makeImage({ ec2, keyArn, env }: TestPlatform, tenant: string, options: ImageOptions): Promise<string> {
  const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ['136693071363'] }));
  const Ebs = options.encrypted === false ? { VolumeSize: 8 } : { VolumeSize: 8, Encrypted: true, KmsKeyId: keyArn };
  const bell = options.agent === true ? await doorbell() : undefined;
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId: Images?.[0]?.ImageId,
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs }],
      ...(bell === undefined ? {} : { UserData: btoa(agentInstaller(env.AWS_ENDPOINT_URL ?? '', bell.url)) }),
    }),
  );
  const InstanceId = Instances?.[0]?.InstanceId ?? '';
  await bell?.rung;
  const all = { ...tags(environment, 'image', tenant), [bakeKeyTag]: 'a-key', ...options.tags };
  const Tags = Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
  const { ImageId = '' } = await poll({
    what: `an image of ${InstanceId}`,
    pace: { shortest: 50, longest: 50 },
    limitMs: 30_000,
    signal: new AbortController().signal,
    check: () =>
      ec2
        .send(
          new CreateImageCommand({
            InstanceId,
            Name: `${tenant}-${InstanceId}`,
            TagSpecifications: [{ ResourceType: 'image', Tags }],
          }),
        )
        .catch(() => undefined),
  });
  await poll({
    what: `${ImageId} to be available`,
    pace: { shortest: 50, longest: 50 },
    limitMs: 30_000,
    signal: new AbortController().signal,
    check: async () => {
      const described = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
      return described.Images?.[0]?.State === 'available' ? true : undefined;
    },
  });
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  return ImageId;
}
