import { hostLogs, names } from '../../../../scripts/config/names.ts';
import { usualDatabase, usualGroup, usualUpdate } from '../attacks/limits.ts';
import { type Case, giving, step, via } from '../cases.ts';
import { tenant } from '../owners.ts';
import { arn } from '../places.ts';
import type { Step } from '../simulate.ts';
import * as things from '../things.ts';

const self = tenant('shop');
const execution = things.roleName(self, 'execution');
const deploy = things.roleName(self, 'deploy');
const codedeploy = things.roleName(self, 'codedeploy');
const by = execution;
const host = self.tags('host');

/** `host provision`: what CloudFormation asks for the host and data stacks, as the registry's handlers say. */
export function hostCalls(): Case[] {
  const started = [execution, deploy, codedeploy].flatMap((by) => starting(by));
  return [...groups(), ...templates(), ...started, ...scaling(), ...databases(), ...reads(), ...machines(), ...logs()];
}

function allowed(name: string, ...steps: Step[]): Case {
  return { name: `host provision: ${name}`, expected: 'allowed', because: 'The stack needs it.', steps };
}

function groups(): Case[] {
  const group = { on: things.ec2('security-group', self).on };
  const ofData = things.ec2('security-group', self, 'data');
  const own = things.ec2('security-group', self);
  const changes = [
    'AuthorizeSecurityGroupEgress',
    'AuthorizeSecurityGroupIngress',
    'RevokeSecurityGroupEgress',
    'RevokeSecurityGroupIngress',
    'UpdateSecurityGroupRuleDescriptionsEgress',
    'UpdateSecurityGroupRuleDescriptionsIngress',
  ];
  return [
    allowed(
      'makes a security group',
      step(by, 'ec2:CreateSecurityGroup', group, giving(host)),
      step(by, 'ec2:CreateSecurityGroup', things.vpc(self)),
    ),
    allowed(
      'tags a security group as it is made',
      step(by, 'ec2:CreateTags', group, { ...giving(host), 'ec2:CreateAction': 'CreateSecurityGroup' }),
    ),
    ...changes.flatMap((action) => [
      allowed(`${action} of the instances' group`, step(by, `ec2:${action}`, own)),
      allowed(`${action} of the database's group`, step(by, `ec2:${action}`, ofData)),
    ]),
    allowed(
      'writes a rule',
      step(by, 'ec2:AuthorizeSecurityGroupIngress', own),
      step(by, 'ec2:AuthorizeSecurityGroupIngress', things.newEc2('security-group-rule', self)),
    ),
    allowed('deletes a security group', step(by, 'ec2:DeleteSecurityGroup', own)),
    allowed('tags its security group anew', step(by, 'ec2:CreateTags', own, giving(host))),
    allowed('takes a tag of its security group', step(by, 'ec2:DeleteTags', own, { 'aws:TagKeys': ['Name'] })),
  ];
}

function templates(): Case[] {
  const made = { on: things.ec2('launch-template', self).on };
  const own = things.ec2('launch-template', self);
  return [
    allowed('makes the launch template', step(by, 'ec2:CreateLaunchTemplate', made, giving(host))),
    allowed(
      'tags the launch template as it is made',
      step(by, 'ec2:CreateTags', made, { ...giving(host), 'ec2:CreateAction': 'CreateLaunchTemplate' }),
    ),
    allowed('makes a version of the launch template', step(by, 'ec2:CreateLaunchTemplateVersion', own)),
    allowed('changes the launch template', step(by, 'ec2:ModifyLaunchTemplate', own)),
    allowed('deletes the launch template', step(by, 'ec2:DeleteLaunchTemplate', own)),
  ];
}

/**
 * Auto Scaling asks whether its caller may start what the launch template names: *execution*, *deploy* for a roll-out, and by AWS's
 * page *codedeploy*.
 */
