import { names } from '../../../../scripts/config/names.ts';
import type { Condition, Right } from '../../../role.ts';
import type { Scope } from '../tenant-scope.ts';

/** The Auto Scaling group, its launch template, security groups and alarms. */
export function instanceRights(scope: Scope): Right[] {
  return [...ec2Rights(scope), ...groupRights(scope)];
}

/**
 * CloudFormation tags a security group in the call that creates it (`tagOnCreate` in the schema of AWS::EC2::SecurityGroup),
 * and a launch template too, by its TagSpecifications.
 */
function ec2Rights(scope: Scope): Right[] {
  return [
    {
      sid: 'Make',
      actions: ['ec2:CreateLaunchTemplate', 'ec2:CreateSecurityGroup'],
      resources: scope.ec2('launch-template', 'security-group'),
      when: scope.requestTags,
      because: 'The ids do not exist yet; the request must set the tags.',
    },
    { sid: 'MakeIn', actions: ['ec2:CreateSecurityGroup'], resources: [scope.vpc] },
    {
      sid: 'TagNew',
      actions: ['ec2:CreateTags'],
      resources: scope.anything,
      when: scope.tagsOnCreation('CreateLaunchTemplate', 'CreateSecurityGroup', 'RunInstances'),
      because: 'Only in the call that creates the resource.',
    },
    {
      sid: 'Own',
      actions: [
        'ec2:AuthorizeSecurityGroupEgress',
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:CreateLaunchTemplateVersion',
        'ec2:CreateTags',
        'ec2:DeleteLaunchTemplate',
        'ec2:DeleteSecurityGroup',
        'ec2:DeleteTags',
        'ec2:ModifyLaunchTemplate',
        'ec2:RevokeSecurityGroupEgress',
        'ec2:RevokeSecurityGroupIngress',
        // Auto Scaling checks that its caller may launch what the launch template names.
        'ec2:RunInstances',
        'ec2:UpdateSecurityGroupRuleDescriptionsEgress',
        'ec2:UpdateSecurityGroupRuleDescriptionsIngress',
      ],
      resources: scope.anything,
      when: scope.resourceTags,
      because: "Any resource with the tenant's tags; the boundary compares the tags it is given.",
    },
    {
      sid: 'NewRules',
      actions: ['ec2:AuthorizeSecurityGroupEgress', 'ec2:AuthorizeSecurityGroupIngress'],
      resources: scope.ec2('security-group-rule'),
      because: "A rule has no id before it is created; Own requires that its group is the tenant's.",
    },
  ];
}

function groupRights(scope: Scope): Right[] {
  const resources = [scope.arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${scope.host}`)];
  const because = "The tenant's own group; AWS puts an id before its name.";
  return [
    {
      sid: 'LimitedGroup',
      actions: [
        'autoscaling:AttachLoadBalancerTargetGroups',
        'autoscaling:AttachTrafficSources',
        'autoscaling:CreateAutoScalingGroup',
        'autoscaling:UpdateAutoScalingGroup',
      ],
      resources,
      when: groupLimits(scope),
      because,
    },
    {
      // Neither a launch configuration nor a copy of an instance: a new group has a version of a launch template.
      sid: 'PlainGroup',
      deny: true,
      actions: ['autoscaling:CreateAutoScalingGroup'],
      resources,
      when: { Null: { 'autoscaling:LaunchTemplateVersionSpecified': 'true' } },
      because,
    },
    {
      sid: 'NewestVersionGroup',
      deny: true,
      actions: ['autoscaling:CreateAutoScalingGroup'],
      resources,
      when: { Bool: { 'autoscaling:LaunchTemplateVersionSpecified': 'false' } },
      because,
    },
    {
      sid: 'Group',
      actions: [
        'autoscaling:CreateOrUpdateTags',
        'autoscaling:DeleteAutoScalingGroup',
        'autoscaling:DeletePolicy',
        'autoscaling:DeleteTags',
        'autoscaling:DetachLoadBalancerTargetGroups',
        'autoscaling:DetachTrafficSources',
        'autoscaling:PutScalingPolicy',
        'autoscaling:ResumeProcesses',
        'autoscaling:SuspendProcesses',
      ],
      resources,
      because,
    },
    ...alarmRights(scope),
  ];
}

/**
 * CloudWatch stops instances and calls topics and functions on behalf of the alarm's creator; the key has the actions for
 * all three states (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-alarm-actions.html).
 */
function alarmRights(scope: Scope): Right[] {
  const resources = [scope.arn('cloudwatch', `alarm:${names.tenantStack(scope.place, 'host')}-*`)];
  const because = "The tenant's own alarms; their names begin with the stack's.";
  return [
    {
      sid: 'PutAlarms',
      actions: ['cloudwatch:PutMetricAlarm'],
      resources,
      // Only notify the platform's people.
      when: { 'ForAllValues:StringEquals': { 'cloudwatch:AlarmActions': [scope.facts['alerts-topic']] } },
      because,
    },
    {
      sid: 'Alarms',
      actions: [
        'cloudwatch:DeleteAlarms',
        'cloudwatch:ListTagsForResource',
        'cloudwatch:TagResource',
        'cloudwatch:UntagResource',
      ],
      resources,
      because,
    },
  ];
}

/**
 * Auto Scaling registers instances with a role of AWS's own: only its keys say with which target groups. No call has all keys,
 * and a missing key decides nothing
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html).
 */
function groupLimits(scope: Scope): Condition {
  const size = String(scope.limits.max_instances);
  return {
    'ForAllValues:ArnLike': { 'autoscaling:TargetGroupARNs': scope.targetGroup },
    'ForAllValues:StringLike': { 'autoscaling:TrafficSourceIdentifiers': scope.targetGroup },
    // Auto Scaling checks what its caller may launch when a group gets a version, but not when `$Latest` changes
    // (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html).
    BoolIfExists: { 'autoscaling:LaunchTemplateVersionSpecified': 'true' },
    Null: { 'autoscaling:LaunchConfigurationName': 'true' },
    NumericLessThanEqualsIfExists: { 'autoscaling:MaxSize': size, 'autoscaling:MinSize': size },
    'ForAllValues:StringEquals': {
      'autoscaling:InstanceTypes': scope.limits.instance_types,
      'autoscaling:VPCZoneIdentifiers': scope.facts['egress-subnet-ids'],
    },
  };
}
