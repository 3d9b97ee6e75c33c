import { StartInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import { CreateStackCommand, DescribeStackEventsCommand } from '@aws-sdk/client-cloudformation';
import { GetPipelineCommand, PutApprovalResultCommand, UpdatePipelineCommand } from '@aws-sdk/client-codepipeline';
import {
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DescribeImagesCommand,
  type EC2Client,
  RevokeSecurityGroupIngressCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import {
  DeleteRuleCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  SetRulePrioritiesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { SendCommandCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendAudit, readActor } from '../../../scripts/audit/append.ts';
import { awsError } from '../../../scripts/aws/foreseen-errors.ts';
import { poll } from '../../../scripts/aws/poll.ts';
import { readPlatformFacts } from '../../../scripts/aws/read-facts.ts';
import { type Aws, openAws } from '../../../scripts/aws/session.ts';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { keys, names, tags } from '../../../scripts/config/names.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { launchRequest, tagList } from '../../../scripts/image/builder/launch.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { recorder } from '../../builders/recorder.ts';

// What a tenant's job can do with its credentials, whatever its commands are: each attack succeeded once. The judges try some
// thousand more (`npm run check:cloud`); here they go through the requests themselves.

const account = '100000000344';
const own = tags('dev', 'image', 'shop');
const victim = { environment: 'dev', tenant: 'blog' };

let enforcing: EnforcingCloud;
let repository: PlatformRepository;
let facts: PlatformFacts;
let owner: Aws;
let aws: Aws;
let ec2: EC2Client;

beforeAll(async () => {
  repository = await platformRepository(account);
  enforcing = await startEnforcingCloud(repository.directory);
  await repository.certify(enforcing.cloud.endpoint);
  const person = enforcing.person(account);
  owner = person.aws;
  const options = { directory: repository.directory, environment: 'dev', dryRun: false } as const;
  await deployPlatform(person.runtime(), options);
  for (const tenant of ['shop', 'blog']) {
    await repository.writeTenant(tenant, { project: `acme/${tenant}`, hosts: { dev: [`${tenant}.dev.example.com`] } });
    await vendTenant(person.runtime(), { ...options, tenant });
  }
  facts = await readPlatformFacts(owner, 'dev');
  const variables = {
    AWS_REGION: 'eu-west-1',
    VENDHOST_ROLE_ARN: `arn:aws:iam::${account}:role/vendhost-dev-shop-deploy`,
  };
  aws = openAws(await enforcing.job({ projectPath: 'acme/shop', ref: 'dev' }, variables));
  ec2 = await aws.ec2();
}, 300_000);
afterAll(async () => {
  await enforcing?.cloud.stop();
});

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Error) => {
      const code = awsError(error, {})?.code ?? 'AWS_FAILED';
      return code === 'AWS_FAILED' ? error.name : code;
    },
  );

/** A security group that somebody else in the account made, with these tags. */
async function group(name: string, given: Readonly<Record<string, string>>): Promise<string> {
  const { GroupId = '' } = await (await owner.ec2()).send(
    new CreateSecurityGroupCommand({
      GroupName: name,
      Description: name,
      VpcId: facts['vpc-id'],
      ...(Object.keys(given).length === 0
        ? {}
        : { TagSpecifications: [{ ResourceType: 'security-group', Tags: tagList(given) }] }),
    }),
  );
  return GroupId;
}

const giveTags = (id: string, given: Readonly<Record<string, string>>) =>
  outcome(ec2.send(new CreateTagsCommand({ Resources: [id], Tags: tagList(given) })));

describe('tags', () => {
  test("the load balancer's group cannot be claimed or emptied", async () => {
    const id = facts['load-balancer-security-group-id'];
    const everybody = [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
    const revoke = new RevokeSecurityGroupIngressCommand({ GroupId: id, IpPermissions: everybody });
    expect(await giveTags(id, { 'vendhost:tenant': 'shop' })).toBe('ACCESS_DENIED');
    expect(await outcome(ec2.send(revoke))).toBe('ACCESS_DENIED');
  });

  test('an untagged resource cannot be claimed', async () => {
    const id = await group('runner', {});
    expect(await giveTags(id, own)).toBe('ACCESS_DENIED');
    expect(await outcome(ec2.send(new DeleteSecurityGroupCommand({ GroupId: id })))).toBe('ACCESS_DENIED');
  });

  test("the tenant's resources get no tags of others, and others' resources none of the tenant's", async () => {
    const id = await group('own', own);
    expect(await giveTags(id, { 'vendhost:tenant': 'blog' })).toBe('ACCESS_DENIED');
    expect(await giveTags(id, { 'vendhost:environment': 'production' })).toBe('ACCESS_DENIED');
    expect(await giveTags(id, { 'vendhost:layer': 'balancer' })).toBe('ACCESS_DENIED');
    expect(await giveTags(id, { Name: 'shop' })).toBe('done');
  });

  test("a new resource gets the tenant's tags or is not created", async () => {
    const make = (given: Readonly<Record<string, string>>) =>
      ec2.send(
        new CreateSecurityGroupCommand({
          GroupName: `made-${given['vendhost:tenant']}-${given['vendhost:environment']}`,
          Description: 'made',
          VpcId: facts['vpc-id'],
          TagSpecifications: [{ ResourceType: 'security-group', Tags: tagList(given) }],
        }),
      );
    expect(await outcome(make({ ...own, 'vendhost:tenant': 'blog' }))).toBe('ACCESS_DENIED');
    expect(await outcome(make({ ...own, 'vendhost:environment': 'production' }))).toBe('ACCESS_DENIED');
    expect(await outcome(make(own))).toBe('done');
  });
});

describe('builders', () => {
  /** The request of a bake, with these changes; as a dry run, which is answered when the rights suffice. */
  async function launch(changes: Partial<RunInstancesCommandInput>): Promise<string> {
    const { Images: [debian] = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['136693071363'] }));
    const source = {
      id: debian?.ImageId ?? '',
      name: 'debian',
      architecture: 'x86_64',
      rootDevice: '/dev/xvda',
    } as const;
    const request = launchRequest({
      place: { environment: 'dev', tenant: 'shop' },
      facts,
      config: vendhostSchema.parse({}).image,
      source: { ...source, volumeGib: 8 },
      run: '0a1b2c3d',
      imageName: 'image',
      commit: '',
      aws,
      scripts: [],
      securityGroup: await ownGroup(),
    });
    const { KeyName, ...withoutKey } = request;
    return await outcome(ec2.send(new RunInstancesCommand({ ...withoutKey, ...changes, DryRun: true })));
  }
  let made: Promise<string> | undefined;
  const ownGroup = () => {
    made ??= group('builder', own);
    return made;
  };

  test.each<[string, () => Promise<Partial<RunInstancesCommandInput>>]>([
    ['a size that is not granted', async () => ({ InstanceType: 'm5.24xlarge' })],
    ['IMDSv1', async () => ({ MetadataOptions: { HttpTokens: 'optional' } })],
    ['a plain disk', async () => ({ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: false } }] })],
    ['no tags', async () => ({ TagSpecifications: [] })],
    [
      "another tenant's group",
      async () => {
        const Groups = [await group('of-blog', tags('dev', 'host', 'blog'))];
        return { NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: facts['egress-subnet-ids'][0], Groups }] };
      },
    ],
    [
      'the subnets of databases',
      async () => {
        const Groups = [await ownGroup()];
        return { NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: facts['isolated-subnet-ids'][0], Groups }] };
      },
    ],
  ])('not with %s', async (_what, changes) => {
    expect(await launch(await changes())).toBe('ACCESS_DENIED');
  });

  test('as a bake asks for them', async () => {
    expect(await launch({})).toBe('DryRunOperation');
  });
});

