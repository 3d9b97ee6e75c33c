import { createHash } from 'node:crypto';
import {
  type HostLog,
  keys,
  names,
  type Place,
  type PlatformLayer,
  type PlatformRole,
  type TenantLayer,
  type TenantRole,
} from '../../../scripts/config/names.ts';
import type { Owner } from './owners.ts';
import { account, arn, factsOf, objectOf, region } from './places.ts';

/** Something a request is about. */
export interface Thing {
  readonly on: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Ids that AWS would give: the same for the same text. */
function id(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 17);
}

function placeOf(owner: Owner): Place {
  if (owner.tenant === undefined)
    throw new Error(`${owner.name} is no tenant: it has no things that are named after one`);
  return { environment: owner.environment, tenant: owner.tenant };
}

const prefixes = {
  image: 'ami',
  instance: 'i',
  'launch-template': 'lt',
  'network-interface': 'eni',
  'security-group': 'sg',
  'security-group-rule': 'sgr',
  snapshot: 'snap',
  volume: 'vol',
} as const;
export type Ec2Kind = keyof typeof prefixes;

/** Something of EC2's, known by an id and told apart by its tags alone. */
export function ec2(kind: Ec2Kind, owner: Owner, layer: 'image' | 'host' | 'data' = 'host'): Thing {
  const of = kind === 'image' || kind === 'snapshot' ? '' : account;
  const on = `arn:aws:ec2:${region}:${of}:${kind}/${prefixes[kind]}-${id(`${kind} ${owner.name} ${layer}`)}`;
  // AWS copies no tags to a group's rules, and Vendhost gives them none.
  return kind === 'security-group-rule' ? { on } : { on, tags: owner.tags(layer) };
}

/** The same, while it is made: it has no tags yet. */
export function newEc2(kind: Ec2Kind, owner: Owner): Thing {
  return { on: ec2(kind, owner).on };
}

/** What a call makes, before it has an id: AWS asks about `*`, which the simulator would take for a pattern. */
export function unnamed(kind: Ec2Kind): Thing {
  const of = kind === 'image' || kind === 'snapshot' ? '' : account;
  return { on: `arn:aws:ec2:${region}:${of}:${kind}/unnamed` };
}

export function keyPair(name: string, tags?: Readonly<Record<string, string>>): Thing {
  return { on: arn('ec2', `key-pair/${name}`), ...(tags === undefined ? {} : { tags }) };
}

export function vpc({ environment }: Owner): Thing {
  return {
    on: arn('ec2', `vpc/${factsOf(environment)['vpc-id']}`),
    tags: { 'vendhost:environment': environment, 'vendhost:layer': 'network' },
  };
}

export function subnet({ environment }: Owner, tier: 'public' | 'egress' | 'isolated'): Thing {
  const [first] = factsOf(environment)[`${tier}-subnet-ids`];
  return {
    on: arn('ec2', `subnet/${first}`),
    tags: { 'vendhost:environment': environment, 'vendhost:layer': 'network' },
  };
}

export function balancersGroup({ environment }: Owner): Thing {
  const group = factsOf(environment)['load-balancer-security-group-id'];
  return {
    on: arn('ec2', `security-group/${group}`),
    tags: { 'vendhost:environment': environment, 'vendhost:layer': 'balancer' },
  };
}

export function stack(owner: Owner, layer: TenantLayer): Thing {
  return { on: stackArn(names.tenantStack(placeOf(owner), layer)) };
}

/** A stack of the platform's: that of a layer, or one that the access layer has besides. */
export function platformStack({ environment }: Owner, stack: PlatformLayer | 'policies' | 'vending'): Thing {
  if (stack === 'policies') return { on: stackArn(names.policiesStack(environment)) };
  if (stack === 'vending') return { on: stackArn(names.vendingStack(environment)) };
  return { on: stackArn(names.platformStack(environment, stack)) };
}

/** A managed policy of the account. */
export function policy(name: string): Thing {
  return { on: `arn:aws:iam::${account}:policy/${name}` };
}

export function stackArn(name: string): string {
  return arn('cloudformation', `stack/${name}/0f8e6b50-8a4e-11f0-9c3d-0a1b2c3d4e5f`);
}

export function role(owner: Owner, name: TenantRole): Thing {
  return { on: roleArn(names.tenantRole(placeOf(owner), name)) };
}

export function builderRole({ environment }: Owner): Thing {
  return { on: roleArn(names.builderRole(environment)) };
}

export function platformRole({ environment }: Owner, name: PlatformRole): Thing {
  return { on: roleArn(names.platformRole(environment, name)) };
}

export function roleArn(name: string): string {
  return `arn:aws:iam::${account}:role/${name}`;
}

/** The name of a tenant's role, as cases give who asks. */
export function roleName(owner: Owner, name: TenantRole): string {
  return names.tenantRole(placeOf(owner), name);
}

