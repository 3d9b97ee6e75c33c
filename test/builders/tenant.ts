import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { tenantAccessApp } from '../../cdk/tenant/access/tenant-access-stack.ts';
import { keys, names, type Place, type TenantRole } from '../../scripts/config/names.ts';
import type { TenantLimits } from '../../scripts/config/tenant.ts';
import { withAssembly } from '../../scripts/stack/assembly.ts';
import { deployStacks } from '../../scripts/stack/deploy/deploy-stacks.ts';
import { claimRules, planRules, priorityParameters, ruleGroups } from '../../scripts/tenant/traffic/tenant-rules.ts';
import { makeInstanceProfile } from './network.ts';
import { type Platform, putParameter } from './platform.ts';
import { tenantRecord } from './sample.ts';

export interface TenantOptions {
  readonly hosts?: string[];
  readonly limits?: Partial<TenantLimits>;
}

/** Writes a tenant's record, and nothing else: enough to bake, push and release. */
export async function recordTenant(platform: Platform, tenant: string, options: TenantOptions = {}): Promise<void> {
  const record = tenantRecord({ tenant, environment: platform.environment }, platform.account);
  const { hosts = record.hosts, limits } = options;
  const value = { ...record, hosts, limits: { ...record.limits, ...limits } };
  await putParameter(
    platform.aws,
    names.tenantRecord({ tenant, environment: platform.environment }),
    JSON.stringify(value),
  );
}

/** Writes a tenant's record, claims its hosts, makes its roles and deploys its entry stack: enough for a virtual host. */
export async function admitTenant(platform: Platform, tenant: string, options: TenantOptions = {}): Promise<void> {
  const place = { tenant, environment: platform.environment };
  const { hosts = tenantRecord(place, platform.account).hosts } = options;
  await Promise.all([
    recordTenant(platform, tenant, options),
    ...hosts.map((host) => claimHost(platform, host, tenant)),
    makeRoles(platform, place),
  ]);
  await deployEntry(platform, place, hosts);
}

/** The entry stack as vending deploys it, with priorities that are claimed. */
async function deployEntry(platform: Platform, place: Place, hosts: readonly string[]): Promise<void> {
  const { aws, account, facts } = platform;
  const runtime = platform.runtime();
  const { project, branch, limits, port, loadBalancer } = tenantRecord(place, account);
  const rules = { place, facts, hosts, loadBalancer };
  const numbers = await claimRules(runtime, aws, rules, await planRules(aws, rules));
  const gitlab = { issuer: 'https://gitlab.example.com', audience: 'https://gitlab.example.com', path: project };
  const where = { place, account, region: aws.region, facts };
  const granted = { branch, hosts, groups: ruleGroups(hosts), limits, port, loadBalancer, logDays: 30 };
  const stack = names.tenantStack(place, 'entry');
  await withAssembly(
    runtime,
    aws,
    async (app) => tenantAccessApp(app, { ...where, ...granted, project: gitlab }),
    (assembly) => deployStacks(assembly, { stacks: [stack], parameters: { [stack]: priorityParameters(numbers) } }),
  );
}

export async function claimHost({ aws, bucket }: Platform, host: string, tenant: string): Promise<void> {
  const claim = { Bucket: bucket, Key: keys.hostClaim(host), Body: JSON.stringify({ host, tenant }) };
  await (await aws.s3()).send(new PutObjectCommand(claim));
}

const services: Readonly<Record<string, TenantRole>> = {
  cloudformation: 'execution',
  codepipeline: 'pipeline',
  codedeploy: 'codedeploy',
};

/**
 * Roles as the access stack would make them, but with every right, and that of instances, which the bucket's policy names, with none: what
 * they may do is for tests of that stack.
 */
async function makeRoles(platform: Platform, place: Place): Promise<void> {
  const iam = await platform.aws.iam();
  const document = (statement: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
  const createRole = async (RoleName: string, service: string) => {
    const Principal = { Service: `${service}.amazonaws.com` };
    const AssumeRolePolicyDocument = document({ Principal, Action: 'sts:AssumeRole' });
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  };
  const makeRole = async ([service, role]: [string, TenantRole]) => {
    const RoleName = names.tenantRole(place, role);
    await createRole(RoleName, service);
    const PolicyDocument = document({ Action: '*', Resource: '*' });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'everything', PolicyDocument }));
  };
  await Promise.all([
    ...Object.entries(services).map(makeRole),
    createRole(names.tenantRole(place, 'instance'), 'ec2'),
    makeInstanceProfile(platform, names.tenantRole(place, 'instance')),
  ]);
}
