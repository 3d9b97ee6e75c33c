import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { platformApp } from '../../cdk/platform/platform-app.ts';
import { virtualHostApp } from '../../cdk/tenant/virtual-host-app.ts';
import { costTable } from '../../docs/cost-tables.ts';
import type { Environment } from '../../scripts/config/environment.ts';
import { props } from '../cdk/platform/props.ts';
import { virtualHost } from '../cdk/tenant/props.ts';

type Resource = { Type: string; Properties: Record<string, unknown> };

function resources(app: ReturnType<typeof platformApp>): Resource[] {
  const templates = app.synth().stacks.map(({ template }) => Template.fromJSON(template as Record<string, unknown>));
  return templates.flatMap((template) => Object.values(template.toJSON().Resources as Record<string, Resource>));
}

const prices = costTable('Prices');
const environments: readonly Environment[] = ['dev', 'production'];
let platform: Resource[][];
let tenant: Resource[][];

beforeAll(() => {
  platform = environments.map((name) => resources(platformApp({ validation: false }, props(name))));
  tenant = environments.map((environment) =>
    resources(virtualHostApp(virtualHost({ place: { tenant: 'shop', environment } }), { validation: false })),
  );
});

const ofType = (all: readonly Resource[], type: string) => all.filter(({ Type }) => Type === `AWS::${type}`);

/** A load balancer has an address in each public subnet, and so in each zone. */
function balancerAddresses(all: readonly Resource[]): number {
  const zones = new Set(
    ofType(all, 'EC2::Subnet').map(({ Properties }) => JSON.stringify(Properties.AvailabilityZone)),
  );
  return ofType(all, 'ElasticLoadBalancingV2::LoadBalancer').length * zones.size;
}

function database(all: readonly Resource[]): { copies: number; gib: number } {
  const [found] = ofType(all, 'RDS::DBInstance');
  const copies = found?.Properties.MultiAZ === true ? 2 : 1;
  return { copies, gib: copies * Number(found?.Properties.AllocatedStorage) };
}

function instances(all: readonly Resource[]): number {
  return Number(ofType(all, 'AutoScaling::AutoScalingGroup')[0]?.Properties.MinSize);
}

describe('docs/costs.md', () => {
  test('names as many resources of an environment as its templates have', () => {
    expect(Object.fromEntries([...costTable('An environment')].filter(([what]) => what !== 'sum'))).toEqual({
      'NAT gateway': platform.map((all) => ofType(all, 'EC2::NatGateway').length),
      'public IPv4 address': platform.map((all) => ofType(all, 'EC2::EIP').length + balancerAddresses(all)),
      'load balancer': platform.map((all) => ofType(all, 'ElasticLoadBalancingV2::LoadBalancer').length),
      'KMS key': platform.map((all) => ofType(all, 'KMS::Key').length),
    });
  });

  test('names as many resources of a tenant as its templates have', () => {
    expect(Object.fromEntries([...costTable('A tenant in an environment')].filter(([what]) => what !== 'sum'))).toEqual(
      {
        'instance t3.small': tenant.map(instances),
        'GiB of a volume, gp3': tenant.map((all) => 16 * instances(all)),
        'database db.t3.micro': tenant.map((all) => database(all).copies),
        'GiB of a database, gp3': tenant.map((all) => database(all).gib),
        secret: tenant.map((all) => ofType(all, 'SecretsManager::Secret').length),
        alarm: tenant.map((all) => ofType(all, 'CloudWatch::Alarm').length),
      },
    );
  });

  test.each(['An environment', 'A tenant in an environment'])('adds up what %s costs', (heading) => {
    const rows = [...costTable(heading)].filter(([what]) => what !== 'sum');
    const sums = environments.map((_, column) =>
      rows.reduce((sum, [what, counts]) => sum + (prices.get(what)?.[0] ?? Number.NaN) * (counts[column] ?? 0), 0),
    );
    expect(costTable(heading).get('sum')).toEqual(sums.map((sum) => Number(sum.toFixed(2))));
  });

  test('has the sums that the quick start names', () => {
    const quickStart = readFileSync(join(import.meta.dirname, '../../docs/quick-start.md'), 'utf8').replaceAll(
      '\n',
      ' ',
    );
    const rounded = (heading: string) => (costTable(heading).get('sum') ?? []).map(Math.round);
    const [dev, production] = rounded('An environment');
    expect(quickStart).toContain(
      `some ${dev} dollars a month each for \`dev\` and \`staging\`, ${production} for production`,
    );
    expect(quickStart).toContain(`with one from ${rounded('A tenant in an environment')[0]} (production`);
  });
});
