import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { callJson, clientConfig } from '../clients.ts';
import { executeApiUrl } from '../execute-api.ts';
import { type LocalCloud, startLocalCloud } from '../start.ts';
import { Builds, phasesOf } from './builds.ts';
import { att, ref, subnet, vpc } from './resources.ts';
import { hook, hookUrl, lambda, role } from './rest-api.ts';

/** CodeBuild with IAM enforced: started by hand, by a function behind API Gateway, and by a write to a bucket. */
const account = '174000000002';
const region = 'eu-west-1';
const bucket = `builds-${account}`;
let local: LocalCloud;
let stacks: Stacks;
let builds: Builds;

/** What a build needs for its log. */
const logging = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

const project = (name: string, buildspec: object | string, more: object = {}) => ({
  Type: 'AWS::CodeBuild::Project',
  Properties: {
    Name: name,
    Source: { Type: 'NO_SOURCE', BuildSpec: typeof buildspec === 'string' ? buildspec : JSON.stringify(buildspec) },
    Artifacts: { Type: 'NO_ARTIFACTS' },
    Environment: { Type: 'LINUX_CONTAINER', ComputeType: 'BUILD_GENERAL1_SMALL', Image: 'runner:1' },
    ServiceRole: att('Builder', 'Arn'),
    ...more,
  },
});
const commands = (...build: string[]) => ({ version: '0.2', phases: { build: { commands: build } } });

/** Starts the build of a project with the credentials of the function's role, signed as an SDK does. */
const starter = `
const { createHash, createHmac } = require('node:crypto');
const hash = (text) => createHash('sha256').update(text).digest('hex');
const mac = (key, text) => createHmac('sha256', key).update(text).digest();
exports.handler = async ({ body }) => {
  const { env } = process;
  const host = new URL(env.AWS_ENDPOINT_URL).host;
  const time = new Date().toISOString().replace(/[-:]|\\.\\d+/g, '');
  const request = JSON.stringify({
    projectName: env.PROJECT,
    environmentVariablesOverride: [{ name: 'PUSH', value: body }],
  });
  const headers = {
    'content-type': 'application/x-amz-json-1.1', host, 'x-amz-date': time,
    'x-amz-security-token': env.AWS_SESSION_TOKEN, 'x-amz-target': 'CodeBuild_20161006.StartBuild',
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => name + ':' + value + '\\n').join('');
  const scope = [time.slice(0, 8), env.AWS_REGION, 'codebuild', 'aws4_request'];
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), hash(['POST', '/', '', lines, names, hash(request)].join('\\n'))];
  const key = scope.reduce(mac, 'AWS4' + env.AWS_SECRET_ACCESS_KEY);
  const signature = mac(key, text.join('\\n')).toString('hex');
  const credential = env.AWS_ACCESS_KEY_ID + '/' + scope.join('/');
  const authorization =
    'AWS4-HMAC-SHA256 Credential=' + credential + ', SignedHeaders=' + names + ', Signature=' + signature;
  const answer = await fetch(env.AWS_ENDPOINT_URL, { method: 'POST', headers: { ...headers, authorization }, body: request });
  const said = await answer.json();
  return { statusCode: answer.ok ? 202 : 403, body: said.build ? said.build.id : said.message };
};`;

/** Writes what the build was given to the bucket, with the credentials of its role. */
const upload = `cd /opt/vendhost && node --input-type=module -e "
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
const s3 = new S3Client({ forcePathStyle: true });
await s3.send(new PutObjectCommand({ Bucket: '${bucket}', Key: 'software/' + process.env.NAME, Body: process.env.PUSH }));
"`;

/** What CloudFormation calls for the resources of `webhook`. */
const deploying = [
  'apigateway:POST',
  'apigateway:PUT',
  'apigateway:PATCH',
  'apigateway:DELETE',
  'codebuild:CreateProject',
  'codebuild:DeleteProject',
  'iam:CreateRole',
  'iam:TagRole',
  'iam:DeleteRole',
  'iam:PutRolePolicy',
  'iam:DeleteRolePolicy',
  'lambda:AddPermission',
  'lambda:CreateFunction',
  'lambda:DeleteFunction',
  'lambda:RemovePermission',
  'lambda:TagResource',
];
const named = (RoleName: string, resource: ReturnType<typeof role>) => ({
  ...resource,
  Properties: { ...resource.Properties, RoleName },
});

