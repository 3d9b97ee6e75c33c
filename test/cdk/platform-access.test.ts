import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { templateOf } from './platform-props.ts';

const template = templateOf('access');

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | string[];
}

function boundary(): Statement[] {
  const [policy] = Object.values(template.findResources('AWS::IAM::ManagedPolicy'));
  return policy?.Properties.PolicyDocument.Statement as Statement[];
}

const actions = (effect: string) =>
  boundary()
    .filter(({ Effect }) => Effect === effect)
    .flatMap(({ Action }) => Action);

describe('the boundary', () => {
  test('lets no role make or change a role or policy', () => {
    const iam = actions('Allow').filter((action) => action.startsWith('iam:') || action === '*');
    expect(iam.sort()).toEqual([
      'iam:CreateServiceLinkedRole',
      'iam:GetInstanceProfile',
      'iam:GetRole',
      'iam:PassRole',
    ]);
  });

  test.each([
    'ec2:DeleteVpc',
    'elasticloadbalancing:ModifyListener',
    'kms:ScheduleKeyDeletion',
    's3:PutBucket*',
    's3:PutObject*',
    'ssm:PutParameter',
  ])('keeps %s for the platform', (action) => {
    expect(actions('Deny')).toContain(action);
  });

  test('fits into a managed policy', () => {
    // 6,144 characters, white space not counted (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
    expect(JSON.stringify(boundary()).length).toBeLessThan(6_000);
  });
});

test('builders are under the boundary, managed by SSM, and read the CodeDeploy agent', () => {
  template.hasResourceProperties('AWS::IAM::Role', {
    RoleName: 'vendhost-dev-builder',
    PermissionsBoundary: Match.anyValue(),
    AssumeRolePolicyDocument: Match.objectLike({
      Statement: [Match.objectLike({ Principal: { Service: 'ec2.amazonaws.com' } })],
    }),
  });
  template.hasResourceProperties('AWS::IAM::InstanceProfile', { InstanceProfileName: 'vendhost-dev-builder' });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: [Match.objectLike({ Sid: 'CodeDeployAgent', Action: 's3:GetObject' })] },
  });
});