/** Why CloudFormation refuses a resource of the tenant's host stack, when it works with the tenant's execution role. */
async function refusal(resource: object): Promise<string | undefined> {
  const stack = 'vendhost-dev-shop-host';
  const cloudFormation = await aws.cloudFormation();
  const { StackId } = await cloudFormation.send(
    new CreateStackCommand({
      StackName: stack,
      TemplateBody: JSON.stringify({ Resources: { Attack: resource } }),
      RoleARN: `arn:aws:iam::${account}:role/vendhost-dev-shop-execution`,
      OnFailure: 'DELETE',
    }),
  );
  const wait = { pace: aws.pace, limitMs: 120_000, signal: new AbortController().signal };
  const statuses = async () => {
    const { StackEvents = [] } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName: StackId }));
    return StackEvents;
  };
  const reason = await poll({
    what: 'the stack to fail',
    ...wait,
    check: async () =>
      (await statuses()).find(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED')?.ResourceStatusReason,
  });
  await poll({
    what: 'the stack to go',
    ...wait,
    check: async () =>
      (await statuses()).find(
        ({ ResourceStatus, PhysicalResourceId }) =>
          ResourceStatus === 'DELETE_COMPLETE' && PhysicalResourceId === StackId,
      ),
  });
  return reason;
}

