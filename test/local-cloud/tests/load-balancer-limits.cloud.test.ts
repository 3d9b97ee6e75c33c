import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  DeleteLoadBalancerCommand,
  DeleteRuleCommand,
  DeleteTargetGroupCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  ModifyLoadBalancerAttributesCommand,
  paginateDescribeRules,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { Fleet } from './fleet.ts';
import { ref, subnet, vpc } from './resources.ts';

const account = '670000000005';
const { endpoint } = inject('localCloud');
const fleet = new Fleet(endpoint, account);
const stacks = new Stacks(clientConfig(endpoint, account));

const network = { Vpc: vpc, One: subnet('10.7.1.0/24'), Two: subnet('10.7.2.0/24', 'b') };
const typed = (type: string, Properties: object) => ({ Type: `AWS::ElasticLoadBalancingV2::${type}`, Properties });

async function balancerOf(ListenerArn: string): Promise<string> {
  const { Listeners } = await fleet.balancing.send(new DescribeListenersCommand({ ListenerArns: [ListenerArn] }));
  return Listeners?.[0]?.LoadBalancerArn ?? '';
}

describe('deletion protection', () => {
  const protect = (LoadBalancerArn: string, Value: string) =>
    fleet.balancing.send(
      new ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn,
        Attributes: [{ Key: 'deletion_protection.enabled', Value }],
      }),
    );

  test('keeps a load balancer until it is off', async () => {
    const listener = await fleet.listener('protected');
    const LoadBalancerArn = await balancerOf(listener);
    await protect(LoadBalancerArn, 'true');
    const remove = () => fleet.balancing.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
    await expect(remove()).rejects.toMatchObject({ name: 'OperationNotPermittedException' });
    await protect(LoadBalancerArn, 'false');
    await remove();
    const gone = fleet.balancing.send(new DescribeListenersCommand({ ListenerArns: [listener] }));
    await expect(gone).rejects.toMatchObject({ name: 'ListenerNotFoundException' });
  });

  test('keeps a stack from going', async () => {
    const balancer = (enabled: string) =>
      typed('LoadBalancer', {
        Name: 'stays',
        Subnets: [ref('One'), ref('Two')],
        LoadBalancerAttributes: [{ Key: 'deletion_protection.enabled', Value: enabled }],
      });
    const resources = (enabled: string) => ({ ...network, Balancer: balancer(enabled) });
    expect((await stacks.create('stays', { resources: resources('true') })).status).toBe('CREATE_COMPLETE');
    const refused = await stacks.delete('stays');
    expect(refused.status).toBe('DELETE_FAILED');
    expect(refused.failures.join()).toContain('deletion protection is enabled');
    const { LoadBalancers } = await fleet.balancing.send(new DescribeLoadBalancersCommand({ Names: ['stays'] }));
    await protect(LoadBalancers?.[0]?.LoadBalancerArn ?? '', 'false');
    expect((await stacks.delete('stays')).status).toBe('DELETE_COMPLETE');
  });
});

test('a name is taken once', async () => {
  await fleet.listener('taken');
  const resources = {
    ...network,
    Balancer: typed('LoadBalancer', { Name: 'taken', Subnets: [ref('One'), ref('Two')] }),
  };
  const refused = await stacks.create('taken-balancer', { resources });
  expect(refused.failures.join()).toContain("A load balancer with the same name 'taken' exists");
});

describe('a listener', () => {
  const fixed = [{ Type: 'fixed-response' as const, FixedResponseConfig: { StatusCode: '200' } }];
  const hosts = (name: string) => [{ Field: 'host-header', HostHeaderConfig: { Values: [name] } }];

  test('takes a hundred rules besides its default one, whoever makes them', async () => {
    const ListenerArn = await fleet.listener('full');
    const rule = (Priority: number) =>
      fleet.balancing.send(
        new CreateRuleCommand({ ListenerArn, Priority, Conditions: hosts(`h${Priority}.example.com`), Actions: fixed }),
      );
    for (let priority = 1; priority <= 100; priority += 1) await rule(priority);
    await expect(rule(101)).rejects.toMatchObject({ name: 'TooManyRulesException' });
    const one = {
      Rule: typed('ListenerRule', {
        ListenerArn,
        Priority: 101,
        Conditions: hosts('more.example.com'),
        Actions: fixed,
      }),
    };
    const refused = await stacks.create('one-more', { resources: one });
    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect(refused.failures.join()).toContain('TooManyRules');
  });

  test('does not forward to the target group of another load balancer', async () => {
    const [first, second] = [await fleet.listener('first'), await fleet.listener('second')];
    const TargetGroupArn = await fleet.targetGroup('mine');
    const forward = (ListenerArn: string, Priority: number) =>
      fleet.balancing.send(
        new CreateRuleCommand({
          ListenerArn,
          Priority,
          Conditions: hosts('mine.example.com'),
          Actions: [{ Type: 'forward', TargetGroupArn }],
        }),
      );
    await forward(first, 1);
    await forward(first, 2);
    const limit = { name: 'TargetGroupAssociationLimitException' };
    await expect(forward(second, 1)).rejects.toMatchObject(limit);
    const listener = fleet.balancing.send(
      new CreateListenerCommand({
        LoadBalancerArn: await balancerOf(second),
        Port: 81,
        Protocol: 'HTTP',
        DefaultActions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn }] } }],
      }),
    );
    await expect(listener).rejects.toMatchObject(limit);
    const stacked = typed('ListenerRule', {
      ListenerArn: second,
      Priority: 9,
      Conditions: hosts('mine.example.com'),
      Actions: [{ Type: 'forward', TargetGroupArn }],
    });
    const refused = await stacks.create('second-balancer', { resources: { Rule: stacked } });
    expect(refused.failures.join()).toContain('cannot be associated with more than one load balancer');
  });
});