export function group(owner: Owner): Thing {
  const uuid = 'b4a7c1f0-8a4e-11f0-9c3d-0a1b2c3d4e5f';
  const name = names.host(placeOf(owner));
  return { on: arn('autoscaling', `autoScalingGroup:${uuid}:autoScalingGroupName/${name}`), tags: owner.tags('host') };
}

export function targetGroup(owner: Owner, port = 8080): Thing {
  return {
    on: arn('elasticloadbalancing', `targetgroup/${names.targetGroup(placeOf(owner), port, 1)}/73e2d6bc24d8a067`),
    tags: owner.tags('entry'),
  };
}

export function listener({ environment }: Owner): Thing {
  return { on: factsOf(environment)['listener-arn'] };
}

export function listenerRule(owner: Owner): Thing {
  const on = factsOf(owner.environment)['listener-arn'].replace(':listener/', ':listener-rule/');
  return { on: `${on}/${id(`rule ${owner.name}`).slice(0, 16)}`, tags: owner.tags('entry') };
}

export function loadBalancer({ environment }: Owner): Thing {
  return { on: factsOf(environment)['load-balancer-arn'] };
}

export function pipeline(owner: Owner): Thing {
  return { on: arn('codepipeline', names.host(placeOf(owner))), tags: owner.tags('entry') };
}

export function approvalAction(owner: Owner): Thing {
  return { on: `${pipeline(owner).on}/Approval/Approve`, tags: owner.tags('entry') };
}

export function application(owner: Owner): Thing {
  return { on: arn('codedeploy', `application:${names.host(placeOf(owner))}`), tags: owner.tags('host') };
}

export function deploymentGroup(owner: Owner): Thing {
  const host = names.host(placeOf(owner));
  return { on: arn('codedeploy', `deploymentgroup:${host}/${host}`), tags: owner.tags('host') };
}

export function database(owner: Owner): Thing {
  return { on: arn('rds', `db:${names.host(placeOf(owner))}`), tags: owner.tags('data') };
}

/** Parameter group of the database, or what was its subnet group: named after the stack. */
export function databaseGroup(owner: Owner, kind: 'pg' | 'subgrp'): Thing {
  const name = names.tenantStack(placeOf(owner), 'data').toLowerCase();
  return { on: arn('rds', `${kind}:${name}-parameters-1a2b3c4d5e6f`), tags: owner.tags('data') };
}

/** The platform's subnet group, which every database of the environment is in. */
export function databaseSubnets({ environment }: Owner): Thing {
  return {
    on: arn('rds', `subgrp:${factsOf(environment)['database-subnet-group']}`),
    tags: { 'vendhost:environment': environment, 'vendhost:layer': 'network' },
  };
}

export function secret(owner: Owner): Thing {
  return {
    on: arn('secretsmanager', `secret:${names.databaseSecret(placeOf(owner))}-AbCdEf`),
    tags: owner.tags('data'),
  };
}

/** The secret that RDS makes and rotates: AWS's own tag says for which database. */
export function rotatedSecret(owner: Owner): Thing {
  return {
    on: arn(
      'secretsmanager',
      `secret:rds!db-${createHash('sha256').update(owner.name).digest('hex').slice(0, 32)}-AbCdEf`,
    ),
    tags: { 'aws:rds:primaryDBInstanceArn': database(owner).on, 'aws:secretsmanager:owningService': 'rds' },
  };
}

export function databaseLogs(owner: Owner): Thing {
  return {
    on: arn('logs', `log-group:/aws/rds/instance/${names.host(placeOf(owner))}/error`),
    tags: owner.tags('data'),
  };
}

/** A stream of what an instance logs. */
export function hostLog(owner: Owner, log: HostLog = 'hooks'): Thing {
  return { on: arn('logs', `log-group:${names.hostLogGroup(placeOf(owner), log)}:log-stream:i-${id(owner.name)}`) };
}

/** Its group, as IAM names it for everything but tags. */
export function hostLogGroup(owner: Owner, log: HostLog = 'hooks'): Thing {
  return { on: arn('logs', `log-group:${names.hostLogGroup(placeOf(owner), log)}:*`) };
}

export function alarm(owner: Owner): Thing {
  const name = `${names.tenantStack(placeOf(owner), 'host')}-Alarms-1A2B3C4D5E6F`;
  return { on: arn('cloudwatch', `alarm:${name}`), tags: owner.tags('host') };
}

export function topic(owner: Owner): Thing {
  return { on: arn('sns', `${names.host(placeOf(owner))}-approvals`), tags: owner.tags('entry') };
}

/** The environment's key, as EC2 and S3 use it for the caller. */
export function key({ environment }: Owner): Thing {
  return {
    on: factsOf(environment)['key-arn'],
    tags: { 'vendhost:environment': environment, 'vendhost:layer': 'storage' },
  };
}

