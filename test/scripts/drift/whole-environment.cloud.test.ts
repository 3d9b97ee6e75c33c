import { join } from 'node:path';
import { UpdateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { UpdateDeploymentGroupCommand } from '@aws-sdk/client-codedeploy';
import { AuthorizeSecurityGroupIngressCommand, CreateTagsCommand } from '@aws-sdk/client-ec2';
import {
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  ModifyRuleCommand,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { DeleteBucketPolicyCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { DeleteParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readPlatformFacts } from '../../../scripts/aws/read-facts.ts';
import { checkDrift } from '../../../scripts/drift/check-drift.ts';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import type { Report } from '../../../scripts/report/report.ts';
import type { FleetView } from '../../../scripts/status/fleet/fleet-view.ts';
import { showFleet } from '../../../scripts/status/fleet/show-fleet.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import type { CloudAccount } from '../../builders/account.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { makeImage } from '../../builders/image.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import type { Recorder } from '../../builders/recorder.ts';
import { writeTree } from '../../builders/repository.ts';

/** With IAM enforced: every stack Vendhost makes, looked at with the roles that only read. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '720000000011';
const own = { project: 'acme/platform' };
const environment = 'dev' as const;

let enforcing: EnforcingCloud;
let repository: PlatformRepository;
let person: CloudAccount;

beforeAll(async () => {
  repository = await platformRepository(account);
  enforcing = await startEnforcingCloud(repository.directory);
  await repository.certify(enforcing.cloud.endpoint);
  await repository.writePlatform({}, own);
  await repository.writeTenant('shop', { project: 'acme/shop', hosts: { dev: ['shop.dev.example.com'] } });
  person = enforcing.person(account);
  const where = { directory: repository.directory, environment, dryRun: false };
  await deployPlatform(person.runtime(), where);
  await vendTenant(person.runtime(), { ...where, tenant: 'shop' });
  const facts = await readPlatformFacts(person.aws, environment);
  const image = await makeImage({ ...person, environment, bucket: facts.bucket, facts, listeners: [] }, 'shop');
  const directory = join(repository.directory, 'shop');
  await writeTree(directory, { 'vendhost.yml': 'instances: { min: 0, max: 1 }' });
  await provisionHost(person.runtime(), { tenant: 'shop', environment, directory, image, dryRun: false });
});
afterAll(async () => {
  await enforcing?.cloud.stop();
});

const options = {
  environment,
  tenant: undefined,
  failOn: ['drift', 'unknown'] as const,
  ignore: undefined,
  checks: ['stacks'] as const,
  shard: undefined,
  junit: undefined,
  page: undefined,
};

async function check(runtime: Recorder, changes: object = {}) {
  const code = await checkDrift(runtime, { ...options, directory: repository.directory, ...changes }).catch(
    (error: unknown) => error,
  );
  const report = JSON.parse(runtime.printed()) as Report;
  return { code, report, states: Object.fromEntries(report.sections.map(({ title, state }) => [title, state])) };
}

const platformJob = () => enforcing.job({ projectPath: own.project, ref: 'main' });

const tenantJob = () =>
  enforcing.job(
    { projectPath: 'acme/shop', ref: 'feature' },
    {
      VENDHOST_TENANT: 'shop',
      // What a job sees that names no environment of GitLab.
      VENDHOST_PLAN_ACCESS_SHOP_DEV: `eu-west-1 arn:aws:iam::${account}:role/vendhost-dev-shop-plan`,
    },
  );
const tenantStacks = ['access', 'data', 'entry', 'host'].map((layer) => `vendhost-dev-shop-${layer}`);

test('everything is what its stacks say, for the platform and for the tenant', async () => {
  const platform = await check(await platformJob());
  expect(platform.report.sections.filter(({ state }) => state !== 'clean')).toEqual([]);
  expect(platform.code).toBeUndefined();
  const layers = ['access', 'balancer', 'network', 'policies', 'storage'].map((layer) => `vendhost-dev-${layer}`);
  expect(Object.keys(platform.states).sort()).toEqual([...layers, ...tenantStacks, 'vendhost-gitlab'].sort());
  const tenant = await check(await tenantJob(), { directory: join(repository.directory, 'shop') });
  expect(tenant.report.sections.filter(({ state }) => state !== 'clean')).toEqual([]);
  expect(tenant.states).toEqual(Object.fromEntries(tenantStacks.map((stack) => [stack, 'clean'])));
  expect(tenant.code).toBeUndefined();
});

test('the fleet is read by the role of the platform that only reads, and says when the drift was looked at', async () => {
  const runtime = await platformJob();
  await showFleet(runtime, { directory: repository.directory, environment, page: undefined });
  const { unknown, rows } = JSON.parse(runtime.printed()) as FleetView;
  expect(unknown).toEqual([]);
  // The image of this test was made of no base image, and nothing was released.
  expect(rows).toMatchObject([
    {
      ...{ tenant: 'shop', environment, state: 'unknown', hosts: ['shop.dev.example.com'] },
      ...{ release: 'none', instances: '0 of at least 0', image: expect.stringMatching(/^ami-/) },
      driftCheckedAt: expect.stringMatching(/^20\d\d-/),
      needs: [expect.stringContaining('the image has no tag that names its base image')],
    },
  ]);
});

test('what is changed by hand is found in every layer, with its property and how much it matters', async () => {
  const { aws } = person;
  const facts = await readPlatformFacts(aws, environment);
  const elb = await aws.elb();
  const host = 'vendhost-dev-shop';
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({ Names: [`${host}--8080-1`] }));
  const TargetGroupArn = TargetGroups[0]?.TargetGroupArn;
  const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn: facts['listener-arn'] }));
  const RuleArn = Rules.find(({ IsDefault }) => IsDefault !== true)?.RuleArn;
  const iam = await aws.iam();
  const everything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
  const anybody = everything.replace('"Resource":"*"', '"Principal":{"AWS":"*"}').replace('"*"', '"sts:AssumeRole"');
  const s3 = await aws.s3();
  const ec2 = await aws.ec2();
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({ GroupId: facts['load-balancer-security-group-id'], IpPermissions }),
  );
  await ec2.send(new CreateTagsCommand({ Resources: [facts['vpc-id']], Tags: [{ Key: 'owner', Value: 'anna' }] }));
  // Not found: the template of this role has no inline policies, and CloudFormation compares what a template sets.
  await iam.send(
    new PutRolePolicyCommand({ RoleName: `${host}-plan`, PolicyName: 'more', PolicyDocument: everything }),
  );
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: `${host}-approver`, PolicyDocument: anybody }));
  await s3.send(
    new PutBucketVersioningCommand({ Bucket: facts.bucket, VersioningConfiguration: { Status: 'Suspended' } }),
  );
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: facts.bucket }));
  const slow = [{ Key: 'deregistration_delay.timeout_seconds', Value: '3600' }];
  await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes: slow }));
  const Conditions = [{ Field: 'host-header', HostHeaderConfig: { Values: ['other.dev.example.com'] } }];
  await elb.send(new ModifyRuleCommand({ RuleArn, Conditions }));
  const rds = await aws.rds();
  await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: host, DeletionProtection: false }));
  const logs = await aws.logs();
  await logs.send(
    new PutRetentionPolicyCommand({ logGroupName: `/aws/rds/instance/${host}/error`, retentionInDays: 1 }),
  );
  const groups = await aws.autoScaling();
  await groups.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: host, MaxSize: 3 }));
  const update = {
    applicationName: host,
    currentDeploymentGroupName: host,
    deploymentConfigName: 'CodeDeployDefault.AllAtOnce',
  };
  await (await aws.codeDeploy()).send(new UpdateDeploymentGroupCommand(update));
  const ssm = await aws.ssm();
  await ssm.send(new DeleteParameterCommand({ Name: '/vendhost/dev/builder-instance-profile' }));

  const { code, report } = await check(await platformJob());
  const found = report.sections.flatMap(({ title, findings }) =>
    findings.map(({ gravity, title: what, values = [] }) => {
      const [, type] = /\(AWS::(\S+)\)/.exec(what) ?? [];
      return [title.replace('vendhost-dev-', ''), gravity, type, ...values.map(({ path }) => path)].join(' ');
    }),
  );
  expect(code).toBe(2);
  expect(found.sort()).toMatchInlineSnapshot(`
    [
      "access fault SSM::Parameter",
      "balancer network EC2::SecurityGroup /SecurityGroupIngress/2",
      "network change EC2::VPC /Tags/3",
      "shop-access access IAM::Role /AssumeRolePolicyDocument/Statement/0/Principal/AWS /AssumeRolePolicyDocument/Statement/0/Condition",
      "shop-data change Logs::LogGroup /RetentionInDays",
      "shop-data change RDS::DBInstance /DeletionProtection",
      "shop-entry change ElasticLoadBalancingV2::TargetGroup /TargetGroupAttributes/0/Value",
      "shop-entry network ElasticLoadBalancingV2::ListenerRule /Conditions/0/HostHeaderConfig/Values/0",
      "shop-host change AutoScaling::AutoScalingGroup /MaxSize",
      "shop-host change CodeDeploy::DeploymentGroup /DeploymentConfigName",
      "storage change S3::Bucket /VersioningConfiguration/Status",
      "storage fault S3::BucketPolicy",
    ]
  `);
});