/** API Gateway, a function that starts builds, and what it starts. */
const webhook = {
  Builder: role('codebuild', ...logging, 's3:PutObject'),
  Upload: project('upload', {
    version: '0.2',
    env: { variables: { NAME: 'first' } },
    phases: { build: { commands: [upload] } },
  }),
  Role: role('lambda', 'codebuild:StartBuild'),
  Function: lambda(starter, { Timeout: 20, Environment: { Variables: { PROJECT: ref('Upload') } } }),
  ...hook(),
};

/** What a build in a VPC needs of its role. */
const networking = [
  'ec2:CreateNetworkInterface',
  'ec2:CreateNetworkInterfacePermission',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeDhcpOptions',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
];
const inside = { VpcId: ref('Vpc'), Subnets: [ref('Subnet')], SecurityGroupIds: [att('Group', 'GroupId')] };
const network = {
  Vpc: vpc,
  Subnet: subnet('10.7.1.0/24'),
  Group: { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'builds', VpcId: ref('Vpc') } },
};

/** An alarm on more than nothing. */
const alarm = (AlarmName: string, Namespace: string, MetricName: string, dimension: string, value: string) => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    ...{ AlarmName, Namespace, MetricName, Dimensions: [{ Name: dimension, Value: value }] },
    ...{ Statistic: 'Sum', Period: 300, EvaluationPeriods: 1, Threshold: 0, TreatMissingData: 'notBreaching' },
    ComparisonOperator: 'GreaterThanThreshold',
  },
});

const trail = {
  Trail: {
    Type: 'AWS::CloudTrail::Trail',
    DependsOn: 'Policy',
    Properties: {
      TrailName: 'writes',
      IsLogging: true,
      S3BucketName: bucket,
      EventSelectors: [
        {
          ReadWriteType: 'WriteOnly',
          DataResources: [{ Type: 'AWS::S3::Object', Values: [`arn:aws:s3:::${bucket}/software/`] }],
        },
      ],
    },
  },
  Policy: {
    Type: 'AWS::S3::BucketPolicy',
    DependsOn: 'Bucket',
    Properties: {
      Bucket: bucket,
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'cloudtrail.amazonaws.com' },
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${bucket}/logs/*`,
          },
        ],
      },
    },
  },
};

/** Builds `next` for each write to `software/`, as the resource `by`. */
const rule = (name: string, by: string) => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    Name: name,
    EventPattern: { source: ['aws.s3'], detail: { requestParameters: { key: [{ prefix: 'software/' }] } } },
    Targets: [
      {
        Id: 'build',
        Arn: att('Next', 'Arn'),
        RoleArn: att(by, 'Arn'),
        DeadLetterConfig: { Arn: att('Queue', 'Arn') },
        InputTransformer: {
          InputPathsMap: { key: '$.detail.requestParameters.key' },
          InputTemplate: '{"environmentVariablesOverride": [{"name": "KEY", "value": "<key>"}]}',
        },
      },
    ],
  },
});