export function bucket({ environment }: Owner): Thing {
  return { on: `arn:aws:s3:::${names.bucket(environment, account, region)}` };
}

const revisionHash = '5'.repeat(64);

export function revision(owner: Owner): Thing {
  return { on: objectOf(owner.environment, keys.revision(placeOf(owner).tenant, revisionHash)) };
}

export function push(owner: Owner): Thing {
  return { on: objectOf(owner.environment, keys.push(placeOf(owner).tenant, revisionHash)) };
}

export function imageRecord(owner: Owner): Thing {
  return { on: objectOf(owner.environment, keys.imageRecord(placeOf(owner).tenant, revisionHash)) };
}

export function bakeLease(owner: Owner): Thing {
  return { on: objectOf(owner.environment, keys.bakeLease(placeOf(owner).tenant, revisionHash)) };
}

export function auditRecord(owner: Owner): Thing {
  const id = '2026-01-02T03:04:05.678Z-0a1b2c3d';
  return { on: objectOf(owner.environment, keys.auditRecord(placeOf(owner).tenant, id)) };
}

/** Software that somebody writes to a tenant's intake. */
export function intakeObject(owner: Owner): Thing {
  return { on: objectOf(owner.environment, `${keys.intake(placeOf(owner).tenant)}c0ffee.zip`) };
}

/** What a build writes for the machine. */
export function machineObject(owner: Owner): Thing {
  return { on: objectOf(owner.environment, `${keys.machineIntake(placeOf(owner).tenant)}c0ffee.tar.gz`) };
}

export function build(owner: Owner, which: Parameters<typeof names.buildProject>[1]): Thing {
  return { on: arn('codebuild', `project/${names.buildProject(placeOf(owner), which)}`), tags: owner.tags('entry') };
}

/** What the webhook's functions know of a tenant. */
export function webhookSecret(owner: Owner): Thing {
  return {
    on: arn('secretsmanager', `secret:${names.webhookSecret(placeOf(owner))}-AbCdEf`),
    tags: owner.tags('entry'),
  };
}

/** What builds clone with. */
export function cloneSecret(owner: Owner, half?: 'infrastructure' | 'software'): Thing {
  return {
    on: arn('secretsmanager', `secret:${names.cloneSecret(placeOf(owner), half)}-AbCdEf`),
    tags: owner.tags('entry'),
  };
}

export function webhookFunction(which: 'receive' | 'start'): Thing {
  return { on: arn('lambda', `function:${names.webhookFunction(which)}`), tags: { 'vendhost:layer': 'webhook' } };
}

export function undelivered(): Thing {
  return { on: arn('sqs', `${names.webhookStack}-undelivered`) };
}

/** The rule that starts a tenant's pipeline for it. */
export function switchDocument(owner: Owner): Thing {
  return { on: arn('ssm', `document/${names.switchDocument(placeOf(owner))}`), tags: owner.tags('entry') };
}

export function intakeRule(owner: Owner): Thing {
  return { on: arn('events', `rule/${names.intakeRule(placeOf(owner))}`), tags: owner.tags('entry') };
}

export function releaseRecord(owner: Owner): Thing {
  const execution = '11111111-2222-4333-8444-555555555555';
  return { on: objectOf(owner.environment, keys.releaseRecord(placeOf(owner).tenant, execution)) };
}

/** The object with which a tenant remembers its priority. */
export function priorityRecord(owner: Owner): Thing {
  return { on: objectOf(owner.environment, keys.tenantPriority(listenerId(owner), placeOf(owner).tenant, 'exact')) };
}

export function priorityClaim(owner: Owner, priority: number): Thing {
  return { on: objectOf(owner.environment, keys.priorityClaim(listenerId(owner), priority)) };
}

export function hostClaim(owner: Owner): Thing {
  return {
    on: objectOf(owner.environment, keys.hostClaim(`${owner.tenant ?? 'www'}.${owner.environment}.example.com`)),
  };
}

/** Where CodePipeline puts a release: the first 20 characters of the pipeline, then the artifact. */
export function artifact(owner: Owner): Thing {
  const place = placeOf(owner);
  return { on: objectOf(owner.environment, `${names.host(place).slice(0, 20)}/${names.artifact(place)}/AbCdEfG`) };
}

export function fact({ environment }: Owner, name = 'listener-arn'): Thing {
  return { on: arn('ssm', `parameter${names.factsPath(environment)}/${name}`) };
}

export function tenantRecord(owner: Owner): Thing {
  return { on: arn('ssm', `parameter${names.tenantRecord(placeOf(owner))}`) };
}

function listenerId({ environment }: Owner): string {
  return factsOf(environment)['listener-arn'].split('/').at(-1) ?? '';
}
