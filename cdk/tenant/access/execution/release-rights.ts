import type { Right } from '../../../role.ts';
import { deploymentArns } from '../common-rights.ts';
import type { Scope } from '../tenant-scope.ts';

/** CodeDeploy, CodePipeline and the topic of its approvals. */
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
      because: "The tenant's own application and deployment group.",
    },
    {
      sid: 'DeploymentConfigs',
      actions: ['codedeploy:GetDeploymentConfig'],
      resources: [scope.arn('codedeploy', 'deploymentconfig:*')],
      because: "AWS's own deployment configurations.",
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
      because: "The tenant's own pipeline.",
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
      because: "The tenant's own topic.",
    },
  ];
}
