import { type App, Stack } from 'aws-cdk-lib';
import { platformApp } from '../../../cdk/platform/platform-app.ts';
import { platformProps } from '../../../cdk/platform/platform-props.ts';
import { type AccessProps, tenantAccessApp } from '../../../cdk/tenant/access/tenant-access-stack.ts';
import { webhookApp } from '../../../cdk/webhook/webhook-stack.ts';
import { environmentOf } from '../../../scripts/config/files.ts';
import { platformSchema } from '../../../scripts/config/platform.ts';
import { limits } from '../../../scripts/config/tenant.ts';
import { tenant as tenantOf } from './owners.ts';
import {
  account,
  approvals,
  audience,
  environments,
  factsOf,
  gitlab,
  machineProjectOf,
  otherPlaces,
  places,
  projectOf,
  region,
} from './places.ts';
import { type Known, type Resources, resolve } from './resolve.ts';
import { listenerRule } from './things.ts';

/** A policy document; the simulator checks its form. */
export type Document = object;

/** A role with all that decides what it may do. */
export interface WorldRole {
  readonly name: string;
  readonly arn: string;
  readonly trust: Document;
  readonly tags: Readonly<Record<string, string>>;
  /** Name → document: its own policies and AWS's. */
  readonly policies: Readonly<Record<string, Document>>;
  readonly boundary?: Document;
}

/** The synthesized roles and resource policies of two environments in one account. */
export interface World {
  readonly roles: ReadonlyMap<string, WorldRole>;
  /** ARN of a bucket or key → its policy. */
  readonly resourcePolicies: ReadonlyMap<string, Document>;
}

const unchecked = { validation: false };

/** Synthesizes the platform in both environments and the access stack of every tenant in each. */
export function makeWorld(): World {
  const roles = new Map<string, WorldRole>();
  const resourcePolicies = new Map<string, Document>();
  const managedPolicies = new Map<string, Document>();
  for (const app of apps()) {
    const stacks = stacksOf(app);
    // A role may have policies of another stack.
    for (const { resources, known } of stacks) readManagedPolicies(resources, known, managedPolicies);
    for (const { resources, known } of stacks) {
      for (const role of readRoles(resources, known, managedPolicies)) roles.set(role.name, role);
      for (const [arn, policy] of readResourcePolicies(resources, known)) resourcePolicies.set(arn, policy);
    }
  }
  roles.set(person.name, person);
  return { roles, resourcePolicies };
}

/** Somebody of the account who may assume any role that lets them. */
const person: WorldRole = {
  name: 'person',
  arn: `arn:aws:iam::${account}:role/person`,
  trust: {},
  tags: {},
  policies: {
    assume: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }] },
  },
};

function* apps(): Generator<App> {
  const environment = (name: string, second: number) => ({
    account,
    region,
    cidr: `10.${second}.0.0/16`,
    domain: `${name}.example.com`,
    certificate: `arn:aws:acm:${region}:${account}:certificate/0c5f3a52`,
    vending: 'jobs',
  });
  const config = platformSchema.parse({
    name: 'lanterns',
    gitlab,
    audience,
    project: 'acme/platform',
    environments: {
      dev: environment('dev', 10),
      production: { ...environment('production', 30), approval: true, images_from: 'dev' },
    },
  });
  for (const name of environments)
    yield platformApp(unchecked, platformProps(config, name, environmentOf(config, name)));
  yield webhookApp(unchecked, { account, region, partition: 'aws', topics: [] });
  for (const place of [...places, ...otherPlaces]) {
    const hosts = [`${place.tenant}.${place.environment}.example.com`];
    yield tenantAccessApp(unchecked, {
      place,
      account,
      region,
      facts: factsOf(place.environment),
      project: { issuer: gitlab, audience, path: projectOf(place.tenant) },
      branch: environmentOf(config, place.environment).branch,
      hosts,
      groups: [{ band: 'exact', hosts }],
      port: 8080,
      loadBalancer: 1,
      limits: limits.parse({}),
      approvals,
      logDays: 30,
      intake: 's3',
      maintenanceSwitch: '<p>Back soon',
      ...(place.environment === 'production' ? { imagesFrom: 'dev' as const } : { isPromoted: true }),
      ...otherwise(place.tenant),
    });
  }
}

/** What the tenants have that are vended otherwise. */
function otherwise(tenant: string): Partial<AccessProps> {
  const at = (path: string) => ({ issuer: gitlab, audience, path });
  const isDuo = tenant.endsWith('duo');
  const repository = `${gitlab}/${isDuo ? machineProjectOf(tenant) : projectOf(tenant)}.git`;
  const builds = { image: 'runner:1', repository, softwareRepository: `${gitlab}/${projectOf(tenant)}.git` };
  return {
    ...(tenant.startsWith('push') ? { intake: 'webhook', builds } : {}),
    ...(isDuo ? { project: at(machineProjectOf(tenant)), software: at(projectOf(tenant)) } : {}),
  };
}