beforeAll(async () => {
  local = await startLocalCloud({ auth: true, say: () => undefined });
  stacks = new Stacks(clientConfig(local.endpoint, account));
  builds = new Builds(local.endpoint, account);
  const { status, failures } = await stacks.create('builds', {
    resources: {
      Deployer: named('deployer', role('cloudformation', ...deploying, 'iam:PassRole')),
      Unpassing: named('unpassing', role('cloudformation', ...deploying)),
      Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: bucket } },
      ...trail,
      Builder: role('codebuild', ...logging, 's3:PutObject', 'secretsmanager:GetSecretValue'),
      Mute: role('codebuild', 's3:PutObject'),
      Secret: {
        Type: 'AWS::SecretsManager::Secret',
        Properties: { Name: 'token', SecretString: '{"value":"glpat-very-secret"}' },
      },
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'undelivered' } },
      QueuePolicy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [ref('Queue')],
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 'events.amazonaws.com' },
                Action: 'sqs:SendMessage',
                Resource: att('Queue', 'Arn'),
              },
            ],
          },
        },
      },
      Next: project('next', commands('echo "next of $KEY"')),
      Starter: role('events', 'codebuild:StartBuild'),
      Rightless: role('events', 'codebuild:BatchGetBuilds'),
      Rule: rule('writes', 'Starter'),
      LostRule: rule('lost', 'Rightless'),
      Free: project('free', commands('true')),
      One: project('one', commands('sleep 600'), { ConcurrentBuildLimit: 1 }),
      Short: project('short', commands('sleep 600'), { Tags: [{ Key: 'local-cloud:timeout-seconds', Value: '2' }] }),
      Undelivered: alarm('undelivered', 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', 'undelivered'),
      FreeFails: alarm('free-fails', 'AWS/CodeBuild', 'FailedBuilds', 'ProjectName', 'free'),
      NextFails: alarm('next-fails', 'AWS/CodeBuild', 'FailedBuilds', 'ProjectName', 'next'),
      ...network,
      Networker: role('codebuild', ...logging, ...networking),
      Inside: project('inside', commands('true'), { ServiceRole: att('Networker', 'Arn'), VpcConfig: inside }),
      Half: role('codebuild', ...logging, ...networking.filter((action) => !action.startsWith('ec2:Delete'))),
      Outside: project('outside', commands('true'), { ServiceRole: att('Half', 'Arn'), VpcConfig: inside }),
      Silent: project('silent', commands('true'), { ServiceRole: att('Mute', 'Arn') }),
    },
  });
  expect({ status, failures }).toEqual({ status: 'CREATE_COMPLETE', failures: [] });
}, 180_000);
afterAll(async () => {
  await local?.stop();
});

/** Alarms and their states. */
async function alarms(): Promise<Record<string, string>> {
  const client = new CloudWatchClient(clientConfig(local.endpoint, account));
  const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({}));
  return Object.fromEntries((MetricAlarms ?? []).map(({ AlarmName, StateValue }) => [AlarmName, StateValue]));
}

const runs = async (spec: object | string, more: object = {}) => {
  const buildspecOverride = typeof spec === 'string' ? spec : JSON.stringify(spec);
  const id = await builds.start('free', { buildspecOverride, ...more });
  return builds.ended(id);
};

