import { names } from '../../../scripts/config/names.ts';
import type { Right } from '../../role.ts';
import type { Scope } from './tenant-scope.ts';

/**
 * What Packer's amazon-ebs builder calls, and what cleans up after it. Whatever a bake creates gets the tenant's tag, and
 * only what has that tag can be changed. Packer documents the rights of all its builders together
 * (https://developer.hashicorp.com/packer/integrations/hashicorp/amazon#iam-task-or-instance-role); these are the ones
 * that `packer/ami.pkr.hcl` uses.
 */
export function bakeRights(scope: Scope): Right[] {
  const ec2 = scope.ec2.bind(scope);
  const images = [...scope.images(), ...scope.snapshots()];
  const builder = scope.globalArn('iam', `role/${names.builderRole(scope.place.environment)}`);
  return [
    {
      sid: 'StartBuilder',
      actions: ['ec2:RunInstances'],
      resources: ec2('instance', 'volume'),
      when: scope.requestTags,
      because: 'The ids do not exist yet; the request must set the tag.',
    },
    {
      sid: 'StartFrom',
      actions: ['ec2:RunInstances'],
      resources: [...ec2('key-pair', 'launch-template', 'network-interface', 'security-group', 'subnet'), ...images],
      because: 'What an instance is launched from and with; StartBuilder requires the tag on the instance itself.',
    },
    {
      sid: 'PassInstanceRoles',
      actions: ['iam:PassRole'],
      resources: [builder, scope.roleArn('instance')],
      when: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    {
      sid: 'BuilderAccess',
      actions: ['ec2:CreateKeyPair', 'ec2:CreateSecurityGroup', 'ec2:DeleteKeyPair'],
      resources: [scope.arn('ec2', 'key-pair/vendhost-bake-*'), ...ec2('security-group', 'vpc')],
      because: "Packer's temporary key pair, whose name ends in the run, and its temporary security group.",
    },
    {
      sid: 'UntaggedGroups',
      actions: ['ec2:AuthorizeSecurityGroupIngress', 'ec2:DeleteSecurityGroup'],
      resources: ec2('security-group'),
      when: { Null: { 'aws:ResourceTag/vendhost:environment': 'true' } },
      because:
        'Old versions of Packer do not tag their temporary group; the groups of the platform and of tenants have tags.',
    },
    {
      sid: 'TagNew',
      actions: ['ec2:CreateTags'],
      resources: [...ec2('instance', 'key-pair', 'network-interface', 'security-group', 'volume'), ...images],
      when: { ...scope.requestTags, Null: { 'aws:ResourceTag/vendhost:tenant': 'true' } },
      because: "Only resources without an owner, and only with the tenant's tag.",
    },
    {
      sid: 'MakeImage',
      actions: ['ec2:CreateImage'],
      resources: images,
      because: "The ids do not exist yet; Own requires that the instance is the tenant's.",
    },
    {
      sid: 'Own',
      actions: [
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:CreateImage',
        'ec2:CreateTags',
        'ec2:DeleteSecurityGroup',
        'ec2:DeleteSnapshot',
        'ec2:DeleteVolume',
        'ec2:DeregisterImage',
        'ec2:ModifyImageAttribute',
        'ec2:ModifyInstanceMetadataOptions',
        'ec2:StopInstances',
        'ec2:TerminateInstances',
      ],
      resources: [...ec2('instance', 'key-pair', 'security-group', 'volume'), ...images],
      when: scope.resourceTags,
      because: "Any resource with the tenant's tag.",
    },
  ];
}