function stacksOf(app: App): { resources: Resources; known: Known }[] {
  const stacks = app.node.children.filter((child) => Stack.isStack(child));
  const templates = app.synth().stacks.map(({ template }) => (template as { Resources: Resources }).Resources);
  if (stacks.length !== templates.length) throw new Error('an app has things that are no stacks');
  return templates.map((resources) => ({ resources, known: knownOf(resources) }));
}

/** ARNs of what policies refer to: buckets, keys, roles and managed policies, all with fixed names. */
function knownOf(resources: Resources): Known {
  const entries = Object.entries(resources).flatMap(([id, { Type, Properties = {} }]) => {
    const iam = (kind: string, name: unknown) => `arn:aws:iam::${account}:${kind}/${name}`;
    const { BucketName: bucket, RoleName: role = id, ManagedPolicyName: policy } = Properties;
    if (Type === 'AWS::S3::Bucket') return [[id, { ref: String(bucket), arn: `arn:aws:s3:::${bucket}` }] as const];
    if (Type === 'AWS::IAM::Role') return [[id, { ref: String(role), arn: iam('role', role) }] as const];
    if (Type === 'AWS::IAM::ManagedPolicy')
      return [[id, { ref: iam('policy', policy), arn: iam('policy', policy) }] as const];
    if (Type === 'AWS::ElasticLoadBalancingV2::ListenerRule') {
      const [tenant = '', environment = ''] = String(hostOf(Properties)).split('.');
      const { on } = listenerRule(tenantOf(tenant, environment));
      return [[id, { ref: on, arn: on }] as const];
    }
    // One log group for each kind of log: the services that write them are not looked at here.
    if (Type === 'AWS::Logs::LogGroup') {
      const name = String(Properties.LogGroupName ?? id);
      return [[id, { ref: name, arn: `arn:aws:logs:${region}:${account}:log-group:${name}:*` }] as const];
    }
    return [];
  });
  return Object.fromEntries(entries);
}

/** The first host that a rule answers for: `<tenant>.<environment>.example.com`. */
function hostOf({ Conditions }: Readonly<Record<string, unknown>>): string | undefined {
  const [first] = Conditions as { HostHeaderConfig?: { Values?: string[] } }[];
  return first?.HostHeaderConfig?.Values?.[0];
}

function readManagedPolicies(resources: Resources, known: Known, found: Map<string, Document>): void {
  for (const { Type, Properties = {} } of Object.values(resources)) {
    if (Type !== 'AWS::IAM::ManagedPolicy') continue;
    const arn = `arn:aws:iam::${account}:policy/${Properties.ManagedPolicyName}`;
    found.set(arn, resolve(Properties.PolicyDocument, known) as Document);
  }
}

function* readRoles(
  resources: Resources,
  known: Known,
  managedPolicies: ReadonlyMap<string, Document>,
): Generator<WorldRole> {
  for (const { Type, Properties = {} } of Object.values(resources)) {
    // Roles without a name are those that services write logs with: they have their own ceiling, and no tenant has them.
    if (Type !== 'AWS::IAM::Role' || Properties.RoleName === undefined) continue;
    const name = String(Properties.RoleName);
    const policies = (Properties.Policies ?? []) as { PolicyName: string; PolicyDocument: unknown }[];
    const managed = (resolve(Properties.ManagedPolicyArns, known) ?? []) as string[];
    const tags = (Properties.Tags ?? []) as { Key: string; Value: string }[];
    yield {
      name,
      arn: `arn:aws:iam::${account}:role/${name}`,
      trust: resolve(Properties.AssumeRolePolicyDocument, known) as Document,
      tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
      policies: Object.fromEntries([
        ...policies.map((each) => [each.PolicyName, resolve(each.PolicyDocument, known)]),
        ...managed.map((arn) => [arn, required(managedPolicies.get(arn), arn)]),
      ]),
      ...boundaryOf(resolve(Properties.PermissionsBoundary, known), managedPolicies),
    };
  }
}

function boundaryOf(arn: unknown, managedPolicies: ReadonlyMap<string, Document>): { boundary?: Document } {
  return arn === undefined ? {} : { boundary: required(managedPolicies.get(String(arn)), String(arn)) };
}

function* readResourcePolicies(resources: Resources, known: Known): Generator<[string, Document]> {
  for (const { Type, Properties = {} } of Object.values(resources)) {
    if (Type === 'AWS::S3::BucketPolicy') {
      yield [
        `arn:aws:s3:::${resolve(Properties.Bucket, known)}`,
        resolve(Properties.PolicyDocument, known) as Document,
      ];
    }
    if (Type === 'AWS::KMS::Key') {
      const tags = Properties.Tags as { Key: string; Value: string }[];
      const environment = tags.find(({ Key }) => Key === 'vendhost:environment')?.Value ?? '';
      yield [factsOf(environment)['key-arn'], resolve(Properties.KeyPolicy, known) as Document];
    }
  }
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the text of policy ${name} is not known here`);
  return value;
}
