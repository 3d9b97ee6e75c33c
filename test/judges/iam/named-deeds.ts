import type { TenantRole } from '../../../scripts/config/names.ts';
import { shortOf, step, via } from './cases.ts';
import type { Tenant } from './owners.ts';
import type { Context, Step } from './simulate.ts';
import * as things from './things.ts';

/**
 * What a role may do to its own tenant's things, which are known by their names. The same done to the things of anybody
 * else is an attack: so each line is tried from both sides, and what is refused is refused for whose it is.
 */
interface Deed {
  readonly role: TenantRole;
  readonly to: (owner: Tenant) => things.Thing;
  readonly actions: readonly string[];
  readonly given?: (self: Tenant) => Context;
}

const deeds: readonly Deed[] = [
  ...(['deploy', 'plan'] as const).flatMap((role) => looking(role)),
  ...pushing(),
  ...provisioning(),
  ...releasing(),
  ...executing(),
  ...serving(),
  ...recording(),
  { role: 'intake', to: things.pipeline, actions: ['codepipeline:StartPipelineExecution'] },
  { role: 'deploy', to: things.switchDocument, actions: ['ssm:StartAutomationExecution'] },
  {
    role: 'deploy',
    to: (owner) => things.role(owner, 'switch'),
    actions: ['iam:PassRole'],
    given: () => ({ 'iam:PassedToService': 'ssm.amazonaws.com' }),
  },
  { role: 'switch', to: things.listenerRule, actions: ['elasticloadbalancing:ModifyRule'] },
];

/** A call of `self` that concerns `owner`. */
export interface NamedCall {
  readonly name: string;
  readonly step: Step;
}

/** Every deed of a tenant's roles, done to the things of an owner: its own, or another's. */
export function namedCalls(self: Tenant, owner: Tenant): NamedCall[] {
  return deeds.flatMap(({ role, to, actions, given }) =>
    actions.map((action) => {
      const thing = to(owner);
      return {
        name: `${role} of ${self.name}: ${action} ${shortOf(thing.on)}`,
        step: step(things.roleName(self, role), action, thing, given?.(self)),
      };
    }),
  );
}

function looking(role: 'deploy' | 'plan'): Deed[] {
  return [
    ...(['access', 'data', 'host'] as const).map((layer) => ({
      role,
      to: (owner: Tenant) => things.stack(owner, layer),
      actions: [
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStacks',
        'cloudformation:GetStackPolicy',
        'cloudformation:GetTemplate',
      ],
    })),
    { role, to: things.secret, actions: ['secretsmanager:DescribeSecret'] },
    { role, to: things.database, actions: ['rds:DescribeDBInstances'] },
    { role, to: things.databaseLogs, actions: ['logs:ListTagsForResource'] },
    { role, to: things.revision, actions: ['s3:GetObject'] },
    { role, to: things.imageRecord, actions: ['s3:GetObject'] },
    { role, to: things.auditRecord, actions: ['s3:GetObject'] },
    {
      role,
      to: things.pipeline,
      actions: [
        'codepipeline:GetPipeline',
        'codepipeline:GetPipelineExecution',
        'codepipeline:ListActionExecutions',
        'codepipeline:ListPipelineExecutions',
      ],
    },
    {
      role,
      to: things.deploymentGroup,
      actions: [
        'codedeploy:GetDeploymentGroup',
        'codedeploy:GetDeployment',
        'codedeploy:BatchGetDeployments',
        'codedeploy:ListDeployments',
      ],
    },
  ];
}

function pushing(): Deed[] {
  return [
    ...[things.revision, things.push, things.imageRecord].map((to) => ({
      role: 'deploy' as const,
      to,
      actions: ['s3:PutObject'],
    })),
    { role: 'deploy', to: things.revision, actions: ['s3:AbortMultipartUpload'] },
    { role: 'deploy', to: things.bakeLease, actions: ['s3:PutObject', 's3:DeleteObject'] },
  ];
}

