import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConditionalObjects } from '../../scripts/aws/objects.ts';
import { readPublishedFacts } from '../../scripts/aws/read-facts.ts';
import { names } from '../../scripts/config/names.ts';
import { readDeployment } from '../../scripts/deployment/deployment.ts';
import type { DriftContext } from '../../scripts/drift/checks.ts';
import { findStacks } from '../../scripts/drift/stacks/find-stacks.ts';
import { readResourceDrifts } from '../../scripts/drift/stacks/read-drifts.ts';
import { readUnderway } from '../../scripts/host/destroy/underway-executions.ts';
import { launchFailures } from '../../scripts/host/instances/launch-failures.ts';
import { readLogEvents } from '../../scripts/host/logs/read-events.ts';
import { readRules } from '../../scripts/listener/listener-rules.ts';
import { readRuleQuota } from '../../scripts/listener/quota.ts';
import { listStackNames, listStacks, listTenantRecords } from '../../scripts/platform/account-stacks.ts';
import { destroyLeftovers } from '../../scripts/platform/destroy/delete-stacks.ts';
import type { EnvironmentTarget } from '../../scripts/platform/targets.ts';
import { checkWait } from '../../scripts/release/failure/lost-instances.ts';
import { executionsBack } from '../../scripts/release/history/executions.ts';
import { readState } from '../../scripts/release/release-state.ts';
import { readActions } from '../../scripts/release/snapshot.ts';
import { readChangeSet } from '../../scripts/stack/change-sets/change-set.ts';
import { listChangeSets } from '../../scripts/stack/change-sets/left-over.ts';
import { followStack } from '../../scripts/stack/follow-stack.ts';
import { Progress } from '../../scripts/stack/progress.ts';
import { validationFailures } from '../../scripts/stack/validation.ts';
import { readBill } from '../../scripts/status/fleet/read-costs.ts';
import { listKeys } from '../../scripts/tenant/retire/remove-objects.ts';
import { type Answering, answering, xml } from './answering.ts';

/** What AWS answers to an operation, by the body of the call. */
type Answer = (body: string) => string;

interface Reader {
  /** The operation that has pages; of S3 how its call begins. */
  readonly operation: string;
  readonly pages: readonly [string, string];
  /** What else is asked. */
  readonly others?: Readonly<Record<string, Answer>>;
  readonly read: (world: Answering) => Promise<unknown>;
  readonly expected: unknown;
}

const token = 'the-next-page';
/** Pages of a list of members, one on each. */
const lists = (operation: string, list: string, members: readonly [string, string], next = 'NextToken') => ({
  operation,
  pages: [
    xml(operation, `<${list}><member>${members[0]}</member></${list}><${next}>${token}</${next}>`),
    xml(operation, `<${list}><member>${members[1]}</member></${list}>`),
  ] as const,
});
const json = (operation: string, first: object, second: object, next = 'nextToken') => ({
  operation,
  pages: [JSON.stringify({ ...first, [next]: token }), JSON.stringify(second)] as const,
});

const stack = 'arn:aws:cloudformation:eu-west-1:100000000001:stack/vendhost-dev-storage/1';
const pipeline = { name: 'shop', region: 'eu-west-1', source: 'Source', application: 'shop', group: 'shop' };
const rule = (priority: string) => `<Priority>${priority}</Priority><IsDefault>${priority === 'default'}</IsDefault>
  <Actions><member><Type>forward</Type><ForwardConfig><TargetGroups><member>
    <TargetGroupArn>arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/group-${priority}/0a</TargetGroupArn>
  </member></TargetGroups></ForwardConfig></member></Actions>`;
const change = (id: string) => `<ResourceChange><LogicalResourceId>${id}</LogicalResourceId></ResourceChange>`;
const changeSet = (name: string) => `<ChangeSetName>${name}</ChangeSetName>`;
const limit = (name: string, max: number) => `<Name>${name}</Name><Max>${max}</Max>`;
const resource = (id: string) => `<LogicalResourceId>${id}</LogicalResourceId>`;
const drift = (id: string) => `${resource(id)}<StackResourceDriftStatus>IN_SYNC</StackResourceDriftStatus>`;
const tagged = (name: string) =>
  `<StackName>${name}</StackName><Tags><member><Key>vendhost:environment</Key><Value>dev</Value></member></Tags>`;
const finding = (id: string) =>
  `<OperationId>1</OperationId><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>${id}</LogicalResourceId>`;