describe('a build', () => {
  test('has the command, git and Node, the variables of CodeBuild, and nothing of the host', async () => {
    const environmentVariablesOverride = [{ name: 'OWN', value: 'started' }];
    const build = await runs(
      {
        version: '0.2',
        env: { variables: { OWN: 'spec', MORE: 'spec' }, 'exported-variables': ['RESULT'] },
        phases: {
          install: { commands: ['cd /tmp', 'LEFT=here'] },
          build: {
            commands: [
              'vendhost --version',
              'git --version',
              'node --version',
              'echo "$OWN $MORE $LEFT $PWD $CODEBUILD_BUILD_ID $AWS_REGION"',
              'test ! -e /root/.npm && test ! -w /opt/vendhost/package.json',
              'RESULT=42',
            ],
          },
        },
      },
      { environmentVariablesOverride },
    );
    const log = await builds.log(build);
    expect({ status: build.buildStatus, log }).toMatchObject({ status: 'SUCCEEDED' });
    expect(log).toEqual(
      expect.arrayContaining([
        `started spec here /tmp ${build.id} ${region}`,
        expect.stringMatching(/^git version /),
        expect.stringMatching(/^v24\./),
        '> Phase complete: BUILD State: SUCCEEDED',
      ]),
    );
    expect(build.exportedEnvironmentVariables).toEqual([{ name: 'RESULT', value: '42' }]);
  });

  test('reads secrets as its role, and does not print them', async () => {
    const build = await runs({
      version: '0.2',
      env: { 'secrets-manager': { TOKEN: 'token:value' } },
      phases: { build: { commands: ['echo "it is $TOKEN"', 'test "$TOKEN" = glpat-very-secret'] } },
    });
    expect(build.buildStatus).toBe('SUCCEEDED');
    expect(await builds.log(build)).toContain('it is ***');
  });

  test.each([
    [{}, ['INSTALL SUCCEEDED', 'PRE_BUILD SUCCEEDED', 'BUILD FAILED', 'POST_BUILD SUCCEEDED']],
    [{ 'on-failure': 'ABORT' }, ['INSTALL SUCCEEDED', 'PRE_BUILD SUCCEEDED', 'BUILD FAILED']],
  ])('that fails goes on as %j says, and ends what it began', async (more, phases) => {
    const build = await runs({
      version: '0.2',
      phases: {
        build: { commands: ['exit 3', 'echo skipped'], finally: ['echo "at last"'], ...more },
        post_build: { commands: ['echo after'] },
      },
    });
    expect({ status: build.buildStatus, phases: phasesOf(build) }).toEqual({ status: 'FAILED', phases });
    const failed = build.phases.find(({ phaseStatus }) => phaseStatus === 'FAILED');
    const message = 'Error while executing command: exit 3. Reason: exit status 3';
    expect(failed?.contexts).toEqual([{ statusCode: 'COMMAND_EXECUTION_ERROR', message }]);
    expect(await builds.log(build)).toEqual(expect.arrayContaining(['at last']));
    expect(await builds.log(build)).not.toContain('skipped');
  });

  test('that fails before `build` does not build, and sets off an alarm', async () => {
    const phases = { pre_build: { commands: ['false'] }, build: { commands: ['true'] } };
    expect(phasesOf(await runs({ version: '0.2', phases }))).toEqual(['INSTALL SUCCEEDED', 'PRE_BUILD FAILED']);
    await expect.poll(alarms).toMatchObject({ 'free-fails': 'ALARM' });
  });

  test('cannot read what its role may not, nor write its log', async () => {
    const denied = await runs({
      version: '0.2',
      env: { 'parameter-store': { NAME: '/absent' } },
      phases: { build: { commands: ['true'] } },
    });
    expect(phasesOf(denied)).toEqual(['DOWNLOAD_SOURCE FAILED']);
    expect(JSON.stringify(denied.phases)).toContain('Parameter Store Error Message: AccessDenied');
    const silent = await builds.ended(await builds.start('silent'));
    expect(phasesOf(silent)).toEqual(['PROVISIONING FAILED']);
    expect(JSON.stringify(silent.phases)).toContain('does not allow AWS CodeBuild to create Amazon CloudWatch Logs');
  });

  test('in a VPC needs a role that may do what that takes', async () => {
    expect((await builds.ended(await builds.start('inside'))).buildStatus).toBe('SUCCEEDED');
    const outside = await builds.ended(await builds.start('outside'));
    expect(phasesOf(outside)).toEqual(['PROVISIONING FAILED']);
    expect(JSON.stringify(outside.phases)).toContain('ec2:DeleteNetworkInterface');
    const resources = {
      ...network,
      Blind: role('codebuild', ...logging),
      Project: project('blind', commands('true'), { ServiceRole: att('Blind', 'Arn'), VpcConfig: inside }),
    };
    const { failures } = await stacks.create('blind', { resources });
    expect(failures.join()).toContain('Not authorized to perform DescribeSecurityGroups');
  });

  test('is stopped, one at a time where the project says so', async () => {
    const id = await builds.start('one');
    await expect
      .poll(async () => (await builds.get(id)).phases.at(-1)?.phaseType, { timeout: 60_000 })
      .toBe('PRE_BUILD');
    const second = await builds.call('StartBuild', { projectName: 'one' });
    expect(second).toMatchObject({ __type: 'AccountLimitExceededException' });
    await builds.call('StopBuild', { id });
    const { buildStatus, ...build } = await builds.ended(id);
    expect(buildStatus).toBe('STOPPED');
    expect(phasesOf({ buildStatus, ...build }).at(-1)).toBe('BUILD STOPPED');
  });

  test('ends when its time is over', async () => {
    const build = await builds.ended(await builds.start('short'));
    expect(build.buildStatus).toBe('TIMED_OUT');
  });
});

