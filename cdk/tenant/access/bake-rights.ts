import { names } from '../../../scripts/config/names.ts';
import { merge, type Right } from '../../role.ts';
import type { Scope } from './tenant-scope.ts';

/**
 * What a bake calls besides `launchRights`, and what cleans up after it. Everything a bake creates gets the tenant's tags in the creating call,
 * and only resources with these tags can be used or changed: tagging an existing resource would take it from its owner.
 */
export function bakeRights(scope: Scope): Right[] {
  return [...builderRights(scope), ...ownRights(scope)];
}

/**
 * Permissions to launch an instance of the tenant, except on its sources. A job that bakes needs them, and so do CloudFormation and CodeDeploy: Auto
 * Scaling checks that its caller may launch what the launch template names.
 */
export function launchRights(scope: Scope): Right[] {
  const run = ['ec2:RunInstances'];
  return [
    {
      sid: 'Start',
      actions: run,
      resources: scope.ec2('instance'),
      when: scope.newInstance,
      because:
        'The id does not exist yet; the request or the launch template sets the tags, and nothing beyond the limits.',
    },
    {
      sid: 'StartVolume',
      actions: run,
      resources: scope.ec2('volume'),
      when: scope.newVolume,
      because: 'The id does not exist yet; the request or the launch template sets the tags, and encryption.',
    },
    { sid: 'StartIn', actions: run, resources: scope.egressSubnets },
    {
      sid: 'StartWith',
      actions: run,
      resources: scope.ec2('network-interface'),
      when: scope.newInterface,
      because: 'A network interface that is created with the instance.',
    },
  ];
}

/** RunInstances is authorized for every part of an instance: a builder, and the instances of a roll-out. */
function builderRights(scope: Scope): Right[] {
  const builder = scope.globalArn('iam', `role/${names.builderRole(scope.place.environment)}`);
  const run = ['ec2:RunInstances'];
  return [
    {
      sid: 'StartFromSource',
      actions: run,
      resources: scope.images(),
      when: { StringEquals: { 'ec2:Owner': scope.limits.image_owners } },
      because: 'Images of these publishers; an image of the account itself must have the tags, see StartFromOwn.',
    },
    {
      sid: 'StartFromOwn',
      actions: run,
      // The launch template, because Auto Scaling may check what the caller of a roll-out may launch.
      resources: [...scope.images(), ...scope.ec2('key-pair', 'launch-template', 'security-group')],
      when: scope.resourceTags,
      because: "Any resource with the tenant's tags.",
    },
    { sid: 'StartInPublic', actions: run, resources: scope.publicSubnets },
    {
      sid: 'PassBuilder',
      actions: ['iam:PassRole'],
      resources: [builder, scope.roleArn('instance')],
      when: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
  ];
}

/** Key pair, security group and image, and resources that have had the tenant's tags since they were created. */
function ownRights(scope: Scope): Right[] {
  return [
    {
      sid: 'Make',
      actions: ['ec2:CreateImage', 'ec2:CreateKeyPair', 'ec2:CreateSecurityGroup'],
      resources: [...scope.images(), ...scope.ec2('key-pair', 'security-group')],
      when: scope.requestTags,
      because: 'The ids do not exist yet; the request must set the tags.',
    },
    {
      sid: 'MakeSnapshot',
      actions: ['ec2:CreateImage'],
      resources: scope.snapshots(),
      when: scope.newSnapshot,
      because: 'A snapshot that is created with the image; the request must set the tags.',
    },
    { sid: 'MakeIn', actions: ['ec2:CreateSecurityGroup'], resources: [scope.vpc] },
    {
      sid: 'TagNew',
      actions: ['ec2:CreateTags'],
      resources: scope.anything,
      when: scope.tagsOnCreation('CreateImage', 'CreateKeyPair', 'CreateSecurityGroup', 'RunInstances'),
      because: 'Only in the call that creates the resource.',
    },
    {
      sid: 'Own',
      actions: [
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:CreateImage',
        'ec2:CreateTags',
        'ec2:DeleteKeyPair',
        'ec2:DeleteSecurityGroup',
        'ec2:DeleteSnapshot',
        'ec2:DeregisterImage',
        'ec2:StopInstances',
        'ec2:TerminateInstances',
      ],
      resources: scope.anything,
      when: scope.resourceTags,
      because: "Any resource with the tenant's tags; the boundary compares the tags it is given.",
    },
    {
      sid: 'NewRules',
      actions: ['ec2:AuthorizeSecurityGroupIngress'],
      resources: scope.ec2('security-group-rule'),
      because: "A rule has no id before it is created; Own requires that its group is the tenant's.",
    },
    {
      sid: 'DescribeImage',
      actions: ['ec2:ModifyImageAttribute'],
      resources: scope.images(),
      when: merge(scope.resourceTags, { StringEqualsIgnoreCase: { 'ec2:Attribute': ['Description', 'ImdsSupport'] } }),
      because: "The tenant's images; not who may launch them.",
    },
  ];
}
