import {
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { CreateVpcCommand } from '@aws-sdk/client-ec2';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { awsError } from '../../../scripts/aws/foreseen-errors.ts';
import { openEnvironment } from '../../../scripts/aws/open-environment.ts';
import type { Aws } from '../../../scripts/aws/session.ts';
import { environmentOf, readPlatformConfig } from '../../../scripts/config/files.ts';
import { balancerParameters, platformBuilder } from '../../../scripts/platform/compare.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import { planPlatform } from '../../../scripts/platform/plan/plan-platform.ts';
import { withAssembly } from '../../../scripts/stack/assembly.ts';
import { executeChangeSets } from '../../../scripts/stack/change-sets/execute.ts';
import type { SavedStack } from '../../../scripts/stack/change-sets/plan-file.ts';
import { saveStacks } from '../../../scripts/stack/change-sets/save-change-sets.ts';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';

/** With IAM enforced: people deploy access, and from there on a pipeline's roles make, change and delete the rest. */

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const account = '690000000001';
const executionArn = `arn:aws:iam::${account}:role/vendhost-platform-dev-execution`;
const own = { project: 'acme/platform' };

let enforcing: EnforcingCloud;
let repository: PlatformRepository;

beforeAll(async () => {
  repository = await platformRepository(account);
  enforcing = await startEnforcingCloud(repository.directory);
  await repository.certify(enforcing.cloud.endpoint);
  await repository.writePlatform({}, own);
  await deployPlatform(enforcing.person(account).runtime(), {
    directory: repository.directory,
    environment: 'dev',
    layer: 'access',
    dryRun: false,
  });
});
afterAll(async () => {
  await enforcing?.cloud.stop();
});

/** A job of the platform's project on a branch. */
const job = (ref: string) => enforcing.job({ projectPath: own.project, ref });

async function open(branch: string, purpose: 'plan' | 'deploy'): Promise<Aws> {
  const config = environmentOf(await readPlatformConfig(repository.directory), 'dev');
  return await openEnvironment(await job(branch), 'dev', config, purpose);
}

/** Plans stacks by change sets and executes them, as the pipeline does. */
async function deploy(...layers: string[]): Promise<Record<string, boolean>> {
  const runtime = await job('main');
  const platform = await readPlatformConfig(repository.directory);
  const config = environmentOf(platform, 'dev');
  const aws = await openEnvironment(runtime, 'dev', config, 'deploy');
  const stacks = layers.map((layer) => `vendhost-dev-${layer}`);
  const parameters = (await balancerParameters((await readStack(aws, 'vendhost-dev-network'))?.outputs)) ?? {};
  return await withAssembly(
    runtime,
    aws,
    platformBuilder(platform, { environment: 'dev', config, aws }),
    async (assembly) => {
      const saved = await saveStacks(assembly, {
        stacks,
        parameters: Object.fromEntries(stacks.map((stack) => [stack, parameters])),
        roleArn: executionArn,
        name: 'test',
      });
      const results = await executeChangeSets(runtime, aws, saved);
      return Object.fromEntries(results.map(({ stack, changed }) => [stack.slice('vendhost-dev-'.length), changed]));
    },
  );
}

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => awsError(error, {})?.code ?? (error as Error).name,
  );

const template = (Resources: object) => JSON.stringify({ Resources });
const parameter = (Name: string) =>
  template({ Fact: { Type: 'AWS::SSM::Parameter', Properties: { Name, Type: 'String', Value: 'mine' } } });

async function changeSet(StackName: string, role: object, body: string) {
  const aws = await open('main', 'deploy');
  const command = { StackName, ChangeSetName: 'other', ChangeSetType: 'CREATE', TemplateBody: body } as const;
  return await outcome((await aws.cloudFormation()).send(new CreateChangeSetCommand({ ...command, ...role })));
}

describe('the execution role', () => {
  test('makes network and storage, and load balancers in them', async () => {
    expect(await deploy('network', 'storage')).toEqual({ network: true, storage: true });
    expect(await deploy('balancer')).toEqual({ balancer: true });
  });

  test('changes all of them, and makes a second load balancer', async () => {
    const changes = {
      nat: 'per-zone',
      flow_logs: 'all',
      retention_days: { trail: 5 },
      approval: true,
      load_balancers: 2,
    };
    await repository.writePlatform({ dev: changes }, own);
    expect(await deploy('network', 'storage')).toEqual({ network: true, storage: true });
    expect(await deploy('balancer', 'balancer-2')).toMatchObject({ 'balancer-2': true });
  });

  test('takes out of them what platform.yml no longer asks for', async () => {
    await repository.writePlatform({ dev: { flow_logs: 'none' } }, own);
    expect(await deploy('network', 'storage')).toEqual({ network: true, storage: true });
  });
});