test('a request to API Gateway has a function start a build, whose upload has a rule start another', async () => {
  const { status, failures, outputs } = await stacks.create('webhook', {
    resources: webhook,
    outputs: hookUrl,
    role: `arn:aws:iam::${account}:role/deployer`,
  });
  expect({ status, failures }).toEqual({ status: 'CREATE_COMPLETE', failures: [] });
  const url = executeApiUrl(local.endpoint, String(outputs.Url));
  const answer = await fetch(url, { method: 'POST', body: 'a push', headers: { connection: 'close' } });
  const id = await answer.text();
  expect([answer.status, id]).toEqual([202, expect.stringMatching(/^upload:/)]);
  const build = await builds.ended(id);
  expect({ status: build.buildStatus, log: await builds.log(build) }).toMatchObject({ status: 'SUCCEEDED' });
  const s3 = new S3Client({ ...clientConfig(local.endpoint, account), forcePathStyle: true });
  const written = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'software/first' }));
  expect(await written.Body?.transformToString()).toBe('a push');

  await expect.poll(() => builds.of('next'), { timeout: 30_000 }).toHaveLength(1);
  const [nextId = ''] = await builds.of('next');
  const next = await builds.ended(nextId);
  expect([next.buildStatus, next.initiator]).toEqual(['SUCCEEDED', 'rule/writes']);
  expect(await builds.log(next)).toContain('next of software/first');

  const queue = {
    QueueUrl: `${local.endpoint}/${account}/undelivered`,
    MessageAttributeNames: ['All'],
    VisibilityTimeout: 0,
  };
  const undelivered = async () => {
    const { Messages } = await callJson(local.endpoint, account, 'AmazonSQS.ReceiveMessage', queue);
    return Messages as { Body: string; MessageAttributes: Record<string, { StringValue: string }> }[] | undefined;
  };
  await expect.poll(undelivered, { timeout: 30_000 }).toBeDefined();
  const [message] = (await undelivered()) ?? [];
  expect(message?.MessageAttributes.RULE_ARN?.StringValue).toBe(`arn:aws:events:${region}:${account}:rule/lost`);
  expect(JSON.parse(message?.Body ?? '')).toMatchObject({ detail: { requestParameters: { key: 'software/first' } } });
  expect(await alarms()).toMatchObject({ undelivered: 'ALARM', 'next-fails': 'INSUFFICIENT_DATA' });
});

test('a stack with a role needs its permissions for these types', async () => {
  const stackRole = `arn:aws:iam::${account}:role/unpassing`;
  const { status, failures } = await stacks.create('unpassed', { resources: webhook, role: stackRole });
  expect(status).toBe('ROLLBACK_COMPLETE');
  expect(failures.join()).toContain('is not authorized to perform: iam:PassRole');
});

describe('CodeBuild refuses', () => {
  const good = {
    name: 'project',
    source: { type: 'NO_SOURCE', buildspec: JSON.stringify(commands('true')) },
    artifacts: { type: 'NO_ARTIFACTS' },
    environment: { type: 'LINUX_CONTAINER', computeType: 'BUILD_GENERAL1_SMALL', image: 'runner:1' },
    serviceRole: `arn:aws:iam::${account}:role/absent`,
  };
  test.each([
    ['role', {}, /^InvalidInputException: CodeBuild is not authorized to perform: sts:AssumeRole/],
    ['name', { name: '-x' }, /^InvalidInputException: Project name must match/],
    ['file of no source', { source: { type: 'NO_SOURCE', buildspec: 'a.yml' } }, /^InvalidInputException: .*inline/],
    ['buildspec', { source: { type: 'NO_SOURCE', buildspec: '{"version": 0.2}' } }, /YAML_FILE_ERROR .*phases/],
    ['unknown key', { source: { type: 'NO_SOURCE', buildspec: '{"reports": 1}' } }, /does not support reports/],
    [
      'variable',
      { environment: { ...good.environment, environmentVariables: [{ name: 'CODEBUILD_X', value: '' }] } },
      /reserved prefix CODEBUILD_/,
    ],
    ['time', { timeoutInMinutes: 4 }, /^ValidationException: /],
    ['source', { source: { type: 'GITHUB', location: 'x' } }, /^UnsupportedOperation: /],
  ])('a project with a wrong %s', async (_, wrong, message) => {
    const answer = await builds.call('CreateProject', { ...good, ...wrong });
    expect(`${answer.__type}: ${answer.message}`).toMatch(message);
  });

  test('a build of no project, and another with the token of one', async () => {
    expect(await builds.call('StartBuild', { projectName: 'none' })).toMatchObject({
      __type: 'ResourceNotFoundException',
    });
    const id = await builds.start('free', { idempotencyToken: 'once' });
    expect(await builds.start('free', { idempotencyToken: 'once' })).toBe(id);
    const other = { projectName: 'free', idempotencyToken: 'once', imageOverride: 'runner:2' };
    expect(await builds.call('StartBuild', other)).toMatchObject({ __type: 'InvalidInputException' });
    expect((await builds.ended(id)).buildStatus).toBe('SUCCEEDED');
  });
});
