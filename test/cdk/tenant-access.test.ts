import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type AccessProps, tenantAccessApp } from '../../cdk/tenant/access.ts';
import { tenantRecordSchema } from '../../scripts/config/facts.ts';
import { limits } from '../../scripts/config/tenant.ts';
import { templateLimitBytes } from '../../scripts/stack/assembly.ts';
import { facts } from './tenant-props.ts';

const props: AccessProps = {
  place: { environment: 'dev', tenant: 'shop' },
  account: '111111111111',
  region: 'eu-west-1',
  facts,
  project: { gitlab: 'https://gitlab.example.com', audience: 'vendhost', path: 'acme/shop' },
  branch: 'dev',
  hosts: ['shop.dev.example.com'],
  loadBalancer: 1,
  limits: limits.parse({}),
};

const app = tenantAccessApp({}, props);
const stack = app.node.children.find((child) => Stack.isStack(child)) as Stack;
const template = Template.fromStack(stack);

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string[];
  readonly Resource: string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

interface Role {
  readonly PermissionsBoundary: string;
  readonly AssumeRolePolicyDocument: { readonly Statement: readonly Statement[] };
  readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
}

function role(name: string): Role {
  const [found] = Object.values(
    template.findResources('AWS::IAM::Role', { Properties: { RoleName: `vendhost-dev-shop-${name}` } }),
  );
  return found?.Properties as Role;
}

const statements = (name: string) => role(name).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
const actions = (name: string) => statements(name).flatMap(({ Action }) => Action);
const all = ['deploy', 'plan', 'execution', 'instance', 'pipeline', 'codedeploy'];

describe('the access stack', () => {
  test('as a whole', () => {
    expect(template.toJSON()).toMatchSnapshot();
  });

  test('fits into a request and passes cdk-nag', () => {
    expect(stringify(template.toJSON()).length).toBeLessThan(templateLimitBytes);
    expect(new AwsSolutionsChecks().validateScope(app).violations).toEqual([]);
  });

  test('records what the schema of records wants', () => {
    const [parameter] = Object.values(template.findResources('AWS::SSM::Parameter'));
    expect(parameter?.Properties.Name).toBe('/vendhost/dev/tenants/shop');
    const record = tenantRecordSchema.parse(JSON.parse(parameter?.Properties.Value as string));
    expect(record).toMatchObject({ tenant: 'shop', project: 'acme/shop', branch: 'dev', hosts: props.hosts });
    expect(record.roles.deploy).toBe('arn:aws:iam::111111111111:role/vendhost-dev-shop-deploy');
  });
});

describe.each(all)('the %s role', (name) => {
  test('is under the boundary', () => {
    expect(role(name).PermissionsBoundary).toBe(facts['boundary-arn']);
  });

  test('makes no role or policy', () => {
    const iam = actions(name).filter((action) => action.startsWith('iam:') || action === '*');
    expect(
      iam.filter((action) => !['iam:PassRole', 'iam:GetRole', 'iam:CreateServiceLinkedRole'].includes(action)),
    ).toEqual([]);
  });

  test('passes roles only to the service they are for', () => {
    for (const { Action, Condition } of statements(name).filter((each) => each.Action.includes('iam:PassRole'))) {
      const condition = Condition?.StringEquals ?? Condition?.StringEqualsIfExists;
      expect(condition?.['iam:PassedToService'], Action.join()).toBeDefined();
    }
  });

  test('has a policy that fits', () => {
    // 10,240 characters in all inline policies (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
    expect(JSON.stringify(role(name).Policies).length).toBeLessThan(10_000);
  });
});

describe('who may become', () => {
  const subject = (name: string) => role(name).AssumeRolePolicyDocument.Statement[0]?.Condition;

  test('the deploy role: jobs of the one branch', () => {
    expect(subject('deploy')).toEqual({
      StringEquals: {
        'gitlab.example.com:aud': 'vendhost',
        'gitlab.example.com:sub': 'project_path:acme/shop:ref_type:branch:ref:dev',
      },
    });
  });

  test('the plan role: jobs of any branch of the project', () => {
    expect(subject('plan')).toEqual({
      StringEquals: { 'gitlab.example.com:aud': 'vendhost' },
      StringLike: { 'gitlab.example.com:sub': 'project_path:acme/shop:ref_type:branch:ref:*' },
    });
  });

  test.each([
    ['execution', 'cloudformation'],
    ['instance', 'ec2'],
    ['pipeline', 'codepipeline'],
    ['codedeploy', 'codedeploy'],
  ])('the %s role: %s', (name, service) => {
    template.hasResourceProperties('AWS::IAM::Role', {
      RoleName: `vendhost-dev-shop-${name}`,
      AssumeRolePolicyDocument: {
        Statement: [Match.objectLike({ Principal: { Service: `${service}.amazonaws.com` } })],
      },
    });
  });
});

describe('the deploy role', () => {
  test('deploys only with the execution role', () => {
    const deploys = statements('deploy').filter(({ Action }) => Action.includes('cloudformation:UpdateStack'));
    expect(deploys.map(({ Condition }) => Condition)).toEqual([
      { StringEquals: { 'cloudformation:RoleArn': 'arn:aws:iam::111111111111:role/vendhost-dev-shop-execution' } },
    ]);
  });

  test('cannot deploy its own access stack', () => {
    const writes = statements('deploy').filter(({ Action }) =>
      Action.some((each) => /^cloudformation:(Create|Update|Delete)/.test(each)),
    );
    expect(writes.flatMap(({ Resource }) => Resource).filter((arn) => arn.includes('-access/'))).toEqual([]);
  });

  test('writes only its own part of the bucket, and no host claims', () => {
    const writes = statements('deploy').filter(({ Action }) => Action.includes('s3:PutObject'));
    expect(writes.flatMap(({ Resource }) => Resource).map((arn) => arn.split('/').slice(1).join('/'))).toEqual([
      'infrastructure/shop/*',
      'software/shop/*',
      'claims/bakes/shop/*',
      'claims/listener/*',
    ]);
  });
});

test('the plan role only reads', () => {
  const writing = actions('plan').filter((action) => !/:(BatchGet|Decrypt|Describe|Get|List)/.test(action));
  expect(writing).toEqual([]);
});

test('instances read artifacts of their own pipeline only', () => {
  const reads = statements('instance').filter(({ Sid }) => Sid === 'Revisions');
  expect(reads.flatMap(({ Resource }) => Resource)).toEqual([
    expect.stringMatching(/^arn:aws:s3:::vendhost-dev-111111111111-eu-west-1\/\*\/r[0-9a-f]{9}\/\*$/),
  ]);
});
