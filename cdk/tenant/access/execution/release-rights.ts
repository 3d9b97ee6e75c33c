import type { Right } from '../../../role.ts';
import { deploymentArns } from '../common-rights.ts';
import type { Scope } from '../tenant-scope.ts';

/** CodeDeploy, CodePipeline and the topic that approvals are requested through. */
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
    {
      sid: 'CodePipeline',
      actions: [
        'codepipeline:CreatePipeline',
        'codepipeline:DeletePipeline',
        'codepipeline:GetPipeline',
        'codepipeline:GetPipelineState',
        'codepipeline:ListTagsForResource',
        'codepipeline:TagResource',
        'codepipeline:UntagResource',
        'codepipeline:UpdatePipeline',
      ],
      resources: [scope.arn('codepipeline', scope.host), scope.arn('codepipeline', `${scope.host}/*`)],
      because: "The tenant's own pipeline, and its stages and actions.",
    },
    {
      sid: 'Approvals',
      actions: [
        'sns:CreateTopic',
        'sns:DeleteTopic',
        'sns:GetDataProtectionPolicy',
        'sns:GetTopicAttributes',
        'sns:ListSubscriptionsByTopic',
        'sns:ListTagsForResource',
        'sns:SetTopicAttributes',
        'sns:TagResource',
        'sns:UntagResource',
      ],
      resources: [scope.arn('sns', `${scope.host}-approvals`)],
    },
  ];
}
