import type { Right } from '../../../role.ts';
import { deploymentArns } from '../common-rights.ts';
import type { Scope } from '../tenant-scope.ts';

/** The CodeDeploy application and deployment group. */
export function releaseRights(scope: Scope): Right[] {
  return [
    {
      sid: 'CodeDeploy',
      actions: [
        'codedeploy:CreateApplication',
        'codedeploy:CreateDeploymentGroup',
        'codedeploy:DeleteApplication',
        'codedeploy:DeleteDeploymentGroup',
        'codedeploy:GetApplication',
        'codedeploy:GetDeploymentGroup',
        'codedeploy:ListTagsForResource',
        'codedeploy:TagResource',
        'codedeploy:UntagResource',
        'codedeploy:UpdateApplication',
        'codedeploy:UpdateDeploymentGroup',
      ],
      resources: deploymentArns(scope),
    },
    {
      sid: 'DeploymentConfigs',
      actions: ['codedeploy:GetDeploymentConfig'],
      resources: [scope.arn('codedeploy', 'deploymentconfig:*')],
      because: 'The deployment configurations that AWS predefines.',
    },
  ];
}
