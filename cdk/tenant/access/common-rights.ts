import { keys, names } from '../../../scripts/config/names.ts';
import type { Right } from '../../role.ts';
import type { Scope } from './tenant-scope.ts';

/** AWS knows no resources in most reads of these services. */
const listing = 'Reads that AWS grants for all resources or none.';

/** Rights that both the deploy and the plan role have: to look at what there is. */
export function reading(scope: Scope): Right[] {
  const { place, host } = scope;
  const { environment, tenant } = place;
  const facts = names.factsPath(environment);
  const stacks = (['access', 'data', 'host'] as const).map((layer) =>
    scope.arn('cloudformation', `stack/${names.tenantStack(place, layer)}/*`),
  );
  return [
    {
      sid: 'Facts',
      actions: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'],
      resources: [facts, `${facts}/*`].map((path) => scope.arn('ssm', `parameter${path}`)),
      because: "The platform's facts and the tenants' records; none is a secret.",
    },
    {
      sid: 'Look',
      actions: ['autoscaling:Describe*', 'ec2:Describe*', 'elasticloadbalancing:Describe*'],
      resources: ['*'],
      because: listing,
    },
    {
      sid: 'Stacks',
      actions: [
        'cloudformation:DescribeEvents',
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStackResources',
        'cloudformation:DescribeStacks',
        'cloudformation:GetStackPolicy',
        'cloudformation:GetTemplate',
        'cloudformation:ListStackResources',
      ],
      resources: stacks,
      because: "The tenant's own stacks; an ARN ends in an id that AWS gives.",
    },
    {
      sid: 'List',
      actions: ['s3:ListBucket'],
      resources: scope.objects(''),
      // Reading an object that is not there asks for this right without a prefix; refused, it would be 403, not 404.
      when: {
        StringLikeIfExists: { 's3:prefix': ['claims/*', `infrastructure/${tenant}/*`, `software/${tenant}/*`] },
      },
    },
    {
      sid: 'Read',
      actions: ['s3:GetObject'],
      resources: scope.objects('claims/*', `infrastructure/${tenant}/*`, `software/${tenant}/*`),
      because: "Claims are everyone's to see; the rest is the tenant's own.",
    },
    {
      sid: 'Decrypt',
      actions: ['kms:Decrypt', 'kms:DescribeKey'],
      resources: [scope.facts['key-arn']],
      when: scope.via('s3'),
    },
    {
      sid: 'Pipeline',
      actions: [
        'codepipeline:GetPipeline',
        'codepipeline:GetPipelineExecution',
        'codepipeline:GetPipelineState',
        'codepipeline:ListActionExecutions',
        'codepipeline:ListPipelineExecutions',
      ],
      resources: [scope.arn('codepipeline', host)],
    },
    {
      sid: 'Deployments',
      actions: ['codedeploy:BatchGet*', 'codedeploy:Get*', 'codedeploy:List*'],
      resources: deploymentArns(scope),
      because: "All reads of the tenant's own application.",
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

/** Where the pipeline keeps the tenant's artifacts. */
export function artifactObjects(scope: Scope): string[] {
  return scope.objects(`*/${names.artifact(scope.place)}/*`);
}

/** Why the pattern of `artifactObjects` has wildcards. */
export const artifactReason = "CodePipeline names the folder and the object; the artifact's name is the tenant's own.";

/** The tenant's revisions, and beside each the push it came from. */
export function revisionObjects(scope: Scope): string[] {
  return scope.objects(keys.revision(scope.place.tenant, '*').replace('*.zip', '*'));
}
