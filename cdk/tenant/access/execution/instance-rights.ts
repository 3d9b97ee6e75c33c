import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { Scope } from '../tenant-scope.ts';

/** The Auto Scaling group, its launch template, security groups and alarms. */
export function instanceRights(scope: Scope): Right[] {
  const ec2 = scope.ec2.bind(scope);
  return [
    {
      sid: 'MakeGroups',
      actions: ['ec2:CreateSecurityGroup'],
      resources: [scope.arn('ec2', `vpc/${scope.facts['vpc-id']}`), ...ec2('security-group')],
      because: 'The id does not exist yet; CloudFormation sets the tag.',
    },
    {
      sid: 'OwnGroups',
      actions: [
        'ec2:AuthorizeSecurityGroupEgress',
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:DeleteSecurityGroup',
        'ec2:RevokeSecurityGroupEgress',
        'ec2:RevokeSecurityGroupIngress',
        'ec2:UpdateSecurityGroupRuleDescriptionsEgress',
        'ec2:UpdateSecurityGroupRuleDescriptionsIngress',
      ],
      resources: ec2('security-group', 'security-group-rule'),
      // CloudFormation may create a group's first rules before it tags the group, and rules have no tags.
      when: scope.resourceTagsIfPresent,
      because: 'Not the groups of the platform or of other tenants: those have their tags.',
    },
    {
      sid: 'Tags',
      actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
      resources: ec2('instance', 'launch-template', 'security-group', 'security-group-rule', 'volume'),
      when: {
        StringEqualsIfExists: {
          ...scope.requestTags.StringEquals,
          ...scope.resourceTagsIfPresent.StringEqualsIfExists,
        },
      },
      because: "Only with the tenant's tag, on resources that are the tenant's or have no owner yet.",
    },
    {
      sid: 'MakeLaunchTemplate',
      actions: ['ec2:CreateLaunchTemplate'],
      resources: ec2('launch-template'),
      when: scope.requestTags,
      because: 'The id does not exist yet; the request must set the tag.',
    },
    ...launchRights(scope),
    {
      sid: 'Group',
      actions: [
        'autoscaling:AttachLoadBalancerTargetGroups',
        'autoscaling:AttachTrafficSources',
        'autoscaling:CreateAutoScalingGroup',
        'autoscaling:CreateOrUpdateTags',
        'autoscaling:DeleteAutoScalingGroup',
        'autoscaling:DeletePolicy',
        'autoscaling:DeleteTags',
        'autoscaling:DetachLoadBalancerTargetGroups',
        'autoscaling:DetachTrafficSources',
        'autoscaling:PutScalingPolicy',
        'autoscaling:ResumeProcesses',
        'autoscaling:SuspendProcesses',
        'autoscaling:UpdateAutoScalingGroup',
      ],
      resources: [scope.arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${scope.host}`)],
      because: "The tenant's own group; AWS puts an id before its name.",
    },
    {
      sid: 'Alarms',
      actions: [
        'cloudwatch:DeleteAlarms',
        'cloudwatch:PutMetricAlarm',
        'cloudwatch:TagResource',
        'cloudwatch:UntagResource',
      ],
      resources: [scope.arn('cloudwatch', `alarm:${names.tenantStack(scope.place, 'host')}-*`)],
      because: "The tenant's own alarms; their names begin with the stack's.",
    },
  ];
}

/** Auto Scaling checks that its caller may launch what the launch template names. */
function launchRights(scope: Scope): Right[] {
  return [
    {
      sid: 'Start',
      actions: ['ec2:RunInstances'],
      resources: scope.ec2('instance', 'volume'),
      when: scope.requestTags,
      because: 'The ids do not exist yet; the launch template sets the tag.',
    },
    {
      sid: 'StartFrom',
      actions: [
        'ec2:CreateLaunchTemplateVersion',
        'ec2:DeleteLaunchTemplate',
        'ec2:ModifyLaunchTemplate',
        'ec2:RunInstances',
      ],
      resources: [...scope.images(), ...scope.ec2('launch-template', 'security-group')],
      when: scope.resourceTags,
      because: "Any resource with the tenant's tag.",
    },
    {
      sid: 'StartIn',
      actions: ['ec2:RunInstances'],
      resources: [
        ...scope.ec2('network-interface'),
        ...scope.facts['egress-subnet-ids'].map((id) => scope.arn('ec2', `subnet/${id}`)),
      ],
      because: 'A network interface is created with the instance and has no tag.',
    },
  ];
}
