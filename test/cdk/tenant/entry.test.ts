import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { priorityParameter } from '../../../cdk/tenant/entry/rule-groups.ts';
import { names } from '../../../scripts/config/names.ts';
import { templateLimitBytes } from '../../../scripts/stack/assembly.ts';
import { ruleGroups } from '../../../scripts/tenant/traffic/tenant-rules.ts';
import { facts } from '../../builders/sample.ts';
import { audience, entryTemplate, tenantApp } from '../roles/stacks.ts';

const template = entryTemplate(tenantApp());

describe('the entry stack', () => {
  test('is all that a tenant must not redefine of how requests and revisions reach it', () => {
    const { Resources } = template.toJSON() as { Resources: Record<string, { Type: string }> };
    expect(
      Object.values(Resources)
        .map(({ Type }) => Type)
        .sort(),
    ).toEqual([
      'AWS::CodePipeline::Pipeline',
      'AWS::ElasticLoadBalancingV2::ListenerRule',
      'AWS::ElasticLoadBalancingV2::TargetGroup',
      'AWS::Logs::LogGroup',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
    ]);
  });

  test('fits into a request', () => {
    expect(JSON.stringify(template.toJSON()).length).toBeLessThan(templateLimitBytes / 4);
  });
});

describe('traffic', () => {
  test('the rule has the claimed priority and the hosts, and forwards to the target group', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      ListenerArn: facts['listener-arn'],
      Priority: { Ref: 'ListenerPriority' },
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['shop.dev.example.com'] } }],
      Actions: [{ Type: 'forward', TargetGroupArn: { Ref: Match.stringLikeRegexp('^TrafficTargets') } }],
    });
  });

  test('wildcards have a rule of their own', () => {
    const hosts = ['shop.dev.example.com', '*.dev.example.com'];
    const groups = [
      { band: 'exact', hosts: hosts.slice(0, 1) },
      { band: 'wildcard-4', hosts: hosts.slice(1) },
    ];
    const both = entryTemplate(tenantApp({ hosts, groups }));
    both.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', 2);
    both.hasParameter('ListenerPriorityWildcard4', { Type: 'Number' });
    both.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      Priority: { Ref: priorityParameter('wildcard-4') },
      Conditions: [Match.objectLike({ HostHeaderConfig: { Values: ['*.dev.example.com'] } })],
    });
  });

  test('in maintenance a page answers for all hosts, and a rule that no request meets keeps the target group in use', () => {
    const hosts = ['shop.dev.example.com', '*.dev.example.com'];
    const groups = [
      { band: 'exact', hosts: hosts.slice(0, 1) },
      { band: 'wildcard-4', hosts: hosts.slice(1) },
    ];
    const rulesOf = (maintenance: string) => {
      const resources = entryTemplate(tenantApp({ hosts, groups, maintenance })).findResources(
        'AWS::ElasticLoadBalancingV2::ListenerRule',
      );
      return Object.values(resources).map(({ Properties }) => [
        Properties.Priority.Ref,
        Properties.Actions[0].FixedResponseConfig ?? Properties.Actions[0].Type,
        Properties.Conditions.at(-1).SourceIpConfig?.Values ?? Properties.Conditions.at(-1).HostHeaderConfig.Values,
      ]);
    };
    const page = { StatusCode: '503', ContentType: 'text/html', MessageBody: '<p>Back at noon' };
    expect(rulesOf('<p>Back at noon')).toEqual([
      ['ListenerPriority', page, hosts.slice(0, 1)],
      ['ListenerPriorityWildcard4', page, hosts.slice(1)],
      ['ListenerPriorityKept', 'forward', ['192.0.2.1/32']],
    ]);
    expect(rulesOf('Back at noon')[0]?.[1]).toMatchObject({ ContentType: 'text/plain' });
  });

  test.each([{ maintenance: 'back at noon' }, { maintenanceSwitch: 'back soon' }, {}])(
    'no rule of a tenant with as many hosts as it may have has more than five values, or five wildcards: %o',
    (pages) => {
      const exact = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.dev.example.com`);
      for (const hosts of [exact, exact.map((host) => `*.${host}`)]) {
        const rules = entryTemplate(tenantApp({ hosts, groups: ruleGroups(hosts), ...pages })).findResources(
          'AWS::ElasticLoadBalancingV2::ListenerRule',
        );
        for (const { Properties } of Object.values(rules)) {
          // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
          const values: string[] = Properties.Conditions.flatMap((condition: Record<string, { Values?: string[] }>) =>
            Object.values(condition).flatMap(({ Values = [] }) => Values),
          );
          expect(values.length).toBeGreaterThan(0);
          expect(values.length).toBeLessThanOrEqual(5);
          expect(values.join('').replaceAll(/[^*?]/g, '').length).toBeLessThanOrEqual(5);
        }
      }
    },
  );

  describe("where the tenant's jobs may switch", () => {
    const both = [
      { number: 1, listenerArn: facts['listener-arn'], isPlain: true },
      { number: 2, listenerArn: `${facts['listener-arn']}2`, isPlain: false },
    ];
    const changes = { maintenanceSwitch: '<p>Back soon', balancers: { entry: both, others: [2], plain: 1 } };
    const switching = entryTemplate(tenantApp(changes));
    const rules = switching.findResources('AWS::ElasticLoadBalancingV2::ListenerRule');
    const answering = Object.entries(rules)
      .filter(([, { Properties }]) => Properties.Conditions.length === 1)
      .map(([id]) => id);

    test('the instances answer, and one more rule on each load balancer keeps the target group in use', () => {
      expect(Object.values(rules).map(({ Properties }) => Properties.Actions[0].Type)).toEqual(
        Array(4).fill('forward'),
      );
      expect(answering).toHaveLength(2);
      switching.hasOutput('MaintenanceSwitch', {});
    });

    test('without the right to switch the rules are written otherwise: CloudFormation sets them again', () => {
      const actionsOf = (template: Template) =>
        Object.values(template.findResources('AWS::ElasticLoadBalancingV2::ListenerRule')).map(
          ({ Properties }) => Properties.Actions[0],
        );
      const without = actionsOf(entryTemplate(tenantApp({ ...changes, maintenanceSwitch: undefined })));
      for (const action of actionsOf(switching)) expect(without).not.toContainEqual(action);
      expect(actionsOf(switching)).toContainEqual(expect.objectContaining(without[0]));
    });

    test('a document has one parameter, and a step for each rule and state', () => {
      const [document] = Object.values(switching.findResources('AWS::SSM::Document'));
      const { Content, ...about } = document?.Properties ?? {};
      expect(about).toMatchObject({ DocumentType: 'Automation', UpdateMethod: 'NewVersion' });
      expect(Content.parameters).toEqual({ State: expect.objectContaining({ allowedValues: ['on', 'off'] }) });
      expect(Content.assumeRole).toBe('arn:aws:iam::111111111111:role/vendhost-dev-shop-switch');
      interface Step {
        readonly name: string;
        readonly nextStep?: string;
        readonly isEnd?: true;
        readonly inputs: { readonly RuleArn?: { readonly Ref: string } };
      }
      const steps = (Content.mainSteps as Step[]).map(({ name, nextStep, isEnd, inputs }) => [
        name,
        nextStep ?? isEnd,
        inputs.RuleArn?.Ref,
      ]);
      expect(steps).toEqual([
        ['choose', undefined, undefined],
        ['on0', 'on1', answering[0]],
        ['on1', true, answering[1]],
        ['off0', 'off1', answering[0]],
        ['off1', true, answering[1]],
      ]);
    });

    test('its role changes these rules and nothing else', () => {
      const [role] = Object.values(switching.findResources('AWS::IAM::Role'));
      expect(role?.Properties.Policies[0].PolicyDocument.Statement).toEqual([
        {
          Sid: 'Switch',
          Effect: 'Allow',
          Action: 'elasticloadbalancing:ModifyRule',
          Resource: answering.map((Ref) => ({ Ref })),
        },
      ]);
      expect(role?.Properties.PermissionsBoundary).toMatch(/policy\/vendhost-dev-switch-boundary$/);
    });
  });

  test("the target group has the platform's port and load balancer; its health check is the tenant's", () => {
    const other = entryTemplate(tenantApp({ port: 3000, loadBalancer: 2 }));
    const [group] = Object.values(other.findResources('AWS::ElasticLoadBalancingV2::TargetGroup'));
    expect(group?.Properties).toMatchObject({ Name: 'vendhost-dev-shop--3000-2', Port: 3000, TargetType: 'instance' });
    expect(Object.keys(group?.Properties).filter((key) => /Health|Matcher/.test(key))).toEqual([]);
  });
});

describe("the tenant's bucket", () => {
  const [bucket] = Object.values(template.findResources('AWS::S3::Bucket'));
  const [policy] = Object.values(template.findResources('AWS::S3::BucketPolicy'));
  interface Statement {
    readonly Sid?: string;
    readonly Effect: string;
    readonly Principal: { readonly AWS: string };
    readonly Action: string | string[];
  }

  test('is private, encrypted with the key of the environment, and outlives its stack', () => {
    expect(bucket).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    expect(policy).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    const all = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true };
    const encryption = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: facts['key-arn'] };
    expect(bucket?.Properties).toMatchObject({
      BucketName: 'vendhost-dev-shop-111111111111-eu-west-1',
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: encryption }] },
      PublicAccessBlockConfiguration: all,
      VersioningConfiguration: { Status: 'Enabled' },
    });
  });

  test('lets the instances of the tenant read and write, and nobody delete versions or change settings', () => {
    const statements: Statement[] = policy?.Properties.PolicyDocument.Statement;
    const denied = statements.filter(({ Effect }) => Effect === 'Deny');
    expect(denied.map(({ Principal, Action }) => [Principal.AWS, Action])).toEqual(Array(2).fill(['*', 's3:*']));
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.map(({ Sid, Principal }) => [Sid, Principal.AWS])).toEqual(
      ['InstancesList', 'InstancesReadAndWrite'].map((sid) => [
        sid,
        'arn:aws:iam::111111111111:role/vendhost-dev-shop-instance',
      ]),
    );
    const actions = allowed.flatMap(({ Action }) => Action);
    expect(actions).toContain('s3:PutObject');
    expect(actions.filter((each) => /\*|Version$|Put(?!Object$)|DeleteBucket/.test(each))).toEqual([
      's3:GetObjectVersion',
    ]);
  });

  test('a name that would be too long keeps account and region apart by its hash', () => {
    const place = { tenant: 'a2345678901234567890', environment: 'production' };
    const long = ['ap-southeast-1', 'ap-southeast-2'].map((region) =>
      names.tenantBucket(place, '111111111111', region),
    );
    expect(new Set(long).size).toBe(2);
    for (const name of long)
      expect(name).toMatch(/^vendhost-production-a2345678901234567890-111111111111-[a-z0-9-]{1,9}$/);
  });
});

describe('the pipeline', () => {
  test('deploys only what it is told to', () => {
    template.hasResourceProperties('AWS::CodePipeline::Pipeline', {
      PipelineType: 'V2',
      ExecutionMode: 'SUPERSEDED',
      Stages: [
        {
          Name: 'Source',
          Actions: [
            Match.objectLike({
              Configuration: {
                S3Bucket: facts.bucket,
                S3ObjectKey: 'software/shop/no-revision-was-named.zip',
                PollForSourceChanges: 'false',
                AllowOverrideForS3ObjectKey: 'true',
              },
            }),
          ],
        },
        Match.objectLike({ Name: 'Deploy' }),
      ],
    });
    template.resourceCountIs('AWS::SNS::Topic', 0);
  });

  test('where the platform wants it a person approves, told by an encrypted topic', () => {
    const approving = entryTemplate(tenantApp({ facts: { ...facts, approval: true } }));
    approving.hasResourceProperties('AWS::CodePipeline::Pipeline', {
      Stages: [
        Match.objectLike({ Name: 'Source' }),
        Match.objectLike({ Name: 'Approval' }),
        Match.objectLike({ Name: 'Deploy' }),
      ],
    });
    const [pipeline] = Object.values(approving.findResources('AWS::CodePipeline::Pipeline'));
    expect(pipeline?.Properties.Stages[1].Actions[0].Configuration.CustomData).toBe(
      'A release of shop to dev waits for approval: #{Source.ObjectKey}, version #{Source.VersionId}, execution ' +
        "#{codepipeline.PipelineExecutionId}. Commit, as the tenant's job says: #{variables.Commit}",
    );
    expect(pipeline?.Properties.Variables).toEqual([
      expect.objectContaining({ Name: 'Commit', DefaultValue: 'unknown' }),
    ]);
    approving.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: facts['key-arn'] });
  });
});

describe('an intake', () => {
  const open = entryTemplate(tenantApp({ intake: 's3' }));

  test('is one rule more, for whole objects that were written below its folder', () => {
    const types = ({ Resources }: { Resources?: Record<string, { Type: string }> }) =>
      Object.values(Resources ?? {}).map(({ Type }) => Type);
    expect(types(open.toJSON()).sort()).toEqual([...types(template.toJSON()), 'AWS::Events::Rule'].sort());
    open.hasResourceProperties('AWS::Events::Rule', {
      Name: 'vendhost-dev-shop-intake',
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['s3.amazonaws.com'],
          eventName: ['CompleteMultipartUpload', 'CopyObject', 'PutObject'],
          // CloudTrail reports what was refused, too.
          errorCode: [{ exists: false }],
          requestParameters: { bucketName: [facts.bucket], key: [{ wildcard: 'software/shop/intake/*.zip' }] },
        },
      },
    });
  });

  test("starts the tenant's own pipeline with the key that was written", () => {
    const [rule] = Object.values(open.findResources('AWS::Events::Rule'));
    const [target, ...others] = rule?.Properties.Targets ?? [];
    expect(others).toEqual([]);
    expect(target).toMatchObject({
      Arn: 'arn:aws:codepipeline:eu-west-1:111111111111:vendhost-dev-shop',
      RoleArn: 'arn:aws:iam::111111111111:role/vendhost-dev-shop-intake',
      InputTransformer: { InputPathsMap: { key: '$.detail.requestParameters.key' } },
      DeadLetterConfig: { Arn: 'arn:aws:sqs:eu-west-1:111111111111:vendhost-dev-undelivered' },
    });
    expect(JSON.parse(target.InputTransformer.InputTemplate)).toEqual({
      sourceRevisions: [{ actionName: 'Revision', revisionType: 'S3_OBJECT_KEY', revisionValue: '<key>' }],
    });
  });
});

describe('where GitLab reports pushes', () => {
  const builds = {
    image: 'registry.example.com/platform/vendhost:1',
    repository: 'https://gitlab.example.com/acme/shop.git',
  };
  const built = entryTemplate(tenantApp({ intake: 'webhook', builds }));

  test('there are two builds, each with a role of its own, a log, an alarm, and no source that CodeBuild fetches', () => {
    const projects = Object.values(built.findResources('AWS::CodeBuild::Project')).map(({ Properties }) => Properties);
    expect(projects).toMatchSnapshot();
    built.resourceCountIs('AWS::CloudWatch::Alarm', 2);
  });

  test('the one that sees pushes cannot do what the machine takes: its role is neither that of the deploy nor may pass one', () => {
    const [role] = Object.values(
      built.findResources('AWS::IAM::Role', { Properties: { RoleName: 'vendhost-dev-shop-intake-build' } }),
    );
    const rights = JSON.stringify(role?.Properties.Policies);
    expect(rights).toContain('"Write"');
    expect(rights).not.toMatch(/PassRole|cloudformation:|ec2:|codebuild:|codepipeline:/);
  });

  test('the one that sees pushes reaches nothing of another tenant: neither secrets, nor folders, nor builds', () => {
    const [role] = Object.values(
      built.findResources('AWS::IAM::Role', { Properties: { RoleName: 'vendhost-dev-shop-intake-build' } }),
    );
    const statements = ((role?.Properties.Policies ?? []) as { PolicyDocument: { Statement: object[] } }[]).flatMap(
      ({ PolicyDocument }) => PolicyDocument.Statement as { Sid: string; Resource: string | string[] }[],
    );
    const foreign = statements.filter(({ Resource }) =>
      [Resource].flat().some((arn) => !/[/-]shop[/-]/.test(arn) && arn !== facts['key-arn']),
    );
    expect(foreign).toEqual([]);
    expect(statements.map(({ Sid }) => Sid)).toEqual(expect.arrayContaining(['Clone', 'Write', 'Key', 'BuildLog']));
  });

  test('secrets are without a value in the template', () => {
    const secrets = Object.values(built.findResources('AWS::SecretsManager::Secret')).map(
      ({ Properties }) => Properties,
    );
    expect(secrets.map(({ Name }) => Name)).toEqual(['vendhost/dev/shop/webhook', 'vendhost/dev/shop/clone']);
    expect(JSON.stringify(secrets)).not.toMatch(/SecretString/);
  });

  test('what is written to the intake of the machine starts its build, with the key', () => {
    built.hasResourceProperties('AWS::Events::Rule', {
      Name: 'vendhost-dev-shop-machine',
      EventPattern: {
        detail: {
          errorCode: [{ exists: false }],
          requestParameters: { bucketName: [facts.bucket], key: [{ wildcard: 'infrastructure/shop/intake/*.tar.gz' }] },
        },
      },
      Targets: [
        {
          Arn: 'arn:aws:codebuild:eu-west-1:111111111111:project/vendhost-dev-shop-machine',
          RoleArn: 'arn:aws:iam::111111111111:role/vendhost-dev-shop-intake',
          InputTransformer: { InputTemplate: Match.stringLikeRegexp('VENDHOST_MACHINE_KEY') },
        },
      ],
    });
  });

  describe('of two projects', () => {
    const machine = 'https://gitlab.example.com/acme/machine.git';
    const projectAt = (path: string) => ({ issuer: 'https://gitlab.example.com', audience, path });
    const halves = entryTemplate(
      tenantApp({
        ...{ intake: 'webhook', project: projectAt('acme/machine'), software: projectAt('acme/shop') },
        builds: { ...builds, repository: machine, softwareRepository: builds.repository },
      }),
    );
    const rightsOf = (role: string) => {
      const found = halves.findResources('AWS::IAM::Role', { Properties: { RoleName: `vendhost-dev-shop-${role}` } });
      return JSON.stringify(Object.values(found)[0]?.Properties.Policies);
    };

    test('each is cloned by a build of its own, and the infrastructure alone is baked', () => {
      const projects = Object.values(halves.findResources('AWS::CodeBuild::Project')).map(({ Properties }) => {
        const variables = Properties.Environment.EnvironmentVariables as { Name: string; Value: string }[];
        return [Properties.Name, JSON.stringify(Properties.ServiceRole), ...variables.map(({ Value }) => Value)];
      });
      expect(projects).toEqual([
        [
          'vendhost-dev-shop-infrastructure-intake',
          expect.stringContaining('InfrastructureBuild'),
          machine,
          'infrastructure',
        ],
        ['vendhost-dev-shop-software-intake', expect.stringContaining('SoftwareBuild'), builds.repository, 'software'],
        [
          'vendhost-dev-shop-machine',
          expect.stringContaining('role/vendhost-dev-shop-infrastructure-deploy'),
          machine,
          'infrastructure',
        ],
      ]);
    });

    test.each([
      ['software-build', 'software/shop/intake/', 'infrastructure'],
      ['infrastructure-build', 'infrastructure/shop/intake/', 'software'],
    ])('the role %s writes to its own folder, and has nothing of the other half', (role, own, other) => {
      const rights = rightsOf(role);
      expect(rights).toContain(own);
      expect(rights).not.toMatch(new RegExp(`/${other}/|${other}/shop|${other}-clone|${other}-intake`));
      expect(rights).not.toMatch(/PassRole|cloudformation:|ec2:|codebuild:|codepipeline:/);
    });
  });

  test('a tenant with another intake has none of it', () => {
    const other = entryTemplate(tenantApp({ intake: 's3', builds }));
    other.resourceCountIs('AWS::CodeBuild::Project', 0);
    other.resourceCountIs('AWS::SecretsManager::Secret', 0);
  });
});
