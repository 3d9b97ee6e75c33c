import type { RoleTable } from './table.ts';

/** CodeDeploy: instances leave the target group and come back. */
export const tenantCodedeploy: RoleTable = {
  trust: { to: { Service: 'codedeploy.amazonaws.com' }, by: 'sts:AssumeRole' },
  boundary: 'iam:policy/vendhost-dev-boundary',
  awsPolicies: [],
  rights: {
    Look: {
      allow: [
        'autoscaling:Describe*',
        'cloudwatch:DescribeAlarms',
        'ec2:Describe*',
        'elasticloadbalancing:Describe*',
        'tag:GetResources',
      ],
      on: ['*'],
    },
    Group: {
      allow: [
        'autoscaling:CompleteLifecycleAction',
        'autoscaling:DeleteLifecycleHook',
        'autoscaling:PutLifecycleHook',
        'autoscaling:RecordLifecycleActionHeartbeat',
        'autoscaling:ResumeProcesses',
        'autoscaling:SuspendProcesses',
      ],
      on: ['autoscaling:autoScalingGroup:*:autoScalingGroupName/vendhost-dev-shop'],
    },
    Targets: {
      allow: ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'],
      on: ['elasticloadbalancing:targetgroup/vendhost-*/*'],
      when: {
        StringEquals: { 'aws:ResourceTag/vendhost:tenant': 'shop', 'aws:ResourceTag/vendhost:environment': 'dev' },
      },
    },
  },
};