describe('templates', () => {
  const targetGroup = async () => {
    const Names = [names.targetGroup(victim, 8080, 1)];
    const { TargetGroups } = await (await owner.elb()).send(new DescribeTargetGroupsCommand({ Names }));
    return TargetGroups?.[0]?.TargetGroupArn;
  };

  test("do not put the tenant's instances behind another tenant's host", async () => {
    const Properties = {
      AutoScalingGroupName: 'vendhost-dev-shop',
      MinSize: '1',
      MaxSize: '1',
      VPCZoneIdentifier: facts['egress-subnet-ids'],
      TargetGroupARNs: [await targetGroup()],
    };
    const reason = await refusal({ Type: 'AWS::AutoScaling::AutoScalingGroup', Properties });
    expect(reason).toContain('is not authorized to perform: autoscaling:CreateAutoScalingGroup');
  });

  test('launch by the number of a version, from their own image, and have alarms that do nothing', async () => {
    const group = (LaunchTemplate: object) =>
      refusal({
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: {
          AutoScalingGroupName: 'vendhost-dev-shop',
          MinSize: '0',
          MaxSize: '0',
          VPCZoneIdentifier: facts['egress-subnet-ids'],
          LaunchTemplate,
        },
      });
    const LaunchTemplateId = await launchTemplate('blog');
    expect(await group({ LaunchTemplateId, Version: '$Latest' })).toContain(
      'perform: autoscaling:CreateAutoScalingGroup',
    );
    expect(await group({ LaunchTemplateId, Version: '1' })).toMatch(
      /perform: ec2:RunInstances on resource: \S+:image\//,
    );
    const alarm = await refusal({
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: 'vendhost-dev-shop-host-attack',
        Namespace: 'AWS/EC2',
        MetricName: 'CPUUtilization',
        Dimensions: [{ Name: 'InstanceId', Value: 'i-0123456789abcdef0' }],
        Statistic: 'Average',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        OKActions: ['arn:aws:automate:eu-west-1:ec2:terminate'],
      },
    });
    expect(alarm).toContain('perform: cloudwatch:PutMetricAlarm');
  });

  test("make no rule for another tenant's host", async () => {
    const Properties = {
      ListenerArn: facts['listener-arn'],
      Priority: 1000,
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['blog.dev.example.com'] } }],
      Actions: [{ Type: 'forward', TargetGroupArn: await targetGroup() }],
    };
    const reason = await refusal({ Type: 'AWS::ElasticLoadBalancingV2::ListenerRule', Properties });
    expect(reason).toContain('is not authorized to perform: elasticloadbalancing:CreateRule');
  });

  test('put no database into public subnets, and must state whether it is public', async () => {
    const group = { DBSubnetGroupName: 'vendhost-dev-shop-data-x', DBSubnetGroupDescription: 'x' };
    const Properties = { ...group, SubnetIds: facts['public-subnet-ids'] };
    expect(await refusal({ Type: 'AWS::RDS::DBSubnetGroup', Properties })).toContain(
      'is not authorized to perform: rds:CreateDBSubnetGroup',
    );
    const usual = {
      DBInstanceIdentifier: 'vendhost-dev-shop',
      DBInstanceClass: 'db.t3.micro',
      Engine: 'mysql',
      AllocatedStorage: '20',
      StorageEncrypted: true,
      DBSubnetGroupName: facts['database-subnet-group'],
    };
    for (const changes of [{}, { DBSubnetGroupName: 'default', PubliclyAccessible: false }]) {
      const reason = await refusal({ Type: 'AWS::RDS::DBInstance', Properties: { ...usual, ...changes } });
      expect(reason).toContain('is not authorized to perform: rds:CreateDBInstance');
    }
  });
});

