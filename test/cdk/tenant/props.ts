import type { VirtualHostProps } from '../../../cdk/tenant/virtual-host-app.ts';
import type { PlatformFacts, TenantRecord } from '../../../scripts/config/facts.ts';
import { limits } from '../../../scripts/config/tenant.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';

const account = '111111111111';
const region = 'eu-west-1';

export const facts: PlatformFacts = {
  'vpc-id': 'vpc-0a1b2c3d4e5f60718',
  'vpc-cidr': '10.10.0.0/16',
  'public-cidr': '10.10.0.0/18',
  'egress-cidr': '10.10.64.0/18',
  'isolated-cidr': '10.10.128.0/18',
  'public-subnet-ids': ['subnet-011b2c3d4e5f6071', 'subnet-012b2c3d4e5f6071', 'subnet-013b2c3d4e5f6071'],
  'egress-subnet-ids': ['subnet-021b2c3d4e5f6071', 'subnet-022b2c3d4e5f6071', 'subnet-023b2c3d4e5f6071'],
  'isolated-subnet-ids': ['subnet-031b2c3d4e5f6071', 'subnet-032b2c3d4e5f6071', 'subnet-033b2c3d4e5f6071'],
  'load-balancer-arn': `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/app/vendhost-dev/50dc6c495c0c9188`,
  'load-balancer-dns': 'vendhost-dev-1.eu-west-1.elb.amazonaws.com',
  'load-balancer-security-group-id': 'sg-0ba1a9ce4e5f60718',
  'listener-arn': `arn:aws:elasticloadbalancing:${region}:${account}:listener/app/vendhost-dev/50dc6c495c0c9188/f2f7dc8efc522ab2`,
  bucket: `vendhost-dev-${account}-${region}`,
  'key-arn': `arn:aws:kms:${region}:${account}:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9`,
  'boundary-arn': `arn:aws:iam::${account}:policy/vendhost-dev-boundary`,
  'builder-instance-profile': 'vendhost-dev-builder',
  approval: false,
  domain: 'dev.example.com',
};

const role = (name: string) => `arn:aws:iam::${account}:role/vendhost-dev-shop-${name}`;

export const record: TenantRecord = {
  tenant: 'shop',
  project: 'acme/shop',
  branch: 'dev',
  hosts: ['shop.dev.example.com'],
  loadBalancer: 1,
  limits: limits.parse({}),
  roles: {
    deploy: role('deploy'),
    plan: role('plan'),
    execution: role('execution'),
    instance: role('instance'),
    instanceProfile: 'vendhost-dev-shop-instance',
    pipeline: role('pipeline'),
    codedeploy: role('codedeploy'),
  },
};

/** The shop in dev with every default; give what a test wants otherwise. */
export function virtualHost(changes: Partial<VirtualHostProps> = {}): VirtualHostProps {
  return {
    place: { tenant: 'shop', environment: 'dev' },
    account,
    region,
    facts,
    record,
    config: vendhostSchema.parse({}),
    groups: [{ band: 'exact', hosts: record.hosts }],
    ...changes,
  };
}
