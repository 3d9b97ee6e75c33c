import { Template } from 'aws-cdk-lib/assertions';
import { expect, test, vi } from 'vitest';
import { virtualHostApp } from '../../../cdk/tenant/virtual-host-app.ts';
import { farQuotas } from '../../../docs/quotas.ts';
import { type QuotaId, quotaIds, quotaOf } from '../../../scripts/quota/quotas.ts';
import type { QuotaState } from '../../../scripts/quota/read-quotas.ts';
import { fullQuotas, neededOf } from '../../../scripts/quota/room.ts';
import { quotaLines, takenQuotas, vendedBeside } from '../../../scripts/quota/tenant-quotas.ts';
import { entryTemplate, onlyTemplate, tenantApp } from '../../cdk/roles/stacks.ts';
import { virtualHost } from '../../cdk/tenant/props.ts';

// The first synthesis loads the CDK: seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/** The types that count towards a quota; a stack counts as one itself. */
const types: Partial<Record<QuotaId, string>> = {
  'load-balancer-rules': 'AWS::ElasticLoadBalancingV2::ListenerRule',
  'load-balancer-target-groups': 'AWS::ElasticLoadBalancingV2::TargetGroup',
  'target-groups': 'AWS::ElasticLoadBalancingV2::TargetGroup',
  'database-instances': 'AWS::RDS::DBInstance',
  'database-parameter-groups': 'AWS::RDS::DBParameterGroup',
  'database-subnet-groups': 'AWS::RDS::DBSubnetGroup',
  roles: 'AWS::IAM::Role',
  policies: 'AWS::IAM::ManagedPolicy',
  'instance-profiles': 'AWS::IAM::InstanceProfile',
  'auto-scaling-groups': 'AWS::AutoScaling::AutoScalingGroup',
  'security-groups': 'AWS::EC2::SecurityGroup',
  'elastic-ips': 'AWS::EC2::EIP',
};

function counted(templates: readonly Template[], type: string): number {
  const all = templates.flatMap((each) => Object.values(each.toJSON().Resources as Record<string, { Type: string }>));
  return all.filter(({ Type }) => Type === type).length;
}

test("the table says what a tenant's stacks take", () => {
  const app = tenantApp();
  const access = [onlyTemplate(app), entryTemplate(app)];
  const app2 = virtualHostApp(virtualHost(), { validation: false });
  const host = app2.node.children.flatMap((child) =>
    'templateFile' in child ? Template.fromStack(child as never) : [],
  );
  expect([access.length, host.length]).toEqual([quotaOf('stacks').vend, quotaOf('stacks').host]);
  const said = quotaIds.flatMap((id) => {
    const { vend = 0, host: hosts = 0 } = quotaOf(id);
    return types[id] === undefined ? [] : [[id, vend, hosts]];
  });
  const made = Object.entries(types).map(([id, type]) => [id, counted(access, type), counted(host, type)]);
  expect(said).toEqual(made);
  expect(quotaIds.filter((id) => types[id] === undefined)).toEqual(['stacks', 'vcpus']);
  const far = farQuotas.flatMap(({ type, tenant }) => (type === undefined ? [] : [[type, tenant]]));
  expect(far).toEqual(far.map(([type]) => [type, counted([...access, ...host], String(type))]));
});

test('each quota that AWS raises can be asked for', () => {
  const fixed = quotaIds.filter((id) => quotaOf(id).code === undefined);
  expect(fixed).toEqual(['load-balancer-target-groups']);
  expect(quotaIds.filter((id) => !/^https:\/\/docs\.aws\.amazon\.com\//.test(quotaOf(id).page))).toEqual([]);
});

test('what vended tenants take by themselves is named from four fifths of the usual value on', () => {
  const alone = (count: number) => ({ inAccount: count, inRegion: count });
  expect(takenQuotas(alone(114))).toEqual([]);
  expect(takenQuotas(alone(115))).toEqual([{ id: 'roles', taken: 805, usual: 1000 }]);
  expect(quotaLines(takenQuotas(alone(115)))).toEqual([
    'quotas that the tenants nearly use up, unless AWS raised them (vendhost drift check --check quotas asks):',
    '  IAM roles: 805, usually 1000',
  ]);
  expect(quotaLines([])).toEqual([]);
});

test('environments in one account take of the same quotas, in one region of those of the region', () => {
  const place = (account: string, region: string, count: number) => ({
    account,
    region,
    tenants: Array(count).fill('shop'),
  });
  const dev = place('100000000001', 'eu-west-1', 60);
  const all = [
    dev,
    place('100000000001', 'eu-west-2', 60),
    place('100000000001', 'eu-west-1', 1),
    place('200000000002', 'eu-west-1', 500),
  ];
  expect(vendedBeside(dev, all)).toEqual({ inAccount: 121, inRegion: 61 });
  expect(takenQuotas(vendedBeside(dev, all))).toEqual([{ id: 'roles', taken: 847, usual: 1000 }]);
  const without = 'quotas of the account are counted without the tenants of staging, which share it: --all';
  expect(quotaLines([], ['staging'])).toEqual([without]);
  expect([quotaLines([]), quotaLines(takenQuotas(vendedBeside(dev, all)), ['staging'])[0]]).toEqual([[], without]);
});

test('what is full is what has less room than is taken of it', () => {
  const states: QuotaState[] = [
    { id: 'roles', usage: { used: 993, limit: 1000 } },
    { id: 'policies', usage: { used: 1499, limit: 1500 } },
    { id: 'database-instances', usage: { used: 40, limit: 40 } },
    { id: 'elastic-ips', usage: { used: 5, limit: 5 } },
    { id: 'stacks', usage: { reason: 'ACCESS_DENIED', hint: 'x' } },
  ];
  const access = { access: true, host: false, database: false };
  expect(fullQuotas(states, access)).toEqual([{ id: 'policies', used: 1499, limit: 1500, needed: 5 }]);
  expect(fullQuotas(states, { ...access, database: true }).map(({ id }) => id)).toEqual([
    'policies',
    'database-instances',
  ]);
  expect([neededOf('stacks', access), neededOf('stacks', { ...access, host: true })]).toEqual([2, 4]);
});
