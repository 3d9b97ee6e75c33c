import { keys, names } from '../../../scripts/config/names.ts';
import type { Right } from '../../role.ts';
import type { Scope } from './tenant-scope.ts';

/** Reads of the platform's facts and of the tenant's own resources: rights of both the deploy and the plan role. */
export function tenantReadRights(scope: Scope): Right[] {
  const { place, host } = scope;
  const { environment, tenant } = place;
  const facts = names.factsPath(environment);
  const stacks = (['access', 'data', 'host'] as const).map((layer) =>
    scope.arn('cloudformation', `stack/${names.tenantStack(place, layer)}/*`),
  );
  return [
    {
      sid: 'Facts',
      actions: ['ssm:GetParameter', 'ssm:GetParametersByPath'],
      resources: [facts, `${facts}/*`].map((path) => scope.arn('ssm', `parameter${path}`)),
      because: "The platform's facts and the tenants' records; none is a secret.",
    },
    {
      sid: 'Look',
      actions: [
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeInstanceRefreshes',
        'autoscaling:DescribeScalingActivities',
        // Packer reads more than the commands do, and which calls depends on its version.
        'ec2:Describe*',
        'elasticloadbalancing:DescribeAccountLimits',
        'elasticloadbalancing:DescribeRules',
      ],
      resources: ['*'],
      because: 'AWS grants these reads for all resources or for none.',
    },
    {
      sid: 'Stacks',
      actions: [
        'cloudformation:DescribeEvents',
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStacks',
        'cloudformation:GetStackPolicy',
        'cloudformation:GetTemplate',
      ],
      resources: stacks,
      because: "The tenant's own stacks; a stack's ARN ends in an id that AWS chooses.",
    },
    {
      sid: 'List',
      actions: ['s3:ListBucket'],
      resources: scope.objects(''),
      // S3 answers 404 for a missing object only to who may list the bucket; that check has no prefix. Else it is 403.
      when: {
        StringLikeIfExists: { 's3:prefix': ['claims/*', `infrastructure/${tenant}/*`, `software/${tenant}/*`] },
      },
    },
    {
      sid: 'Read',
      actions: ['s3:GetObject'],
      resources: scope.objects('claims/*', `infrastructure/${tenant}/*`, `software/${tenant}/*`),
      because: "Every tenant may read all claims; the rest is the tenant's own.",
    },
    {
      sid: 'Decrypt',
      actions: ['kms:Decrypt'],
      resources: [scope.facts['key-arn']],
      when: scope.via('s3'),
    },
    {
      sid: 'Pipeline',
      actions: [
        'codepipeline:GetPipeline',
        'codepipeline:GetPipelineExecution',
        'codepipeline:ListActionExecutions',
        'codepipeline:ListPipelineExecutions',
      ],
      resources: [scope.arn('codepipeline', host)],
    },
    {
      sid: 'Deployments',
      actions: [
        'codedeploy:BatchGetDeployments',
        'codedeploy:BatchGetDeploymentTargets',
        'codedeploy:GetDeployment',
        'codedeploy:GetDeploymentGroup',
        'codedeploy:ListDeploymentTargets',
      ],
      resources: deploymentArns(scope),
    },
  ];
}

/** The tenant's CodeDeploy application and its one deployment group. */
export function deploymentArns(scope: Scope): string[] {
  return [
    scope.arn('codedeploy', `application:${scope.host}`),
    scope.arn('codedeploy', `deploymentgroup:${scope.host}/${scope.host}`),
  ];
}

/** Objects in which CodePipeline stores the tenant's artifacts. */
export function artifactObjects(scope: Scope): string[] {
  return scope.objects(`*/${names.artifact(scope.place)}/*`);
}

/** Why `artifactObjects` has wildcards. */
export const artifactReason =
  "CodePipeline chooses the first and the last part of the key; between them is the artifact's name, which only this tenant has.";

/** The tenant's revisions, and the description of the push stored beside each. */
export function revisionObjects(scope: Scope): string[] {
  return scope.objects(keys.revision(scope.place.tenant, '*').replace('*.zip', '*'));
}
