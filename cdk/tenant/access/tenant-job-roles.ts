import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { keys, names } from '../../../scripts/config/names.ts';
import { branchTrust, type GitlabProject } from '../../gitlab-trust.ts';
import type { Right } from '../../role.ts';
import { bakingRights } from './bake-rights.ts';
import { reading } from './common-rights.ts';
import { tenantRole } from './tenant-role.ts';
import type { Scope } from './tenant-scope.ts';

/** The role of the jobs on the environment's branch: it bakes, provisions, pushes revisions and releases them. */
export function deployRole(parent: Construct, scope: Scope, project: GitlabProject, branch: string): CfnRole {
  return tenantRole(parent, {
    scope,
    role: 'deploy',
    description: `Jobs of ${project.path} on ${branch}`,
    trust: branchTrust(scope, project, branch),
    rights: [
      ...reading(scope),
      ...bucketRights(scope),
      ...bakingRights(scope),
      ...provisioningRights(scope),
      ...releasing(scope),
    ],
  });
}

function bucketRights(scope: Scope): Right[] {
  const { tenant } = scope.place;
  const listener = scope.facts['listener-arn'].split('/').at(-1) ?? '';
  return [
    {
      sid: 'Push',
      actions: ['s3:PutObject'],
      resources: scope.objects(`infrastructure/${tenant}/*`, `software/${tenant}/*`),
      because: "The tenant's own objects; a revision is named by its content.",
    },
    {
      sid: 'Claim',
      actions: ['s3:DeleteObject', 's3:PutObject'],
      resources: scope.objects(
        keys.bakeLease(tenant, '*').replace(/\.json$/, ''),
        keys.tenantPriority(listener, tenant, '*').replace(/\.json$/, ''),
      ),
      because: "The tenant's own leases and records; hosts are not claimed by tenants.",
    },
    {
      // Any number may become the tenant's. `?` is one character: the records of other tenants have longer names.
      sid: 'ClaimNumber',
      actions: ['s3:DeleteObject', 's3:PutObject'],
      resources: scope.objects(
        ...['?', '??', '???', '????', '?????'].map((digits) =>
          keys.priorityClaim(listener, 0).replace('0.', `${digits}.`),
        ),
      ),
    },
    {
      sid: 'Encrypt',
      actions: ['kms:Encrypt', 'kms:GenerateDataKey'],
      resources: [scope.facts['key-arn']],
      when: scope.via('s3'),
    },
  ];
}

function provisioningRights(scope: Scope): Right[] {
  const stacks = (['data', 'host'] as const).map((layer) =>
    scope.arn('cloudformation', `stack/${names.tenantStack(scope.place, layer)}/*`),
  );
  const because = "The tenant's own stacks; an ARN ends in an id that AWS gives.";
  return [
    {
      sid: 'DeployStacks',
      actions: ['cloudformation:CreateStack', 'cloudformation:UpdateStack'],
      resources: stacks,
      // Without the role CloudFormation would work with this role's own rights.
      when: { StringEquals: { 'cloudformation:RoleArn': scope.roleArn('execution') } },
      because,
    },
    {
      sid: 'KeepStacks',
      actions: [
        'cloudformation:CancelUpdateStack',
        'cloudformation:ContinueUpdateRollback',
        'cloudformation:DeleteStack',
        'cloudformation:SetStackPolicy',
        'cloudformation:TagResource',
        'cloudformation:UpdateTerminationProtection',
      ],
      resources: stacks,
      because,
    },
    {
      sid: 'PassExecution',
      actions: ['iam:PassRole'],
      resources: [scope.roleArn('execution')],
      when: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
    },
    {
      sid: 'Roll',
      actions: [
        'autoscaling:CancelInstanceRefresh',
        'autoscaling:RollbackInstanceRefresh',
        'autoscaling:StartInstanceRefresh',
      ],
      resources: [scope.arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${scope.host}`)],
      because: "The tenant's own group; AWS puts an id before the name.",
    },
  ];
}

function releasing(scope: Scope): Right[] {
  return [
    {
      sid: 'Release',
      actions: [
        'codepipeline:PutApprovalResult',
        'codepipeline:StartPipelineExecution',
        'codepipeline:StopPipelineExecution',
      ],
      resources: [scope.arn('codepipeline', scope.host), scope.arn('codepipeline', `${scope.host}/*`)],
      because: "Stages and actions of the tenant's own pipeline.",
    },
    {
      sid: 'StopDeployment',
      actions: ['codedeploy:StopDeployment'],
      resources: [scope.arn('codedeploy', `deploymentgroup:${scope.host}/${scope.host}`)],
    },
  ];
}