function provisioning(): Deed[] {
  const withRole = (self: Tenant) => ({ 'cloudformation:RoleArn': things.role(self, 'execution').on });
  return [
    ...(['data', 'host'] as const).flatMap((layer): Deed[] => {
      const to = (owner: Tenant) => things.stack(owner, layer);
      return [
        { role: 'deploy', to, actions: ['cloudformation:CreateStack', 'cloudformation:UpdateStack'], given: withRole },
        {
          role: 'deploy',
          to,
          actions: [
            'cloudformation:CancelUpdateStack',
            'cloudformation:ContinueUpdateRollback',
            'cloudformation:DeleteStack',
            'cloudformation:SetStackPolicy',
            'cloudformation:UpdateTerminationProtection',
          ],
        },
      ];
    }),
    {
      role: 'deploy',
      to: (owner) => things.role(owner, 'execution'),
      actions: ['iam:PassRole'],
      given: () => ({ 'iam:PassedToService': 'cloudformation.amazonaws.com' }),
    },
    {
      role: 'deploy',
      to: things.group,
      actions: [
        'autoscaling:StartInstanceRefresh',
        'autoscaling:RollbackInstanceRefresh',
        'autoscaling:TerminateInstanceInAutoScalingGroup',
      ],
    },
    // The health check.
    { role: 'deploy', to: things.targetGroup, actions: ['elasticloadbalancing:ModifyTargetGroup'] },
  ];
}

function releasing(): Deed[] {
  return [
    {
      role: 'deploy',
      to: things.pipeline,
      actions: ['codepipeline:StartPipelineExecution', 'codepipeline:StopPipelineExecution'],
    },
  ];
}

/** CloudFormation with the execution role, by the permissions that the registry's handlers ask for. */
function executing(): Deed[] {
  const passing = { instance: 'ec2', codedeploy: 'codedeploy' } as const;
  const role = 'execution';
  return [
    ...Object.entries(passing).flatMap(([name, service]): Deed[] => {
      const to = (owner: Tenant) => things.role(owner, name as keyof typeof passing);
      const given = () => ({ 'iam:PassedToService': `${service}.amazonaws.com` });
      return [{ role, to, actions: ['iam:PassRole'], given }];
    }),
    {
      role,
      to: things.group,
      actions: ['autoscaling:CreateAutoScalingGroup'],
      given: () => ({ 'autoscaling:LaunchTemplateVersionSpecified': 'true' }),
    },
    {
      role,
      to: things.group,
      actions: [
        'autoscaling:CreateOrUpdateTags',
        'autoscaling:DeleteAutoScalingGroup',
        'autoscaling:DeleteTags',
        'autoscaling:DetachTrafficSources',
        'autoscaling:PutScalingPolicy',
        'autoscaling:DeletePolicy',
        'autoscaling:ResumeProcesses',
        'autoscaling:SuspendProcesses',
        'autoscaling:UpdateAutoScalingGroup',
      ],
    },
    {
      role,
      to: things.alarm,
      actions: [
        'cloudwatch:DeleteAlarms',
        'cloudwatch:ListTagsForResource',
        'cloudwatch:PutMetricAlarm',
        'cloudwatch:TagResource',
        'cloudwatch:UntagResource',
      ],
    },
    {
      role,
      to: things.database,
      actions: ['rds:AddTagsToResource', 'rds:ModifyDBInstance', 'rds:RebootDBInstance', 'rds:RemoveTagsFromResource'],
    },
    {
      role,
      to: (owner) => things.databaseGroup(owner, 'pg'),
      actions: [
        'rds:CreateDBParameterGroup',
        'rds:DeleteDBParameterGroup',
        'rds:ListTagsForResource',
        'rds:ModifyDBParameterGroup',
        'rds:ResetDBParameterGroup',
      ],
    },
    {
      role,
      to: things.secret,
      actions: [
        'secretsmanager:CreateSecret',
        'secretsmanager:DeleteSecret',
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:TagResource',
        'secretsmanager:UntagResource',
        'secretsmanager:UpdateSecret',
      ],
    },
    {
      role,
      to: things.databaseLogs,
      actions: [
        'logs:AssociateKmsKey',
        'logs:CreateLogGroup',
        'logs:DeleteLogGroup',
        'logs:DisassociateKmsKey',
        'logs:GetDataProtectionPolicy',
        'logs:ListTagsForResource',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
        'logs:UntagResource',
      ],
    },
    {
      role,
      to: things.application,
      actions: [
        'codedeploy:CreateApplication',
        'codedeploy:DeleteApplication',
        'codedeploy:GetApplication',
        'codedeploy:TagResource',
        'codedeploy:UntagResource',
      ],
    },
    {
      role,
      to: things.deploymentGroup,
      actions: [
        'codedeploy:CreateDeploymentGroup',
        'codedeploy:DeleteDeploymentGroup',
        'codedeploy:GetDeploymentGroup',
        'codedeploy:UpdateDeploymentGroup',
      ],
    },
  ];
}