const balancer = (arn: string) =>
  `<ResourceType>AWS::ElasticLoadBalancingV2::LoadBalancer</ResourceType><PhysicalResourceId>${arn}</PhysicalResourceId>`;
const failed = (
  id: string,
) => `<EventId>${id}</EventId><StackId>${stack}</StackId><LogicalResourceId>${id}</LogicalResourceId>
  <PhysicalResourceId>${id}</PhysicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>
  <ResourceStatus>CREATE_FAILED</ResourceStatus><ResourceStatusReason>no</ResourceStatusReason>
  <ClientRequestToken>ours</ClientRequestToken><Timestamp>2026-01-01T00:00:00Z</Timestamp>`;
const ec2Instances = (
  id: string,
  more: string,
) => `<DescribeInstancesResponse><reservationSet><item><instancesSet><item>
  <instanceId>${id}</instanceId><instanceState><code>16</code><name>running</name></instanceState>
  </item></instancesSet></item></reservationSet>${more}</DescribeInstancesResponse>`;
const action = (name: string, startTime: number) => ({ actionName: name, startTime });
const object = (key: string, more: string) =>
  `<ListBucketResult><Contents><Key>claims/${key}</Key></Contents>${more}</ListBucketResult>`;
const signal = new AbortController().signal;

const readers: Readonly<Record<string, Reader>> = {
  'objects below a prefix': {
    operation: 'GET /bucket/',
    pages: [
      object('1.json', `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`),
      object('2.json', '<IsTruncated>false</IsTruncated>'),
    ],
    read: ({ aws }) => new ConditionalObjects(aws, 'bucket', z.unknown()).list('claims/'),
    expected: ['1.json', '2.json'],
  },
  'keys of a retired tenant': {
    operation: 'GET /bucket/',
    pages: [
      object('1.json', `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`),
      object('2.json', '<IsTruncated>false</IsTruncated>'),
    ],
    read: ({ aws }) => listKeys(aws, 'bucket', 'claims/'),
    expected: ['claims/1.json', 'claims/2.json'],
  },
  'executions that are in progress': {
    ...json(
      'ListPipelineExecutions',
      { pipelineExecutionSummaries: [{ pipelineExecutionId: '1', status: 'Succeeded' }] },
      { pipelineExecutionSummaries: [{ pipelineExecutionId: '2', status: 'InProgress' }] },
    ),
    read: ({ aws }) => readUnderway(aws, 'shop'),
    expected: ['2'],
  },
  'events of a log group': {
    operation: 'FilterLogEvents',
    // The first page is empty, as AWS's may be.
    pages: [
      JSON.stringify({ events: [], nextToken: token }),
      JSON.stringify({ events: [{ eventId: '1', timestamp: 1, logStreamName: 'i-1', message: 'found' }] }),
    ],
    read: async ({ aws }) => {
      const found: string[] = [];
      for await (const { text } of readLogEvents(aws, { group: 'shop', since: 0, signal })) found.push(text);
      return found;
    },
    expected: ['found'],
  },
  'published facts': {
    ...json(
      'GetParametersByPath',
      { Parameters: [{ Name: '/vendhost/dev/a', Value: '1' }] },
      { Parameters: [{ Name: '/vendhost/dev/b', Value: '2' }] },
      'NextToken',
    ),
    read: async ({ aws }) => Object.values((await readPublishedFacts(aws, 'dev')).values),
    expected: ['1', '2'],
  },
  'tenant records': {
    ...json(
      'GetParametersByPath',
      { Parameters: [{ Name: '/vendhost/dev/tenants/blog' }] },
      { Parameters: [{ Name: '/vendhost/dev/tenants/shop' }] },
      'NextToken',
    ),
    read: ({ aws }) => listTenantRecords(aws, 'dev'),
    expected: ['blog', 'shop'],
  },
  'stacks of an account': {
    ...lists('ListStacks', 'StackSummaries', ['<StackName>a</StackName>', '<StackName>b</StackName>']),
    read: ({ aws }) => listStackNames(aws),
    expected: ['a', 'b'],
  },
  'stacks of an account, with their status': {
    ...lists('ListStacks', 'StackSummaries', [
      '<StackName>a</StackName><StackStatus>CREATE_COMPLETE</StackStatus>',
      '<StackName>b</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>',
    ]),
    read: ({ aws }) => listStacks(aws),
    expected: [
      { name: 'a', status: 'CREATE_COMPLETE' },
      { name: 'b', status: 'UPDATE_COMPLETE' },
    ],
  },
  'stacks of an environment, by their tags': {
    ...lists('DescribeStacks', 'Stacks', [tagged('a'), tagged('b')]),
    read: async ({ aws }) =>
      (await findStacks({ aws, environment: 'dev', platform: {} } as unknown as DriftContext)).map(({ name }) => name),
    expected: ['a', 'b'],
  },
  'drift of the resources of a stack': {
    ...lists('DescribeStackResourceDrifts', 'StackResourceDrifts', [drift('A'), drift('B')]),
    others: {
      ListStackResources: () =>
        xml(
          'ListStackResources',
          `<StackResourceSummaries><member>${resource('A')}</member><member>${resource('B')}</member></StackResourceSummaries>`,
        ),
    },
    read: async ({ aws }) => (await readResourceDrifts(aws, 'a', new Date(0))).map(({ status }) => status),
    expected: ['IN_SYNC', 'IN_SYNC'],
  },
  'resources of a stack, checked or not': {
    ...lists('ListStackResources', 'StackResourceSummaries', [resource('A'), resource('B')]),
    others: { DescribeStackResourceDrifts: () => xml('DescribeStackResourceDrifts', '') },
    read: async ({ aws }) => (await readResourceDrifts(aws, 'a', new Date(0))).map(({ logicalId }) => logicalId),
    expected: ['A', 'B'],
  },
  'load balancers of a stack': {
    ...lists('ListStackResources', 'StackResourceSummaries', [balancer('arn:one'), balancer('arn:two')]),
    others: {
      DescribeStacks: () => xml('DescribeStacks', ''),
      ModifyLoadBalancerAttributes: () => xml('ModifyLoadBalancerAttributes', ''),
    },
    async read({ aws, runtime, calls }) {
      const environment = 'production';
      const steps = [[names.balancerStack(environment, 2)]];
      const place = { environment, account: '100000000001', region: 'eu-west-1' } as const;
      const target = { ...place, aws } as unknown as EnvironmentTarget;
      await destroyLeftovers(runtime, target, { ...place, steps, buckets: [], key: undefined });
      return calls.flatMap(({ body }) => new URLSearchParams(body).get('LoadBalancerArn') ?? []);
    },
    expected: ['arn:one', 'arn:two'],
  },
  'changes of a change set': {
    ...lists('DescribeChangeSet', 'Changes', [change('A'), change('B')]),
    read: async ({ aws }) =>
      (await readChangeSet(aws, 'a', 'b'))?.changes.map((each) => each.ResourceChange?.LogicalResourceId),
    expected: ['A', 'B'],
  },
  'change sets of a stack': {
    ...lists('ListChangeSets', 'Summaries', [changeSet('A'), changeSet('B')]),
    read: async ({ aws }) => (await listChangeSets(aws, 'a')).map(({ ChangeSetName }) => ChangeSetName),
    expected: ['A', 'B'],
  },
  'findings of a validation': {
    ...lists('DescribeEvents', 'OperationEvents', [finding('A'), finding('B')]),
    read: async ({ aws }) => (await validationFailures(aws, 'a')).map(({ logicalId }) => logicalId),
    expected: ['A', 'B'],
  },
  'events of a stack': {
    ...lists('DescribeStackEvents', 'StackEvents', [failed('Newer'), failed('Older')]),
    others: { DescribeStacks: () => xml('DescribeStacks', '') },
    async read({ aws, runtime }) {
      const progress = new Progress(runtime);
      await followStack(runtime, aws, { stack, token: 'ours', progress });
      return progress.failures.map(({ logicalId }) => logicalId);
    },
    expected: ['Older', 'Newer'],
  },
  'rules of a listener but its default one': {
    ...lists('DescribeRules', 'Rules', [rule('1'), `${rule('2')}</member><member>${rule('default')}`], 'NextMarker'),
    read: ({ aws }) => readRules(aws, 'arn:listener'),
    expected: [
      { priority: 1, hosts: [], targetGroups: ['group-1'] },
      { priority: 2, hosts: [], targetGroups: ['group-2'] },
    ],
  },
  'limits of an account': {
    ...lists(
      'DescribeAccountLimits',
      'Limits',
      [limit('target-groups', 3000), limit('rules-per-application-load-balancer', 150)],
      'NextMarker',
    ),
    read: ({ aws }) => readRuleQuota(aws),
    expected: 150,
  },
  'instances of a deployment': {
    ...json('ListDeploymentTargets', { targetIds: ['i-1'] }, { targetIds: ['i-2'] }),
    others: {
      GetDeployment: () => '{}',
      BatchGetDeploymentTargets: (body) => {
        const { targetIds } = JSON.parse(body) as { targetIds: string[] };
        return JSON.stringify({ deploymentTargets: targetIds.map((targetId) => ({ instanceTarget: { targetId } })) });
      },
    },
    read: async ({ aws }) => (await readDeployment(aws, 'd-1')).targets.map(({ instance }) => instance),
    expected: ['i-1', 'i-2'],
  },
  'deployments of the launch hook that failed': {
    ...json('ListDeployments', { deployments: ['d-1'] }, { deployments: ['d-2'] }),
    others: {
      BatchGetDeployments: (body) => {
        const { deploymentIds } = JSON.parse(body) as { deploymentIds: string[] };
        const info = (deploymentId: string, createTime: number) => ({
          deploymentId,
          createTime,
          creator: 'autoscaling',
        });
        return JSON.stringify({ deploymentsInfo: deploymentIds.map((id, at) => info(id, at)) });
      },
      GetDeployment: () => '{}',
      ListDeploymentTargets: () => '{}',
    },
    read: ({ aws }) => launchFailures(aws, 'shop', new Date(0)),
    expected: [
      'the revision could not be put on a new instance: deployment d-2, the last of 2 that failed',
      'no reason is given',
    ],
  },
  'instances that a release waits for': {
    operation: 'DescribeInstances',
    pages: [ec2Instances('i-1', `<nextToken>${token}</nextToken>`), ec2Instances('i-2', '')],
    others: { DescribeAutoScalingGroups: () => xml('DescribeAutoScalingGroups', '') },
    read: ({ aws }) =>
      checkWait(
        aws,
        pipeline,
        { deployment: 'd-1', instances: ['i-1', 'i-2'], event: 'Install', reasons: [], failed: [] },
        { quietMs: 0, limits: {} },
      ).then(() => 'fine'),
    expected: 'fine',
  },
  'executions of a pipeline, back to its last success': {
    ...json(
      'ListPipelineExecutions',
      { pipelineExecutionSummaries: [{ pipelineExecutionId: '2', status: 'Failed' }] },
      { pipelineExecutionSummaries: [{ pipelineExecutionId: '1', status: 'Succeeded' }] },
    ),
    others: { GetDeploymentGroup: () => '{}', ListActionExecutions: () => '{}' },
    read: async ({ aws }) => (await readState(aws, pipeline, signal)).executions.map(({ id }) => id),
    expected: ['2', '1'],
  },
  'releases, with their records': {
    ...json(
      'ListPipelineExecutions',
      { pipelineExecutionSummaries: [{ pipelineExecutionId: '2' }] },
      { pipelineExecutionSummaries: [{ pipelineExecutionId: '1' }] },
    ),
    async read({ aws }) {
      const found: string[] = [];
      const store = { tenant: 'shop', bucket: 'bucket', pipeline };
      for await (const { id } of executionsBack(aws, store)) found.push(id);
      return found;
    },
    expected: ['2', '1'],
  },
  'actions of an execution': {
    ...json(
      'ListActionExecutions',
      { actionExecutionDetails: [action('Deploy', 2)] },
      { actionExecutionDetails: [action('Source', 1)] },
    ),
    read: async ({ aws }) => (await readActions(aws, pipeline, '1')).map(({ name }) => name),
    expected: ['Source', 'Deploy'],
  },
  'months of a bill': {
    ...json(
      'GetCostAndUsage',
      { ResultsByTime: [{ TimePeriod: { Start: '2026-05-01', End: '2026-06-01' }, Estimated: false }] },
      { ResultsByTime: [{ TimePeriod: { Start: '2026-06-01', End: '2026-06-11' }, Estimated: true }] },
      'NextPageToken',
    ),
    read: async ({ aws }) =>
      (await readBill(aws, '100000000001', new Date('2026-06-10T12:00:00Z'))).map(({ month }) => month),
    expected: ['2026-05', '2026-06'],
  },
};

test.each(Object.entries(readers))(
  '%s come from every page',
  async (_name, { operation, pages, others, read, expected }) => {
    const world = await answering((call) =>
      call.operation.startsWith(operation)
        ? pages[`${call.operation}${call.body}`.includes(token) ? 1 : 0]
        : others?.[call.operation]?.(call.body),
    );
    expect(await read(world)).toEqual(expected);
  },
);
