import { expect, test } from 'vitest';
import { readAlarms, readTopic } from '../../../../scripts/drift/checks/alarm-check.ts';
import { listGroups, readMachines } from '../../../../scripts/drift/checks/hosts/host-source.ts';
import { readImages } from '../../../../scripts/drift/checks/images/read-images.ts';
import { readBalancerUsage } from '../../../../scripts/quota/balancers.ts';
import { readProcessorUsage, readSecurityGroupUsage, readStackUsage } from '../../../../scripts/quota/counted.ts';
import { type Answering, answering, xml } from '../../answering.ts';

/** Lists of the checks and of the quotas, read to their last page. */

const token = 'the-next-page';
const ec2 = (operation: string, set: string, items: string, more: boolean) =>
  `<${operation}Response><${set}>${items}</${set}>${more ? `<nextToken>${token}</nextToken>` : ''}</${operation}Response>`;
const member = (inside: string) => `<member>${inside}</member>`;
const balancer = 'arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/1';
const group = (id: string) =>
  member(`<TargetGroupArn>${id}</TargetGroupArn><LoadBalancerArns>${member(balancer)}</LoadBalancerArns>`);
const image = (id: string, tags: Record<string, string> = {}) => {
  const all = Object.entries(tags).map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`);
  return `<item><imageId>${id}</imageId><name>debian-12-amd64-20260${id.slice(-1)}01-1</name><imageOwnerId>7</imageOwnerId>
    <architecture>x86_64</architecture><imageState>available</imageState>
    <creationDate>2026-0${id.slice(-1)}-01T00:00:00.000Z</creationDate><tagSet>${all.join('')}</tagSet></item>`;
};
const machine = (cores: number) =>
  `<item><instancesSet><item><instanceId>i-${cores}</instanceId><instanceType>t3.small</instanceType>
    <cpuOptions><coreCount>${cores}</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions></item></instancesSet></item>`;
const quota = () => JSON.stringify({ Quota: { Value: 640 } });
const identity = () => xml('GetCallerIdentity', '<Account>100000000001</Account>');

interface Reader {
  /** Answers of an operation, by whether the next page is asked for. */
  readonly answers: Readonly<Record<string, (second: boolean, body: string) => string>>;
  readonly read: (world: Answering) => Promise<unknown>;
  readonly expected: unknown;
}

const readers: Readonly<Record<string, Reader>> = {
  alarms: {
    answers: {
      DescribeAlarms: (second) =>
        JSON.stringify({ MetricAlarms: [{ AlarmName: second ? 'b' : 'a' }], ...(second ? {} : { NextToken: token }) }),
    },
    read: async ({ aws }) => (await readAlarms(aws, 'vendhost-dev-')).map(({ name }) => name),
    expected: ['a', 'b'],
  },
  'subscriptions of a topic': {
    answers: {
      ListSubscriptionsByTopic: (second) =>
        xml(
          'ListSubscriptionsByTopic',
          `<Subscriptions>${member(`<SubscriptionArn>${second ? 'arn:aws:sns:1' : 'PendingConfirmation'}</SubscriptionArn>`)}</Subscriptions>${second ? '' : `<NextToken>${token}</NextToken>`}`,
        ),
    },
    read: ({ aws }) => readTopic(aws, 'arn:topic'),
    expected: { arn: 'arn:topic', confirmed: 1, pending: 1 },
  },
  'images of a family': {
    answers: {
      GetCallerIdentity: identity,
      DescribeImages(second, body) {
        const inUse = image('ami-3', { 'vendhost:source-ami': 'ami-1' });
        if (body.includes('ami-3')) return ec2('DescribeImages', 'imagesSet', inUse, false);
        if (body.includes('ami-1')) return ec2('DescribeImages', 'imagesSet', image('ami-1'), false);
        if (body.includes('self')) return ec2('DescribeImages', 'imagesSet', '', false);
        return ec2('DescribeImages', 'imagesSet', second ? image('ami-2') : image('ami-1'), !second);
      },
    },
    read: async ({ aws }) => {
      const place = { environment: 'dev', tenant: 'shop' };
      const [facts] = await readImages(aws, [{ place, inUse: 'ami-3' }]);
      return facts?.family?.map(({ id }) => id);
    },
    expected: ['ami-1', 'ami-2'],
  },
  'stacks of the account': {
    answers: {
      DescribeAccountLimits: (second) =>
        second
          ? xml(
              'DescribeAccountLimits',
              `<AccountLimits>${member('<Name>StackLimit</Name><Value>7</Value>')}</AccountLimits>`,
            )
          : xml('DescribeAccountLimits', `<AccountLimits></AccountLimits><NextToken>${token}</NextToken>`),
      ListStacks: (second) =>
        xml(
          'ListStacks',
          `<StackSummaries>${member('<StackName>a</StackName>')}</StackSummaries>${second ? '' : `<NextToken>${token}</NextToken>`}`,
        ),
    },
    read: ({ aws }) => readStackUsage(aws),
    expected: { stacks: { used: 2, limit: 7 } },
  },
  'security groups': {
    answers: {
      GetServiceQuota: quota,
      DescribeSecurityGroups: (second) =>
        ec2('DescribeSecurityGroups', 'securityGroupInfo', '<item><groupId>sg-1</groupId></item>', !second),
    },
    read: ({ aws }) => readSecurityGroupUsage(aws),
    expected: { 'security-groups': { used: 2, limit: 640 } },
  },
  'instances that use vCPUs': {
    answers: {
      GetServiceQuota: quota,
      DescribeInstances: (second) => ec2('DescribeInstances', 'reservationSet', machine(second ? 2 : 1), !second),
    },
    read: ({ aws }) => readProcessorUsage(aws),
    expected: { vcpus: { used: 6, limit: 640 } },
  },
  'Auto Scaling groups of an environment': {
    answers: {
      DescribeAutoScalingGroups: (second) =>
        xml(
          'DescribeAutoScalingGroups',
          `<AutoScalingGroups>${member(`<AutoScalingGroupName>vendhost-dev-${second ? 'b' : 'a'}</AutoScalingGroupName>`)}${member(
            '<AutoScalingGroupName>another</AutoScalingGroupName>',
          )}</AutoScalingGroups>${second ? '' : `<NextToken>${token}</NextToken>`}`,
        ),
    },
    read: async ({ aws }) =>
      (await listGroups(aws, 'vendhost-dev-')).map(({ AutoScalingGroupName }) => AutoScalingGroupName),
    expected: ['vendhost-dev-a', 'vendhost-dev-b'],
  },
  'instances of all groups': {
    answers: {
      DescribeInstances: (second) => ec2('DescribeInstances', 'reservationSet', machine(second ? 2 : 1), !second),
    },
    read: async ({ aws }) => [...(await readMachines(aws, ['i-1', 'i-2'])).keys()],
    expected: ['i-1', 'i-2'],
  },
  'target groups': {
    answers: {
      DescribeAccountLimits: () => xml('DescribeAccountLimits', '<Limits></Limits>'),
      DescribeTargetGroups: (second) =>
        xml(
          'DescribeTargetGroups',
          `<TargetGroups>${group(second ? 'b' : 'a')}</TargetGroups>${second ? '' : `<NextMarker>${token}</NextMarker>`}`,
        ),
    },
    read: async ({ aws }) => (await readBalancerUsage(aws, [{ name: 'one', arn: balancer, rules: 3 }])).each,
    expected: [
      { id: 'load-balancer-rules', balancer: 'one', used: 3, limit: 100 },
      { id: 'load-balancer-target-groups', balancer: 'one', used: 2, limit: 100 },
    ],
  },
};

test.each(Object.entries(readers))('%s come from every page', async (_name, { answers, read, expected }) => {
  const world = await answering(({ operation, body }) => answers[operation]?.(body.includes(token), body));
  expect(await read(world)).toEqual(expected);
});
