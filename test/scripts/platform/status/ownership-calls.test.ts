import { expect, test } from 'vitest';
import { keys, names } from '../../../../scripts/config/names.ts';
import { ownershipStatus } from '../../../../scripts/platform/status/ownership-status.ts';
import type { ListenerState } from '../../../../scripts/platform/status/parts.ts';
import { readOwnership } from '../../../../scripts/platform/status/read-ownership.ts';
import type { EnvironmentTarget } from '../../../../scripts/platform/targets.ts';
import { tenantRecord } from '../../../builders/sample.ts';
import { answering, xml } from '../../answering.ts';

const environment = 'dev' as const;
const account = '100000000001';
/** So many rules fit on a load balancer. */
const perBalancer = 100;
/** So many things are on a page of CloudFormation's and S3's lists. */
const perPage = { stacks: 100, keys: 1000 };

/** An environment with so many tenants, each with a host, a rule and a number; `older` ones were vended before rules were outputs. */
async function environmentOf(count: number, older = 0) {
  const tenants = Array.from({ length: count }, (_, index) => {
    const tenant = `tenant-${index}`;
    const [balancer, priority] = [Math.floor(index / perBalancer), (index % perBalancer) + 1];
    return {
      tenant,
      host: `${tenant}.dev.example.com`,
      balancer,
      priority,
      arn: `arn:rule/${tenant}`,
      isOlder: index < older,
    };
  });
  const listeners: ListenerState[] = [];
  for (const { tenant, host, balancer, priority, arn } of tenants) {
    const id = `listener-${balancer}`;
    const rules = [...(listeners[balancer]?.rules ?? []), { arn, priority, hosts: [host], targetGroups: [tenant] }];
    listeners[balancer] = { stack: names.balancerStack(environment, balancer + 1), arn: `arn:listener/${id}`, rules };
  }
  const objects = new Map<string, object>(
    tenants.flatMap(({ tenant, host, balancer, priority }) => [
      [keys.hostClaim(host), { host, tenant }] as const,
      [keys.tenantHost(tenant, host), { host, tenant }] as const,
      [keys.priorityClaim(`listener-${balancer}`, priority), { tenant, priority }] as const,
      [keys.tenantPriority(`listener-${balancer}`, tenant, 'exact'), { tenant, priority, claimed: true }] as const,
    ]),
  );
  const stacks = tenants.flatMap(({ tenant, arn, isOlder }) =>
    (['access', 'entry', 'data', 'host'] as const).map((layer) => {
      const rule =
        layer === 'entry' && !isOlder
          ? `<member><OutputKey>ListenerRule</OutputKey><OutputValue>${arn}</OutputValue></member>`
          : '';
      const name = names.tenantStack({ environment, tenant }, layer);
      return `<member><StackName>${name}</StackName><Outputs>${rule}</Outputs></member>`;
    }),
  );
  const listed = (query: URLSearchParams) => {
    const prefix = query.get('prefix') ?? '';
    const isDirect = (key: string) => !query.has('delimiter') || !key.slice(prefix.length).includes('/');
    const found = [...objects.keys()].filter((key) => key.startsWith(prefix) && isDirect(key)).sort();
    const from = Number(query.get('continuation-token') ?? 0);
    const to = from + perPage.keys;
    const contents = found.slice(from, to).map((key) => `<Contents><Key>${key}</Key></Contents>`);
    const next = to < found.length ? `<NextContinuationToken>${to}</NextContinuationToken>` : '';
    return `<ListBucketResult><IsTruncated>${next !== ''}</IsTruncated>${contents.join('')}${next}</ListBucketResult>`;
  };
  const world = await answering(({ operation, body }) => {
    if (operation === 'DescribeStacks') {
      const from = Number(new URLSearchParams(body).get('NextToken') ?? 0);
      const to = from + perPage.stacks;
      const next = to < stacks.length ? `<NextToken>${to}</NextToken>` : '';
      return xml(operation, `<Stacks>${stacks.slice(from, to).join('')}</Stacks>${next}`);
    }
    if (operation === 'ListStackResources') {
      const stack = new URLSearchParams(body).get('StackName') ?? '';
      const own = tenants.find(({ tenant }) => stack === names.tenantStack({ environment, tenant }, 'entry'));
      const type = '<ResourceType>AWS::ElasticLoadBalancingV2::ListenerRule</ResourceType>';
      const rule = own && `<member>${type}<PhysicalResourceId>${own.arn}</PhysicalResourceId></member>`;
      return xml(operation, `<StackResourceSummaries>${rule ?? ''}</StackResourceSummaries>`);
    }
    const url = new URL(operation.replace('GET ', ''), 'http://bucket');
    if (url.searchParams.has('list-type')) return listed(url.searchParams);
    const object = objects.get(url.pathname.replace('/bucket/', ''));
    return object && JSON.stringify(object);
  });
  const records = tenants.map(({ tenant, host, balancer }) => {
    const record = tenantRecord({ environment, tenant }, account);
    return { tenant, content: { ...record, hosts: [host], loadBalancer: balancer + 1 } };
  });
  return { ...world, found: { listeners, records, files: undefined } };
}

/** The differences, and how many calls of each kind it took to find them. */
async function looked(count: number, older = 0) {
  const { aws, calls, found } = await environmentOf(count, older);
  const target = { environment, aws } as EnvironmentTarget;
  const status = ownershipStatus(await readOwnership(target, 'bucket', found));
  const kind = ({ operation }: { operation: string }) =>
    operation.startsWith('GET ') ? (operation.includes('list-type') ? 'list keys' : 'GetObject') : operation;
  const counts = Object.fromEntries([...Map.groupBy(calls, kind)].map(([name, made]) => [name, made.length]).sort());
  return { status, counts };
}

test('CloudFormation and the lists of keys are read by pages; only S3 is asked for each claim', async () => {
  const few = await looked(10);
  expect(few).toEqual({
    status: { compared: true, rules: 10, claims: 20, records: 10, files: null, maintenance: [], differences: [] },
    counts: { DescribeStacks: 1, GetObject: 20, 'list keys': 3 },
  });
  // Ten load balancers, each full.
  const many = await looked(1000);
  expect(many).toEqual({
    status: { compared: true, rules: 1000, claims: 2000, records: 1000, files: null, maintenance: [], differences: [] },
    counts: { DescribeStacks: 40, GetObject: 2000, 'list keys': 13 },
  });
});

test('stacks of tenants that an older version vended are asked one by one', async () => {
  const { status, counts } = await looked(10, 2);
  expect(status).toMatchObject({ differences: [] });
  expect(counts).toEqual({ DescribeStacks: 1, GetObject: 20, ListStackResources: 6, 'list keys': 3 });
});
