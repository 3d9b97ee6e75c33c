import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';
import { anyBranchTrust, type GitlabProject } from '../../gitlab-trust.ts';
import { serviceTrust } from '../../role.ts';
import { artifactObjects, artifactReason, deploymentArns, reading, revisionObjects } from './common-rights.ts';
import { tenantRole } from './tenant-role.ts';
import type { Scope } from './tenant-scope.ts';

/** The role of jobs on any branch: they may look, and so show what a deploy would change. */
export function planRole(parent: Construct, scope: Scope, project: GitlabProject): CfnRole {
  return tenantRole(parent, {
    scope,
    role: 'plan',
    description: `Jobs of ${project.path} on any branch: they read`,
    trust: anyBranchTrust(scope, project),
    rights: reading(scope),
  });
}

/** The role of the virtual host's instances: fetch revisions, read their database's secret, be managed by SSM. */
export function instanceRole(parent: Construct, scope: Scope): CfnRole {
  return tenantRole(parent, {
    scope,
    role: 'instance',
    description: `Instances of ${scope.host}`,
    trust: serviceTrust('ec2'),
    awsPolicies: [
      { name: 'AmazonSSMManagedInstanceCore', because: 'AWS keeps this policy in step with the SSM agent.' },
    ],
    rights: [
      {
        sid: 'Revisions',
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: artifactObjects(scope),
        because: artifactReason,
      },
      {
        sid: 'CodeDeployAgent',
        actions: ['s3:GetObject'],
        resources: [scope.agentObjects()],
        because: "AWS's public bucket with the CodeDeploy agent; the names of its objects carry versions.",
      },
      {
        sid: 'Database',
        actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
        resources: [scope.arn('secretsmanager', `secret:${names.databaseSecret(scope.place)}-??????`)],
      },
      {
        sid: 'Decrypt',
        actions: ['kms:Decrypt'],
        resources: [scope.facts['key-arn']],
        when: scope.via('s3', 'secretsmanager'),
      },
    ],
  });
}

/** The role of the pipeline: from the revision in the bucket to a deployment. */
export function pipelineRole(parent: Construct, scope: Scope): CfnRole {
  return tenantRole(parent, {
    scope,
    role: 'pipeline',
    description: `Pipeline of ${scope.host}`,
    trust: serviceTrust('codepipeline', { StringEquals: { 'aws:SourceAccount': scope.account } }),
    rights: [
      {
        sid: 'Bucket',
        actions: ['s3:GetBucketAcl', 's3:GetBucketLocation', 's3:GetBucketVersioning'],
        resources: scope.objects(''),
      },
      {
        sid: 'Source',
        actions: ['s3:GetObject', 's3:GetObjectTagging', 's3:GetObjectVersion', 's3:GetObjectVersionTagging'],
        resources: revisionObjects(scope),
        because: "The tenant's revisions are named by their content.",
      },
      {
        sid: 'Artifacts',
        actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
        resources: artifactObjects(scope),
        because: artifactReason,
      },
      {
        sid: 'Encryption',
        actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
        resources: [scope.facts['key-arn']],
        when: scope.via('s3', 'sns'),
      },
      {
        sid: 'Deploy',
        actions: [
          'codedeploy:CreateDeployment',
          'codedeploy:GetApplication',
          'codedeploy:GetApplicationRevision',
          'codedeploy:GetDeployment',
          'codedeploy:GetDeploymentConfig',
          'codedeploy:RegisterApplicationRevision',
        ],
        resources: [...deploymentArns(scope), scope.arn('codedeploy', 'deploymentconfig:*')],
        because: "AWS's own deployment configurations.",
      },
      { sid: 'AskForApproval', actions: ['sns:Publish'], resources: [scope.arn('sns', `${scope.host}-approvals`)] },
    ],
  });
}

/** The role of CodeDeploy: take the tenant's instances out of the target group and put them back. */
export function codedeployRole(parent: Construct, scope: Scope): CfnRole {
  return tenantRole(parent, {
    scope,
    role: 'codedeploy',
    description: `Deployments of ${scope.host}`,
    trust: serviceTrust('codedeploy'),
    rights: [
      {
        sid: 'Look',
        actions: [
          'autoscaling:Describe*',
          'cloudwatch:DescribeAlarms',
          'ec2:Describe*',
          'elasticloadbalancing:Describe*',
          'tag:GetResources',
        ],
        resources: ['*'],
        because: 'Reads that AWS grants for all resources or none.',
      },
      {
        sid: 'Group',
        actions: [
          'autoscaling:CompleteLifecycleAction',
          'autoscaling:DeleteLifecycleHook',
          'autoscaling:PutLifecycleHook',
          'autoscaling:RecordLifecycleActionHeartbeat',
          'autoscaling:ResumeProcesses',
          'autoscaling:SuspendProcesses',
        ],
        resources: [scope.arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${scope.host}`)],
        because: "The tenant's own group; AWS puts an id before the name.",
      },
      {
        sid: 'Targets',
        actions: ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'],
        resources: [scope.arn('elasticloadbalancing', 'targetgroup/vendhost-*/*')],
        when: scope.tagged,
        because: "Whatever target group carries the tenant's tag.",
      },
    ],
  });
}