function starting(by: string): Case[] {
  const tagged = giving(host);
  const kinds = ['instance', 'volume'] as const;
  return [
    allowed(
      `${by} starts an instance: itself`,
      step(
        by,
        'ec2:RunInstances',
        { on: things.ec2('instance', self).on },
        { 'ec2:InstanceType': 't3.micro', 'ec2:MetadataHttpTokens': 'required', ...tagged },
      ),
    ),
    allowed(
      `${by} starts an instance: its volume`,
      step(by, 'ec2:RunInstances', { on: things.ec2('volume', self).on }, { 'ec2:Encrypted': 'true', ...tagged }),
    ),
    allowed(
      `${by} starts an instance: from the image of its bake`,
      step(by, 'ec2:RunInstances', things.ec2('image', self, 'image'), { 'ec2:Owner': '111111111111' }),
    ),
    allowed(
      `${by} starts an instance: with its launch template`,
      step(by, 'ec2:RunInstances', things.ec2('launch-template', self)),
    ),
    allowed(
      `${by} starts an instance: in its security group`,
      step(by, 'ec2:RunInstances', things.ec2('security-group', self)),
    ),
    allowed(
      `${by} starts an instance: in the egress subnet`,
      step(by, 'ec2:RunInstances', things.subnet(self, 'egress')),
    ),
    allowed(
      `${by} starts an instance: with a network interface`,
      step(by, 'ec2:RunInstances', { on: things.ec2('network-interface', self).on }),
    ),
    ...kinds.map((kind) =>
      allowed(
        `${by} tags an instance as it starts: ${kind}`,
        step(
          by,
          'ec2:CreateTags',
          { on: things.ec2(kind, self).on },
          { ...tagged, 'ec2:CreateAction': 'RunInstances' },
        ),
      ),
    ),
    allowed(
      `${by} gives an instance its role`,
      step(by, 'iam:PassRole', things.role(self, 'instance'), { 'iam:PassedToService': 'ec2.amazonaws.com' }),
    ),
  ];
}

function scaling(): Case[] {
  const own = things.group(self);
  const target = things.targetGroup(self).on;
  return [
    allowed(
      'lets EBS use the key',
      step(by, 'kms:CreateGrant', things.key(self), { 'kms:GrantIsForAWSResource': 'true', ...via('ec2') }),
    ),
    allowed(
      'makes the group',
      step(by, 'autoscaling:CreateAutoScalingGroup', { on: own.on }, { ...usualGroup, ...giving(host) }),
    ),
    allowed('changes the group', step(by, 'autoscaling:UpdateAutoScalingGroup', own, usualUpdate)),
    allowed(
      'changes the size alone',
      step(by, 'autoscaling:UpdateAutoScalingGroup', own, { 'autoscaling:MinSize': '1', 'autoscaling:MaxSize': '4' }),
    ),
    allowed(
      'attaches its target group',
      step(by, 'autoscaling:AttachLoadBalancerTargetGroups', own, { 'autoscaling:TargetGroupARNs': [target] }),
    ),
    allowed(
      'attaches its target group as a traffic source',
      step(by, 'autoscaling:AttachTrafficSources', own, { 'autoscaling:TrafficSourceIdentifiers': [target] }),
    ),
    allowed(
      'detaches its target group',
      step(by, 'autoscaling:DetachLoadBalancerTargetGroups', own, { 'autoscaling:TargetGroupARNs': [target] }),
    ),
  ];
}

function databases(): Case[] {
  const database = { on: things.database(self).on };
  const created = { ...usualDatabase, 'rds:PubliclyAccessible': 'false', ...giving(self.tags('data')) };
  return [
    allowed('makes the database', step(by, 'rds:CreateDBInstance', database, created)),
    allowed(
      'makes the largest database that is granted',
      step(by, 'rds:CreateDBInstance', database, {
        ...created,
        'rds:StorageSize': '100',
        'rds:DatabaseClass': 'db.t4g.small',
      }),
    ),
    allowed(
      'makes the database in its groups',
      step(by, 'rds:CreateDBInstance', things.databaseGroup(self, 'pg')),
      step(by, 'rds:CreateDBInstance', things.databaseSubnets(self)),
    ),
    allowed(
      'changes the class of the database',
      step(by, 'rds:ModifyDBInstance', things.database(self), usualDatabase),
    ),
    allowed('changes a setting of the database', step(by, 'rds:ModifyDBInstance', things.database(self))),
    allowed(
      'has RDS make and tag a secret of its own',
      step(by, 'secretsmanager:CreateSecret', { on: things.rotatedSecret(self).on }),
      step(by, 'secretsmanager:TagResource', { on: things.rotatedSecret(self).on }),
      step(by, 'secretsmanager:TagResource', things.rotatedSecret(self)),
    ),
    ...['rds', 'secretsmanager'].map((service) =>
      allowed(
        `lets RDS use the key, through ${service}`,
        ...['kms:Decrypt', 'kms:GenerateDataKey'].map((action) => step(by, action, things.key(self), via(service))),
        step(by, 'kms:CreateGrant', things.key(self), { 'kms:GrantIsForAWSResource': 'true', ...via(service) }),
      ),
    ),
  ];
}

