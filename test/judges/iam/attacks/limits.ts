import { type Case, giving, step } from '../cases.ts';
import { tenant } from '../owners.ts';
import { arn, factsOf } from '../places.ts';
import type { Context } from '../simulate.ts';
import * as things from '../things.ts';

const self = tenant('shop');
const by = things.roleName(self, 'execution');

/** C4: what `limits` of tenants/<name>.yml and the platform's rules forbid, asked for by a template. */
export function limitAttacks(): Case[] {
  return [...groups(), ...databases(), ...databaseSubnets()];
}

/** A usual group: what CloudFormation asks for the tenant. */
export const usualGroup: Context = {
  'autoscaling:MinSize': '1',
  'autoscaling:MaxSize': '2',
  'autoscaling:LaunchTemplateVersionSpecified': 'true',
  'autoscaling:VPCZoneIdentifiers': factsOf('dev')['egress-subnet-ids'],
  'autoscaling:TargetGroupARNs': [things.targetGroup(self).on],
};

/** Updates and attachments are requests of their own: AWS has no key for target groups in an update. */
export const usualUpdate: Context = Object.fromEntries(
  Object.entries(usualGroup).filter(([key]) => key !== 'autoscaling:TargetGroupARNs'),
);

function groups(): Case[] {
  const changes: readonly [string, Context][] = [
    ['500 instances', { 'autoscaling:MaxSize': '500' }],
    ['five instances, where four are granted', { 'autoscaling:MaxSize': '5' }],
    ['at least 100 instances', { 'autoscaling:MinSize': '100', 'autoscaling:MaxSize': '100' }],
    ['types of another size', { 'autoscaling:InstanceTypes': ['p5.48xlarge'] }],
    ["production's subnets", { 'autoscaling:VPCZoneIdentifiers': factsOf('production')['egress-subnet-ids'] }],
    ['the public subnets', { 'autoscaling:VPCZoneIdentifiers': factsOf('dev')['public-subnet-ids'] }],
  ];
  return changes.flatMap(([name, change]) => [
    limit(`makes a group with ${name}`, 'autoscaling:CreateAutoScalingGroup', things.group(self), {
      ...usualGroup,
      ...giving(self.tags('host')),
      ...change,
    }),
    limit(`changes its group to ${name}`, 'autoscaling:UpdateAutoScalingGroup', things.group(self), {
      ...usualUpdate,
      ...change,
    }),
  ]);
}

/** A usual database. */
export const usualDatabase: Context = {
  'rds:DatabaseClass': 'db.t3.micro',
  'rds:DatabaseEngine': 'mysql',
  'rds:StorageSize': '20',
  'rds:StorageEncrypted': 'true',
  'rds:MultiAz': 'false',
};

function databases(): Case[] {
  const changes: readonly [string, Context][] = [
    ['of the class db.r6i.32xlarge', { 'rds:DatabaseClass': 'db.r6i.32xlarge' }],
    ['of 60,000 GiB', { 'rds:StorageSize': '60000' }],
    ['of 101 GiB, where 100 are granted', { 'rds:StorageSize': '101' }],
    ['without encryption', { 'rds:StorageEncrypted': 'false' }],
    ['of another engine', { 'rds:DatabaseEngine': 'oracle-ee' }],
    ['of 64,000 IOPS', { 'rds:Piops': '64000' }],
  ];
  const created = { ...usualDatabase, 'rds:PubliclyAccessible': 'false' };
  return [
    ...changes.flatMap(([name, change]) => [
      limit(`makes a database ${name}`, 'rds:CreateDBInstance', things.database(self), {
        ...created,
        ...giving(self.tags('data')),
        ...change,
      }),
      limit(`changes its database to one ${name}`, 'rds:ModifyDBInstance', things.database(self), {
        ...usualDatabase,
        ...change,
      }),
    ]),
    limit('makes a database that the internet reaches', 'rds:CreateDBInstance', things.database(self), {
      ...created,
      ...giving(self.tags('data')),
      'rds:PubliclyAccessible': 'true',
    }),
    limit('makes a database and leaves to RDS whether it is public', 'rds:CreateDBInstance', things.database(self), {
      ...usualDatabase,
      ...giving(self.tags('data')),
    }),
  ];
}

/** IAM has no key for the subnets of a subnet group: whoever makes one can name public ones, or those of another VPC. */
function databaseSubnets(): Case[] {
  const own = things.databaseGroup(self, 'subgrp');
  const foreign: readonly [string, things.Thing][] = [
    ['a subnet group of its own', own],
    ["another tenant's subnet group", things.databaseGroup(tenant('shop2'), 'subgrp')],
    ["production's subnet group", things.databaseSubnets(tenant('shop', 'production'))],
    ["the subnet group of the account's default VPC", { on: arn('rds', 'subgrp:default') }],
  ];
  const changes = ['CreateDBSubnetGroup', 'ModifyDBSubnetGroup', 'DeleteDBSubnetGroup', 'AddTagsToResource'];
  return [
    ...foreign.flatMap(([name, thing]) =>
      ['CreateDBInstance', 'ModifyDBInstance'].map((action) =>
        limit(`${action} in ${name}`, `rds:${action}`, thing, {}),
      ),
    ),
    ...changes.flatMap((action) => [
      limit(`${action} of its own name`, `rds:${action}`, own, giving(self.tags('data'))),
      limit(`${action} of the platform's subnets for databases`, `rds:${action}`, things.databaseSubnets(self), {}),
    ]),
  ];
}

function limit(name: string, action: string, thing: things.Thing, given: Context): Case {
  return {
    name: `${by}: ${name}`,
    expected: 'denied',
    because: 'limits of tenants/shop.yml, or a rule of the platform for all tenants.',
    steps: [step(by, action, { on: thing.on }, given)],
  };
}
