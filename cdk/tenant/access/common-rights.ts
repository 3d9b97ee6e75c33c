import { hostLogs, keys, names } from '../../../scripts/config/names.ts';
import type { Right } from '../../role.ts';
import { switchReads } from './switch-rights.ts';
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
        'autoscaling:DescribeLaunchConfigurations',
        'autoscaling:DescribeScalingActivities',
        'codedeploy:BatchGetDeploymentTargets',
        'codedeploy:ListDeploymentTargets',
        'ec2:DescribeImages',
        'ec2:DescribeInstances',
        'ec2:DescribeKeyPairs',
        'ec2:DescribeLaunchTemplates',
        'ec2:DescribeLaunchTemplateVersions',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSnapshots',
        'elasticloadbalancing:DescribeTargetGroups',
        'elasticloadbalancing:DescribeTargetHealth',
        'rds:DescribeAccountAttributes',
      ],
      resources: ['*'],
      because: `AWS grants these reads for all resources or for none. ${anyDeployment}`,
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
      sid: 'Data',
      actions: [
        'logs:ListTagsForResource',
        'rds:DescribeDBInstances',
        'rds:DescribeDBParameterGroups',
        'secretsmanager:DescribeSecret',
      ],
      resources: [
        ...names.databaseLogs(place).map((log) => scope.arn('logs', `log-group:${log}`)),
        scope.arn('rds', `db:${host}`),
        scope.arn('rds', `pg:${names.databaseParameters(place)}`),
        scope.arn('secretsmanager', `secret:${names.databaseSecret(place)}-??????`),
      ],
      because:
        "Whether the tenant's data is there, not what is in it; AWS appends six characters to the secret's name.",
    },
    {
      sid: 'Logs',
      actions: ['logs:FilterLogEvents'],
      resources: hostLogs.map((log) => scope.arn('logs', `log-group:${names.hostLogGroup(place, log)}:*`)),
      because: "All streams of the tenant's own two log groups.",
    },
    {
      sid: 'List',
      actions: ['s3:ListBucket'],
      resources: scope.objects(''),
      // Without a prefix a listing would show everybody's objects, so it is refused; `ConditionalObjects` tells absence apart.
      when: {
        StringLike: {
          's3:prefix': [
            `${keys.auditRecords(tenant)}*`,
            'claims/*',
            `infrastructure/${tenant}/*`,
            `software/${tenant}/*`,
          ],
        },
      },
    },
    {
      sid: 'Read',
      actions: ['s3:GetObject'],
      resources: scope.objects(
        `${keys.auditRecords(tenant)}*`,
        'claims/*',
        `infrastructure/${tenant}/*`,
        `software/${tenant}/*`,
      ),
      because: "Every tenant may read all claims; the rest is the tenant's own.",
    },
    {
      sid: 'Decrypt',
      actions: ['kms:Decrypt'],
      resources: [scope.facts['key-arn']],
      // A build reads the secret that it clones with.
      when: scope.isBuilt ? scope.via('s3', 'secretsmanager') : scope.via('s3'),
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
        'codedeploy:GetDeployment',
        'codedeploy:GetDeploymentGroup',
        'codedeploy:ListDeployments',
      ],
      resources: deploymentArns(scope),
    },
    ...switchReads(scope),
  ];
}

/**
 * CodeDeploy's user guide authorizes these calls on the deployment group, the service authorization reference on nothing
 * (https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html,
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html).
 */
export const anyDeployment =
  "AWS's references differ in the resource of this call; the id of a deployment cannot be guessed.";

/** The tenant's CodeDeploy application and its one deployment group. */
export function deploymentArns(scope: Scope): string[] {
  return [
    scope.arn('codedeploy', `application:${scope.host}`),
    scope.arn('codedeploy', `deploymentgroup:${scope.host}/${scope.host}`),
  ];
}

/** Objects in which CodePipeline stores the tenant's artifacts. */
export function artifactObjects(scope: Scope): string[] {
  return scope.objects(`${keys.artifacts(scope.place)}*`);
}

/** Why `artifactObjects` has wildcards. */
export const artifactReason =
  "CodePipeline chooses the last part of the key; before it is the artifact's name, which only this tenant has.";

/** The tenant's revisions, and the description of the push stored beside each. */
export function revisionObjects(scope: Scope): string[] {
  return scope.objects(keys.revision(scope.place.tenant, '*').replace('*.zip', '*'));
}
