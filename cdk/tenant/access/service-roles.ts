import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { hostLogs, names } from '../../../scripts/config/names.ts';
import { anyBranchTrust, type GitlabProject } from '../../gitlab-trust.ts';
import { type ListedPolicy, type Right, serviceTrust } from '../../role.ts';
import { agentRights } from '../../ssm-agent.ts';
import { artifactObjects, artifactReason, deploymentArns, revisionObjects } from './common-rights.ts';
import { tenantRole } from './tenant-role.ts';
import type { Scope } from './tenant-scope.ts';

/** The role of jobs on any branch. It only reads, so that a job can show what a deploy would change. */
export function planRole(
  parent: Construct,
  scope: Scope,
  projects: readonly [GitlabProject, ...GitlabProject[]],
  reading: ListedPolicy,
  isPromoted: boolean,
): CfnRole {
  const { environment } = scope.place;
  const policies = [names.driftPolicy(environment), ...(isPromoted ? [names.promotedPolicy(environment)] : [])];
  return tenantRole(parent, {
    scope,
    role: 'plan',
    description: `Jobs of ${projects.map(({ path }) => path).join(' and ')} on any branch: read only`,
    trust: anyBranchTrust(scope, ...projects),
    rights: [],
    attached: [reading],
    foreign: policies.map((name) => scope.globalArn('iam', `policy/${name}`)),
  });
}

/** The role of the virtual host's instances: download revisions, read the database's secret, be managed by SSM. */
export function instanceRole(parent: Construct, scope: Scope): CfnRole {
  return tenantRole(parent, {
    scope,
    role: 'instance',
    description: `Instances of ${scope.host}`,
    trust: serviceTrust('ec2'),
    rights: [
      ...agentRights(scope),
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
        because: "AWS's public bucket with the CodeDeploy agent; the keys of its objects contain the version.",
      },
      {
        sid: 'Database',
        actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
        resources: [scope.arn('secretsmanager', `secret:${names.databaseSecret(scope.place)}-??????`)],
        because: "AWS appends six characters to the secret's name when it is created.",
      },
      {
        sid: 'RotatedDatabase',
        actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
        resources: [scope.rotatedSecrets],
        when: scope.ofOwnDatabase('StringEquals'),
        because: "RDS chooses the secret's name, and tags it with the database, here the tenant's own.",
      },
      {
        // What the CloudWatch agent calls for groups that exist and have a retention
        // (https://github.com/aws/amazon-cloudwatch-agent/blob/main/plugins/outputs/cloudwatchlogs/internal/pusher/target.go).
        sid: 'Logs',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: hostLogs.map((log) => scope.arn('logs', `log-group:${names.hostLogGroup(scope.place, log)}:*`)),
        because: "Any stream of the tenant's own two log groups: an agent names them after instances and files.",
      },
      {
        // GenerateDataKey: to write to the tenant's own bucket, whose policy grants everything else.
        sid: 'Key',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [scope.facts['key-arn']],
        when: scope.via('s3', 'secretsmanager'),
      },
    ],
  });
}

/** The role of the pipeline: read the revision, ask for approval, create the deployment. */
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
        because: "The tenant's revisions; their keys are hashes of the content.",
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
        because: 'The deployment configurations that AWS predefines.',
      },
      { sid: 'AskForApproval', actions: ['sns:Publish'], resources: [scope.arn('sns', `${scope.host}-approvals`)] },
    ],
  });
}

/** The role of CodeDeploy: deregister the tenant's instances from the target group and register them again. */
export function codedeployRole(parent: Construct, scope: Scope, launching: ListedPolicy): CfnRole {
  return tenantRole(parent, {
    scope,
    role: 'codedeploy',
    description: `Deployments of ${scope.host}`,
    trust: serviceTrust('codedeploy'),
    attached: [launching],
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
        because: 'AWS grants these reads for all resources or for none.',
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
        because: "The tenant's own group; AWS puts an id before its name.",
      },
      {
        sid: 'Targets',
        actions: ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'],
        resources: [scope.targetGroup],
        because: "The tenant's own target group; its ARN ends in an id that AWS chooses.",
      },
      ...templateRights(scope),
    ],
  });
}

/**
 * What AWS's page requires if the group has a launch template: to launch, to tag what is launched, to pass its role
 * (https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-service-role.html). No more than the group itself
 * may launch; the rest is `launchRights`.
 */
function templateRights(scope: Scope): Right[] {
  return [
    {
      sid: 'StartFromOwn',
      actions: ['ec2:RunInstances'],
      resources: [...scope.images(), ...scope.ec2('launch-template', 'security-group')],
      when: scope.resourceTags,
      because: "Any resource with the tenant's tags.",
    },
    {
      sid: 'TagNew',
      actions: ['ec2:CreateTags'],
      resources: scope.ec2('instance', 'volume'),
      when: scope.tagsOnCreation('RunInstances'),
      because: 'Only in the call that creates the resource.',
    },
    {
      sid: 'PassInstance',
      actions: ['iam:PassRole'],
      resources: [scope.roleArn('instance')],
      when: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
  ];
}