describe('as on AWS', () => {
  const fixed = [{ Type: 'fixed-response' as const, FixedResponseConfig: { StatusCode: '200' } }];
  const hosts = (...Values: string[]) => [{ Field: 'host-header', HostHeaderConfig: { Values } }];
  const rule = (ListenerArn: string, Priority: number, ...values: string[]) =>
    fleet.balancing.send(
      new CreateRuleCommand({ ListenerArn, Priority, Conditions: hosts(...values), Actions: fixed }),
    );
  const addListener = (LoadBalancerArn: string, Port: number) =>
    fleet.balancing.send(new CreateListenerCommand({ LoadBalancerArn, Port, Protocol: 'HTTP', DefaultActions: fixed }));

  test('the hundred rules are those of all listeners of a load balancer', async () => {
    const first = await fleet.listener('two-listeners');
    const { Listeners } = await addListener(await balancerOf(first), 81);
    const second = Listeners?.[0]?.ListenerArn ?? '';
    for (let priority = 1; priority <= 50; priority += 1) {
      await rule(first, priority, `h${priority}.example.com`);
      await rule(second, priority, `h${priority}.example.com`);
    }
    await expect(rule(second, 51, 'more.example.com')).rejects.toMatchObject({ name: 'TooManyRulesException' });
  });

  test('the conditions of a rule are few and well-formed', async () => {
    const listener = await fleet.listener('conditions');
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.example.com`);
    await expect(rule(listener, 1)).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(rule(listener, 1, ...five, 'f.example.com')).rejects.toMatchObject({
      name: 'ValidationError',
      message: "A rule can only have '5' condition values",
    });
    await expect(rule(listener, 1, '*.*.*.*.*.*.com')).rejects.toThrow('at most 5 condition wildcards');
    for (const host of ['two words.example.com', `${'x'.repeat(120)}.example.com`, 'localhost']) {
      await expect(rule(listener, 1, host)).rejects.toMatchObject({ name: 'ValidationError' });
    }
    await rule(listener, 1, ...five);
    const stacked = typed('ListenerRule', {
      ListenerArn: listener,
      Priority: 2,
      Conditions: hosts(...five, 'f.example.com'),
      Actions: fixed,
    });
    const refused = await stacks.create('six-values', { resources: { Rule: stacked } });
    expect(refused.failures.join()).toContain("A rule can only have '5' condition values");
  });

  test('a load balancer has two zones, and a listener for a port', async () => {
    const create = (Name: string, ...Subnets: string[]) =>
      fleet.balancing.send(new CreateLoadBalancerCommand({ Name, Subnets }));
    await expect(create('one-zone', fleet.subnet)).rejects.toThrow('At least two subnets in two different');
    await expect(create('no-zone', 'subnet-none')).rejects.toMatchObject({ name: 'SubnetNotFoundException' });
    const balancer = await balancerOf(await fleet.listener('one-port'));
    await expect(addListener(balancer, 80)).rejects.toMatchObject({ name: 'DuplicateListenerException' });
  });

  test('a target group stays while a rule forwards to it', async () => {
    const ListenerArn = await fleet.listener('in-use');
    const TargetGroupArn = await fleet.targetGroup('in-use');
    const Actions = [{ Type: 'forward' as const, TargetGroupArn }];
    const { Rules } = await fleet.balancing.send(
      new CreateRuleCommand({ ListenerArn, Priority: 1, Conditions: hosts('in-use.example.com'), Actions }),
    );
    const remove = () => fleet.balancing.send(new DeleteTargetGroupCommand({ TargetGroupArn }));
    await expect(remove()).rejects.toMatchObject({ name: 'ResourceInUseException' });
    await fleet.balancing.send(new DeleteRuleCommand({ RuleArn: Rules?.[0]?.RuleArn }));
    await remove();
  });

  test('rules come in pages', async () => {
    const ListenerArn = await fleet.listener('paged');
    for (const priority of [1, 2, 3]) await rule(ListenerArn, priority, `h${priority}.example.com`);
    const sizes: number[] = [];
    const pages = paginateDescribeRules({ client: fleet.balancing }, { ListenerArn, PageSize: 3 });
    for await (const { Rules } of pages) {
      sizes.push(Rules?.length ?? 0);
    }
    expect(sizes).toEqual([3, 1]);
  });
});