const launchTemplates = new Map<string, Promise<string>>();
function launchTemplate(whose: string): Promise<string> {
  const made = launchTemplates.get(whose) ?? makeLaunchTemplate(whose);
  launchTemplates.set(whose, made);
  return made;
}

/** The tenant's own launch template with only allowed values, except for the owner of the instances' role. */
async function makeLaunchTemplate(whose: string): Promise<string> {
  const { Images: [debian] = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['136693071363'] }));
  const host = tagList(tags('dev', 'host', 'shop'));
  const { LaunchTemplate } = await (await owner.ec2()).send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: `shop-with-${whose}`,
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: host }],
      LaunchTemplateData: {
        ImageId: debian?.ImageId ?? '',
        InstanceType: 't3.micro',
        IamInstanceProfile: { Name: `vendhost-dev-${whose}-instance` },
        SecurityGroupIds: [await group(`instances-with-${whose}`, tags('dev', 'host', 'shop'))],
        MetadataOptions: { HttpTokens: 'required' },
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 8 } }],
        TagSpecifications: (['instance', 'volume'] as const).map((ResourceType) => ({ ResourceType, Tags: host })),
      },
    }),
  );
  return LaunchTemplate?.LaunchTemplateId ?? '';
}

test("a roll-out gives the tenant's instances no other role", async () => {
  const rollOut = async (whose: string) => {
    const LaunchTemplate = { LaunchTemplateId: await launchTemplate(whose), Version: '1' };
    const request = { AutoScalingGroupName: 'vendhost-dev-shop', DesiredConfiguration: { LaunchTemplate } };
    return (await aws.autoScaling())
      .send(new StartInstanceRefreshCommand(request))
      .catch((error: Error) => error.message);
  };
  expect(await rollOut('blog')).toMatch(/not authorized to perform: iam:PassRole .*vendhost-dev-blog-instance/);
  // Of what it may launch, only the group is missing.
  expect(await rollOut('shop')).toContain("'vendhost-dev-shop' not found");
});

test("what was vended cannot be changed: neither anybody's rules nor the pipeline", async () => {
  const elb = await aws.elb();
  const { Rules = [] } = await (await owner.elb()).send(
    new DescribeRulesCommand({ ListenerArn: facts['listener-arn'] }),
  );
  const own = Rules.filter(({ IsDefault }) => IsDefault !== true);
  expect(own.map(({ Priority }) => Priority)).toEqual(['1', '2']);
  for (const { RuleArn } of own) {
    expect(await outcome(elb.send(new DeleteRuleCommand({ RuleArn })))).toBe('ACCESS_DENIED');
    const first = new SetRulePrioritiesCommand({ RulePriorities: [{ RuleArn, Priority: 3 }] });
    expect(await outcome(elb.send(first))).toBe('ACCESS_DENIED');
  }
  const pipelines = await aws.codePipeline();
  const { pipeline } = await pipelines.send(new GetPipelineCommand({ name: 'vendhost-dev-shop' }));
  expect(await outcome(pipelines.send(new UpdatePipelineCommand({ pipeline })))).toBe('ACCESS_DENIED');
});