/** Who acts on a tenant's host or releases records it, in a new object each time. */
function recording(): Deed[] {
  const given = () => ({ 's3:if-none-match': '*' });
  return (['deploy', 'approver'] as const).map((role) => ({
    role,
    to: things.auditRecord,
    actions: ['s3:PutObject'],
    given,
  }));
}

/** What instances, the pipeline and CodeDeploy do for a tenant. */
function serving(): Deed[] {
  return [
    { role: 'instance', to: things.artifact, actions: ['s3:GetObject', 's3:GetObjectVersion'] },
    {
      role: 'instance',
      to: things.secret,
      actions: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
    },
    {
      role: 'instance',
      to: things.rotatedSecret,
      actions: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
    },
    { role: 'pipeline', to: things.revision, actions: ['s3:GetObject', 's3:GetObjectVersion'] },
    { role: 'pipeline', to: things.artifact, actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'] },
    {
      role: 'pipeline',
      to: things.deploymentGroup,
      actions: ['codedeploy:CreateDeployment', 'codedeploy:GetDeployment'],
    },
    {
      role: 'pipeline',
      to: things.application,
      actions: ['codedeploy:GetApplication', 'codedeploy:RegisterApplicationRevision'],
    },
    { role: 'pipeline', to: things.topic, actions: ['sns:Publish'] },
    {
      role: 'codedeploy',
      to: things.group,
      actions: [
        'autoscaling:CompleteLifecycleAction',
        'autoscaling:DeleteLifecycleHook',
        'autoscaling:PutLifecycleHook',
        'autoscaling:RecordLifecycleActionHeartbeat',
        'autoscaling:ResumeProcesses',
        'autoscaling:SuspendProcesses',
      ],
    },
    {
      role: 'codedeploy',
      to: things.targetGroup,
      actions: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
    },
  ];
}

/** The environment's key, where a service uses it for the caller. */
export const keyUse: readonly { role: TenantRole; service: string; actions: readonly string[] }[] = [
  { role: 'plan', service: 's3', actions: ['kms:Decrypt'] },
  { role: 'deploy', service: 's3', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  {
    role: 'deploy',
    service: 'ec2',
    actions: ['kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:DescribeKey'],
  },
  { role: 'execution', service: 'rds', actions: ['kms:DescribeKey'] },
  { role: 'execution', service: 'secretsmanager', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  { role: 'instance', service: 's3', actions: ['kms:Decrypt'] },
  { role: 'instance', service: 'secretsmanager', actions: ['kms:Decrypt'] },
  { role: 'pipeline', service: 's3', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  { role: 'pipeline', service: 'sns', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
];

export function keyCalls(self: Tenant, environment: { environment: string }): NamedCall[] {
  return keyUse.flatMap(({ role, service, actions }) =>
    actions.map((action) => ({
      name: `${role} of ${self.name}: ${action} by ${service} with the key of ${environment.environment}`,
      step: step(things.roleName(self, role), action, keyOf(environment.environment), via(service)),
    })),
  );
}

function keyOf(environment: string): things.Thing {
  return things.key({ environment, name: environment, tags: () => ({}) });
}
