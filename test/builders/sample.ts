import type { Environment } from '../../scripts/config/environment.ts';
import type { PlatformFacts, TenantRecord } from '../../scripts/config/facts.ts';
import { names, type Place, type TenantRole } from '../../scripts/config/names.ts';
import { limits } from '../../scripts/config/tenant.ts';

export const region = 'eu-west-1';
export const sampleAccount = '111111111111';

/** Second number of the networks, so that those of the environments do not overlap. */
const networks = { dev: 10, staging: 20, production: 30 };

/** What `platform.yml` must say of an environment; all other keys keep their defaults. */
export function environmentConfig(environment: Environment, account: string) {
  return {
    account,
    region,
    cidr: `10.${networks[environment]}.0.0/16`,
    domain: `${environment}.example.com`,
    certificate: `arn:aws:acm:${region}:${account}:certificate/0c5f3a52`,
  };
}

/** Facts as the platform's stacks publish them; no resource is behind them. */
export function platformFacts(environment: Environment, account: string): PlatformFacts {
  const network = `10.${networks[environment]}`;
  const balancing = `arn:aws:elasticloadbalancing:${region}:${account}`;
  const balancer = `app/${names.loadBalancer(environment, 1)}/50dc6c495c0c9188`;
  return {
    'vpc-id': 'vpc-0a1b2c3d4e5f60718',
    'vpc-cidr': `${network}.0.0/16`,
    'public-cidr': `${network}.0.0/18`,
    'egress-cidr': `${network}.64.0/18`,
    'isolated-cidr': `${network}.128.0/18`,
    'public-subnet-ids': ['subnet-011b2c3d4e5f6071', 'subnet-012b2c3d4e5f6071', 'subnet-013b2c3d4e5f6071'],
    'egress-subnet-ids': ['subnet-021b2c3d4e5f6071', 'subnet-022b2c3d4e5f6071', 'subnet-023b2c3d4e5f6071'],
    'isolated-subnet-ids': ['subnet-031b2c3d4e5f6071', 'subnet-032b2c3d4e5f6071', 'subnet-033b2c3d4e5f6071'],
    'database-subnet-group': names.databaseSubnets(environment),
    'load-balancer-arn': `${balancing}:loadbalancer/${balancer}`,
    'load-balancer-dns': `vendhost-${environment}-1.${region}.elb.amazonaws.com`,
    'load-balancer-security-group-id': 'sg-0ba1a9ce4e5f60718',
    'listener-arn': `${balancing}:listener/${balancer}/f2f7dc8efc522ab2`,
    bucket: names.bucket(environment, account, region),
    'key-arn': `arn:aws:kms:${region}:${account}:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9`,
    'boundary-arn': `arn:aws:iam::${account}:policy/${names.boundary(environment)}`,
    'builder-instance-profile': names.builderRole(environment),
    'builder-access': 'private',
    'builder-sources': [`${network}.0.0/16`],
    'alerts-topic': `arn:aws:sns:${region}:${account}:${names.alertsTopic(environment)}`,
    approval: false,
    domain: `${environment}.example.com`,
  };
}

/** A tenant's record as `tenant vend` writes it, with one host and the default limits. */
export function tenantRecord(place: Place, account: string): TenantRecord {
  const role = (name: TenantRole) => `arn:aws:iam::${account}:role/${names.tenantRole(place, name)}`;
  return {
    tenant: place.tenant,
    project: `acme/${place.tenant}`,
    branch: place.environment,
    bucket: names.tenantBucket(place, account, region),
    logs: { hooks: names.hostLogGroup(place, 'hooks'), software: names.hostLogGroup(place, 'software') },
    hosts: [`${place.tenant}.${place.environment}.example.com`],
    loadBalancer: 1,
    port: 8080,
    pipeline: names.host(place),
    approval: false,
    limits: limits.parse({}),
    roles: {
      deploy: role('deploy'),
      plan: role('plan'),
      execution: role('execution'),
      instance: role('instance'),
      instanceProfile: names.tenantRole(place, 'instance'),
      pipeline: role('pipeline'),
      codedeploy: role('codedeploy'),
    },
  };
}

/** ARN of a tenant's target group. */
export function targetGroupArn(place: Place, account: string): string {
  const name = names.targetGroup(place, 8080, 1);
  return `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/${name}/73e2d6bc24d8a067`;
}

/** Facts of `dev`, and the record and the target group of the shop there: for tests that need any. */
export const facts = platformFacts('dev', sampleAccount);
export const record = tenantRecord({ tenant: 'shop', environment: 'dev' }, sampleAccount);
export const targetGroup = targetGroupArn({ tenant: 'shop', environment: 'dev' }, sampleAccount);