describe('the deploy role', () => {
  test.each([
    ['the access stack', 'vendhost-dev-access', { RoleARN: executionArn }],
    ["the stack with the roles' policies", 'vendhost-dev-policies', { RoleARN: executionArn }],
    ["a tenant's stack", 'vendhost-dev-shop-host', { RoleARN: executionArn }],
    ["another environment's network", 'vendhost-staging-network', { RoleARN: executionArn }],
    ['a load balancer, without the execution role', 'vendhost-dev-balancer-3', {}],
  ])('makes no change set for %s', async (_what, stack, role) => {
    expect(await changeSet(stack, role, parameter('/vendhost/dev/x'))).toBe('ACCESS_DENIED');
  });

  test('changes nothing itself', async () => {
    const aws = await open('main', 'deploy');
    const fact = { Name: '/vendhost/dev/bucket', Value: 'mine', Type: 'String', Overwrite: true } as const;
    expect(await outcome((await aws.ssm()).send(new PutParameterCommand(fact)))).toBe('ACCESS_DENIED');
    expect(await outcome((await aws.ec2()).send(new CreateVpcCommand({ CidrBlock: '10.99.0.0/16' })))).toBe(
      'ACCESS_DENIED',
    );
  });

  test('is for the branch that deploys', async () => {
    expect(await outcome(open('feature', 'deploy'))).toBe('ROLE_REFUSED');
  });
});

describe('what a template may not have the execution role do', () => {
  const trust = {
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  };
  const role = (properties: object) =>
    template({ Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: trust, ...properties } } });

  test.each([
    ['the fact of the boundary', parameter('/vendhost/dev/boundary-arn')],
    ["a tenant's record", parameter('/vendhost/dev/tenants/shop')],
    ['a fact of another environment', parameter('/vendhost/staging/bucket')],
    ['a role without the boundary', role({ RoleName: 'vendhost-dev-network-mine' })],
    [
      "a role under the tenants' boundary",
      role({
        RoleName: 'vendhost-dev-network-mine',
        PermissionsBoundary: `arn:aws:iam::${account}:policy/vendhost-dev-boundary`,
      }),
    ],
    [
      'a role of another name',
      role({
        RoleName: 'vendhost-dev-shop-deploy',
        PermissionsBoundary: `arn:aws:iam::${account}:policy/vendhost-dev-service-boundary`,
      }),
    ],
    [
      'a VPC of another environment',
      template({
        Vpc: {
          Type: 'AWS::EC2::VPC',
          Properties: { CidrBlock: '10.99.0.0/16', Tags: [{ Key: 'vendhost:environment', Value: 'staging' }] },
        },
      }),
    ],
    ['a bucket of another name', template({ Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'mine' } } })],
  ])('%s', async (_what, body) => {
    const aws = await open('main', 'deploy');
    const cloudFormation = await aws.cloudFormation();
    const runtime = await job('main');
    const stack = 'vendhost-dev-balancer-9';
    const made = await cloudFormation.send(
      new CreateChangeSetCommand({
        StackName: stack,
        ChangeSetName: 'other',
        ChangeSetType: 'CREATE',
        TemplateBody: body,
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        RoleARN: executionArn,
      }),
    );
    const saved: SavedStack = {
      stack,
      changeSet: made.Id ?? '',
      action: 'create',
      changes: [],
      terminationProtection: false,
      before: null,
    };
    await expect(executeChangeSets(runtime, aws, [saved])).rejects.toMatchObject({
      code: 'STACK_FAILED',
      details: expect.arrayContaining([expect.stringMatching(/not authorized/)]),
    });
    await cloudFormation.send(new DeleteStackCommand({ StackName: stack }));
    await waitUntilStackDeleteComplete(
      { client: cloudFormation, maxWaitTime: 200, minDelay: 0.05, maxDelay: 1 },
      { StackName: stack },
    );
  });
});

describe('the plan role', () => {
  test('compares everything, for a job of any branch, and changes nothing', async () => {
    const runtime = await job('feature');
    const options = { directory: repository.directory, environment: 'dev' } as const;
    await repository.writePlatform({ dev: { approval: true } }, own);
    expect(await planPlatform(runtime, options)).toBe(2);
    const client = await (await open('feature', 'plan')).cloudFormation();
    const described = client.send(new DescribeStacksCommand({ StackName: 'vendhost-dev-access' }));
    const deleted = client.send(new DeleteStackCommand({ StackName: 'vendhost-dev-network' }));
    expect(await outcome(described)).toBe('done');
    expect(await outcome(deleted)).toBe('ACCESS_DENIED');
  });
});

test('the execution role takes all away again', async () => {
  const client = await (await open('main', 'deploy')).cloudFormation();
  for (const layer of ['balancer-2', 'balancer', 'network', 'storage']) {
    const StackName = `vendhost-dev-${layer}`;
    await client.send(new DeleteStackCommand({ StackName }));
    await waitUntilStackDeleteComplete({ client, maxWaitTime: 200, minDelay: 0.05, maxDelay: 1 }, { StackName });
  }
});