test('who starts a release does not approve it', async () => {
  const approve = new PutApprovalResultCommand({
    pipelineName: 'vendhost-dev-shop',
    stageName: 'Approval',
    actionName: 'Approve',
    token: '0fe7b8c2-0e3a-4d0e-9e5c-0a1b2c3d4e5f',
    result: { status: 'Approved', summary: 'fine' },
  });
  expect(await outcome((await aws.codePipeline()).send(approve))).toBe('ACCESS_DENIED');
});

test('nobody lists what others have', async () => {
  const list = async (Prefix?: string) =>
    outcome(
      (await aws.s3()).send(
        new ListObjectsV2Command({ Bucket: facts.bucket, ...(Prefix === undefined ? {} : { Prefix }) }),
      ),
    );
  expect(await list()).toBe('ACCESS_DENIED');
  expect(await list('software/')).toBe('ACCESS_DENIED');
  expect(await list('software/shop/')).toBe('done');
});

test('a record of an action is written once: neither overwritten nor deleted, and never for another tenant', async () => {
  const entry = { action: 'host restart', target: 'i-0a', before: '', after: '', reason: '' };
  const by = await readActor(aws, { env: {} });
  expect(by.user).toMatch(/:assumed-role\/vendhost-dev-shop-deploy\//);
  await appendAudit(
    recorder(),
    aws,
    { place: { environment: 'dev', tenant: 'shop' }, bucket: facts.bucket },
    { ...entry, by },
  );
  await expect(appendAudit(recorder(), aws, { place: victim, bucket: facts.bucket }, { ...entry, by })).rejects.toThrow(
    /not authorized to perform: s3:PutObject .*audit\/blog\//,
  );
  const s3 = await aws.s3();
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: facts.bucket, Prefix: keys.auditRecords('shop') }),
  );
  expect(Contents).toHaveLength(1);
  const record = { Bucket: facts.bucket, Key: Contents[0]?.Key };
  const written = await (await s3.send(new GetObjectCommand(record))).Body?.transformToString();
  expect(JSON.parse(written ?? '')).toMatchObject({ ...entry, by });
  expect(await outcome(s3.send(new PutObjectCommand({ ...record, Body: '{}' })))).toBe('ACCESS_DENIED');
  expect(await outcome(s3.send(new PutObjectCommand({ ...record, Body: '{}', IfMatch: Contents[0]?.ETag })))).toBe(
    'ACCESS_DENIED',
  );
  expect(await outcome(s3.send(new PutObjectCommand({ ...record, Body: '{}', IfNoneMatch: '*' })))).toBe(
    'PreconditionFailed',
  );
  expect(await outcome(s3.send(new DeleteObjectCommand(record)))).toBe('ACCESS_DENIED');
  const others = new ListObjectsV2Command({ Bucket: facts.bucket, Prefix: keys.auditRecords('blog') });
  expect(await outcome(s3.send(others))).toBe('ACCESS_DENIED');
});

test('commands are sent to the own instances only, and as no other document', async () => {
  const { Images: [debian] = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['136693071363'] }));
  const start = async (whose: string) => {
    const Tags = tagList(tags('dev', 'host', whose));
    const { Instances } = await (await owner.ec2()).send(
      new RunInstancesCommand({
        ImageId: debian?.ImageId,
        MinCount: 1,
        MaxCount: 1,
        TagSpecifications: [{ ResourceType: 'instance', Tags }],
      }),
    );
    return Instances?.[0]?.InstanceId ?? '';
  };
  const ssm = await aws.ssm();
  const send = (id: string, DocumentName = 'AWS-RunShellScript') =>
    outcome(ssm.send(new SendCommandCommand({ DocumentName, InstanceIds: [id], Parameters: { commands: ['id'] } })));
  expect(await send(await start('blog'))).toBe('ACCESS_DENIED');
  const mine = await start('shop');
  expect(await send(mine, 'AWS-RunRemoteScript')).toBe('ACCESS_DENIED');
  // What it may: without a role the agent of an instance is not registered.
  expect(await send(mine)).toBe('InvalidInstanceId');
});