function reads(): Case[] {
  const anywhere = [
    'autoscaling:DescribeAutoScalingGroups',
    'autoscaling:DescribePolicies',
    'autoscaling:DescribeScalingActivities',
    'cloudwatch:DescribeAlarms',
    'ec2:DescribeAccountAttributes',
    'ec2:DescribeAvailabilityZones',
    'ec2:DescribeInstances',
    'ec2:DescribeInternetGateways',
    'ec2:DescribeLaunchTemplates',
    'ec2:DescribeLaunchTemplateVersions',
    'ec2:DescribeSecurityGroupRules',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSubnets',
    'ec2:DescribeVpcAttribute',
    'ec2:DescribeVpcs',
    'elasticloadbalancing:DescribeTargetGroups',
    'logs:DescribeIndexPolicies',
    'logs:DescribeLogGroups',
    'logs:DescribeResourcePolicies',
    'rds:DescribeDBClusterSnapshots',
    'rds:DescribeDBClusters',
    'rds:DescribeDBEngineVersions',
    'rds:DescribeDBInstanceAutomatedBackups',
    'rds:DescribeDBInstances',
    'rds:DescribeDBParameterGroups',
    'rds:DescribeDBParameters',
    'rds:DescribeDBSnapshots',
    'rds:DescribeDBSubnetGroups',
    'rds:DescribeEngineDefaultParameters',
    'rds:DescribeEvents',
    'secretsmanager:GetRandomPassword',
  ];
  const byName: Readonly<Record<string, things.Thing>> = {
    'rds:DescribeDBInstances': things.database(self),
    'cloudwatch:DescribeAlarms': things.alarm(self),
  };
  const linked = ['autoscaling', 'rds'].map((service) => {
    const role = { on: `arn:aws:iam::111111111111:role/aws-service-role/${service}.amazonaws.com/AWSServiceRole` };
    const given = { 'iam:AWSServiceName': `${service}.amazonaws.com` };
    return allowed(`first use of ${service}`, step(by, 'iam:CreateServiceLinkedRole', role, given));
  });
  return [
    ...anywhere.map((action) => allowed(action, step(by, action, byName[action] ?? '*'))),
    ...linked,
    allowed('looks at the role of instances', step(by, 'iam:GetRole', things.role(self, 'instance'))),
    allowed(
      'looks at the deployment configuration',
      step(by, 'codedeploy:GetDeploymentConfig', {
        on: arn('codedeploy', 'deploymentconfig:CodeDeployDefault.OneAtATime'),
      }),
    ),
  ];
}

/** What the CloudWatch agent of an instance does, and who reads it. */
function logs(): Case[] {
  const needs = (name: string, one: Step): Case => {
    return { name: `logs: ${name}`, expected: 'allowed', because: 'Logs outlive instances.', steps: [one] };
  };
  const instance = things.roleName(self, 'instance');
  return [
    ...hostLogs.flatMap((log) => [
      needs(`a stream in ${log}`, step(instance, 'logs:CreateLogStream', things.hostLogGroup(self, log))),
      needs(`events in ${log}`, step(instance, 'logs:PutLogEvents', things.hostLog(self, log))),
    ]),
    ...(['deploy', 'plan'] as const).map((role) => {
      const reader = things.roleName(self, role);
      return needs(`${role} reads`, step(reader, 'logs:FilterLogEvents', things.hostLogGroup(self)));
    }),
  ];
}

/** What instances and builders do to be managed by SSM, and where they find AWS's agents. */
function machines(): Case[] {
  const readers = [things.roleName(self, 'instance'), names.builderRole('dev')];
  const channels = ['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'];
  const messages = ['AcknowledgeMessage', 'DeleteMessage', 'FailMessage', 'GetEndpoint', 'GetMessages', 'SendReply'];
  const agent = { on: 'arn:aws:s3:::aws-codedeploy-eu-west-1/latest/codedeploy-agent.deb' };
  return readers.flatMap((reader) => {
    const needs = (name: string, one: Step): Case => ({
      name: `${reader}: ${name}`,
      expected: 'allowed',
      because: 'An agent needs it.',
      steps: [one],
    });
    return [
      ...channels.map((action) => needs(action, step(reader, `ssmmessages:${action}`, '*'))),
      ...messages.map((action) => needs(action, step(reader, `ec2messages:${action}`, '*'))),
      needs('UpdateInstanceInformation', step(reader, 'ssm:UpdateInstanceInformation', things.ec2('instance', self))),
      needs('fetches the CodeDeploy agent', step(reader, 's3:GetObject', agent)),
    ];
  });
}
