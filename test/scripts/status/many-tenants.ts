import type { EnvironmentTarget } from '../../../scripts/platform/targets.ts';
import { tenantRecord } from '../../builders/sample.ts';
import { type Answering, answering, xml } from '../answering.ts';
import type { WireCall } from '../wire.ts';
import { hash } from './host-snapshots.ts';

const account = '100000000001';
const token = 'page-';
/** Things on a page, of those lists that AWS cuts. */
const perPage: Readonly<Record<string, number>> = {
  GetParametersByPath: 10,
  DescribeStacks: 100,
  DescribeAutoScalingGroups: 40,
  DescribeAlarms: 40,
};

/** One page of a list, by the token in the call, and the token of the next one. */
function pageOf<T>(
  { operation, body }: WireCall,
  all: readonly T[],
): { items: readonly T[]; next: string | undefined } {
  const size = perPage[operation] ?? all.length;
  const from = Number(new RegExp(`${token}(\\d+)`).exec(body)?.[1] ?? 0);
  const to = from + size;
  return { items: all.slice(from, to), next: to < all.length ? `${token}${to}` : undefined };
}

const image = (
  id: string,
  tags: string,
) => `<item><imageId>${id}</imageId><name>${id === 'ami-0' ? 'debian-20260601' : id}</name>
  <imageOwnerId>${id === 'ami-0' ? '7' : account}</imageOwnerId><architecture>x86_64</architecture><imageState>available</imageState>
  <creationDate>2026-06-01T00:00:00.000Z</creationDate><tagSet>${tags}</tagSet></item>`;
const sourceTag = '<item><key>vendhost:source-ami</key><value>ami-0</value></item>';
const execution = {
  pipelineExecutionId: 'e-1',
  status: 'Succeeded',
  startTime: 1_780_000_000,
  lastUpdateTime: 1_780_000_100,
};
const record = (tenant: string) => ({
  ...{ version: 1, executionId: 'e-1', revision: `software/${tenant}/${hash('a')}.zip`, commit: 'c'.repeat(40) },
  ...{
    branch: 'dev',
    author: 'Ada <ada@example.com>',
    message: 'A page',
    mergeRequest: '',
    pipelineUrl: '',
    jobUrl: '',
  },
  ...{ user: 'ada', image: 'ami-1', startedAt: '2026-06-01T00:00:00.000Z' },
});

/** An environment with so many tenants, as AWS would list it page by page; `refused` operations answer 404. */
export async function manyTenants(
  count: number,
  refused: readonly string[] = [],
): Promise<Answering & { target: EnvironmentTarget }> {
  const tenants = Array.from({ length: count }, (_, index) => `tenant-${String(index + 1).padStart(3, '0')}`);
  const stacks = tenants.flatMap((tenant) =>
    ['access', 'entry', 'data', 'host'].map((layer) => `vendhost-dev-${tenant}-${layer}`),
  );
  const members = (call: WireCall, list: string, all: readonly string[]) => {
    const { items, next } = pageOf(call, all);
    const inside = items.map((item) => `<member>${item}</member>`).join('');
    return xml(
      call.operation,
      `<${list}>${inside}</${list}>${next === undefined ? '' : `<NextToken>${next}</NextToken>`}`,
    );
  };
  const answers: Readonly<Record<string, (call: WireCall) => string>> = {
    GetCallerIdentity: () => xml('GetCallerIdentity', `<Account>${account}</Account>`),
    GetParametersByPath(call) {
      const { items, next } = pageOf(call, tenants);
      const Parameters = items.map((tenant) => ({
        Name: `/vendhost/dev/tenants/${tenant}`,
        Value: JSON.stringify(tenantRecord({ environment: 'dev', tenant }, account)),
      }));
      return JSON.stringify({ Parameters, NextToken: next });
    },
    DescribeStacks: (call) =>
      members(
        call,
        'Stacks',
        stacks.map(
          (name) => `<StackName>${name}</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>
          <DriftInformation><StackDriftStatus>IN_SYNC</StackDriftStatus><LastCheckTimestamp>2026-06-10T05:00:00Z</LastCheckTimestamp></DriftInformation>
          <Parameters><member><ParameterKey>ImageId</ParameterKey><ParameterValue>ami-1</ParameterValue></member></Parameters>`,
        ),
      ),
    DescribeAutoScalingGroups: (call) =>
      members(
        call,
        'AutoScalingGroups',
        tenants.map(
          (tenant) => `<AutoScalingGroupName>vendhost-dev-${tenant}</AutoScalingGroupName><MinSize>1</MinSize>
          <Instances><member><LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus></member></Instances>`,
        ),
      ),
    DescribeAlarms(call) {
      // The last one is on the second page.
      const others = Array.from({ length: 40 }, (_, index) => `vendhost-dev-platform-${index}`);
      const { items, next } = pageOf(call, [...others, 'vendhost-dev-tenant-002-host-server-errors']);
      return JSON.stringify({ MetricAlarms: items.map((AlarmName) => ({ AlarmName })), NextToken: next });
    },
    DescribeImages({ body }) {
      const isBase = body.includes('ami-0') || body.includes('debian');
      const images = isBase ? image('ami-0', '') : body.includes('ami-1') ? image('ami-1', sourceTag) : '';
      return `<DescribeImagesResponse><imagesSet>${images}</imagesSet></DescribeImagesResponse>`;
    },
    ListPipelineExecutions: () => JSON.stringify({ pipelineExecutionSummaries: [execution] }),
  };
  const world = await answering((call) => {
    if (refused.includes(call.operation)) return undefined;
    const [, tenant = ''] = /^GET \/[^/]+\/software\/([^/]+)\/releases\//.exec(call.operation) ?? [];
    return tenant === '' ? answers[call.operation]?.(call) : JSON.stringify(record(tenant));
  });
  const config = { account, region: 'eu-west-1' } as EnvironmentTarget['config'];
  return { ...world, target: { environment: 'dev', config, aws: world.aws } };
}
