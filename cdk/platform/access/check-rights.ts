import type { Right } from '../../role.ts';
import type { PlatformScope } from './platform-scope.ts';

/**
 * What `vendhost drift check` reads beyond stacks: groups, images, alarms and the account's quotas. Only lists and numbers; none
 * of these calls returns the content of an image, an object or a secret. Only the plan role has them. It also has
 * `platformDriftRights`, whose permissions are not repeated here because the template has little room.
 */
export function checkRights(scope: PlatformScope): Right[] {
  const all = `vendhost-${scope.environment}-*`;
  return [
    {
      sid: 'Check',
      actions: [
        'cloudwatch:DescribeAlarms',
        'ec2:DescribeImages',
        'ec2:DescribeInstances',
        'ec2:DescribeLaunchTemplateVersions',
      ],
      resources: ['*'],
      because: 'AWS grants these reads for all resources or for none; alarms are found by how their names begin.',
    },
    {
      sid: 'Quotas',
      actions: [
        'cloudformation:DescribeAccountLimits',
        'iam:GetAccountSummary',
        'rds:DescribeAccountAttributes',
        'servicequotas:GetAWSDefaultServiceQuota',
        'servicequotas:GetServiceQuota',
      ],
      resources: ['*'],
      because: 'What the account may have, and how much of it is used: quotas are of the account.',
    },
    {
      sid: 'CheckTenants',
      actions: ['cloudformation:DescribeStacks', 'codedeploy:GetDeploymentGroup', 'sns:ListSubscriptionsByTopic'],
      resources: [
        scope.arn('cloudformation', `stack/vendhost-${scope.environment}-*-host/*`),
        scope.arn('codedeploy', `deploymentgroup:${all}/${all}`),
        scope.arn('sns', all),
      ],
      because: "Every tenant's host stack and deployment group, and the environment's topics.",
    },
  ];
}
