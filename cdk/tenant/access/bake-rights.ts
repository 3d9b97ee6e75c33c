import { names } from '../../../scripts/config/names.ts';
import type { Right } from '../../role.ts';
import type { Scope } from './tenant-scope.ts';

/** What Packer and the clean-up after it need; what a bake makes carries the tenant's tag, and only that may be changed. */
export function bakingRights(scope: Scope): Right[] {
  const ec2 = scope.ec2.bind(scope);
  const images = [...scope.images(), ...scope.snapshots()];
  const builder = scope.globalArn('iam', `role/${names.builderRole(scope.place.environment)}`);
  return [
    {
      sid: 'StartBuilder',
      actions: ['ec2:RunInstances'],
      resources: ec2('instance', 'volume'),
      when: scope.tagging,
      because: 'Ids do not exist yet; the tag must be given.',
    },
    {
      sid: 'StartFrom',
      actions: ['ec2:RunInstances'],
      resources: [...ec2('key-pair', 'launch-template', 'network-interface', 'security-group', 'subnet'), ...images],
      because: 'What an instance is started from and with; the instance itself must carry the tag.',
    },
    {
      sid: 'PassInstanceRoles',
      actions: ['iam:PassRole'],
      resources: [builder, scope.roleArn('instance')],
      when: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    {
      sid: 'BuilderAccess',
      actions: ['ec2:CreateKeyPair', 'ec2:CreateSecurityGroup', 'ec2:DeleteKeyPair', 'ec2:ImportKeyPair'],
      resources: [scope.arn('ec2', 'key-pair/vendhost-bake-*'), ...ec2('security-group', 'vpc')],
      because: "Packer's temporary key pair and security group, named when they are made.",
    },
    {
      sid: 'UntaggedGroups',
      actions: ['ec2:AuthorizeSecurityGroupIngress', 'ec2:DeleteSecurityGroup', 'ec2:RevokeSecurityGroupIngress'],
      resources: ec2('security-group'),
      when: { Null: { 'aws:ResourceTag/vendhost:environment': 'true' } },
      because: 'Older Packer does not tag its temporary group; groups of the platform and of tenants all have tags.',
    },
    {
      sid: 'TagNew',
      actions: ['ec2:CreateTags'],
      resources: [...ec2('instance', 'key-pair', 'network-interface', 'security-group', 'volume'), ...images],
      when: { ...scope.tagging, Null: { 'aws:ResourceTag/vendhost:tenant': 'true' } },
      because: "Only what has no owner yet, and only to make it the tenant's.",
    },
    {
      sid: 'MakeImage',
      actions: ['ec2:CreateImage', 'ec2:CreateSnapshot'],
      resources: images,
      because: "Ids do not exist yet; the source must be the tenant's, see Own.",
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
        'ec2:EnableImageDeprecation',
        'ec2:ModifyImageAttribute',
        'ec2:ModifyInstanceAttribute',
        'ec2:RevokeSecurityGroupIngress',
        'ec2:StopInstances',
        'ec2:TerminateInstances',
      ],
      resources: [...ec2('instance', 'key-pair', 'security-group', 'volume'), ...images],
      when: scope.tagged,
      because: "Whatever carries the tenant's tag.",
    },
  ];
}
