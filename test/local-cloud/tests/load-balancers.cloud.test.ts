import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  DescribeListenersCommand,
  DescribeRulesCommand,
  RegisterTargetsCommand,
  SetRulePrioritiesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { eventually, Fleet, webServer } from './fleet.ts';

const account = '610000000043';
const { endpoint } = inject('localCloud');
const fleet = new Fleet(endpoint, account);
const stacks = new Stacks(clientConfig(endpoint, account));

/** Creates a rule; its ARN. */
async function rule(ListenerArn: string, Priority: number, host = `h${Priority}.example.com`): Promise<string> {
  const { Rules } = await fleet.balancing.send(
    new CreateRuleCommand({
      ListenerArn,
      Priority,
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }],
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }],
    }),
  );
  return Rules?.[0]?.RuleArn ?? '';
}

async function priorities(ListenerArn: string): Promise<(string | undefined)[]> {
  const { Rules } = await fleet.balancing.send(new DescribeRulesCommand({ ListenerArn }));
  return (Rules ?? []).map((one) => one.Priority).sort();
}

describe('a priority belongs to one rule', () => {
  test('of fifty callers at once exactly one gets it', async () => {
    const listener = await fleet.listener('race');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) => rule(listener, 7, `h${n}.example.com`)),
    );
    const failed = outcomes.filter((one) => one.status === 'rejected').map((one) => one.reason.name);
    expect(failed).toEqual(Array(49).fill('PriorityInUseException'));
    expect(await priorities(listener)).toEqual(['7', 'default']);
  });

  test('when priorities are set, all together or not at all', async () => {
    const listener = await fleet.listener('swap');
    const [one, two] = [await rule(listener, 1), await rule(listener, 2)];
    const set = (...pairs: [string, number][]) =>
      fleet.balancing.send(
        new SetRulePrioritiesCommand({ RulePriorities: pairs.map(([RuleArn, Priority]) => ({ RuleArn, Priority })) }),
      );
    await expect(set([one, 3], [two, 3])).rejects.toMatchObject({ name: 'PriorityInUseException' });
    await expect(set([one, 2])).rejects.toMatchObject({ name: 'PriorityInUseException' });
    await set([one, 2], [two, 1]);
    const { Rules } = await fleet.balancing.send(new DescribeRulesCommand({ RuleArns: [one] }));
    expect(Rules?.[0]?.Priority).toBe('2');
  });

  test('in a stack, whose deployment fails and says so', async () => {
    const listener = await fleet.listener('stacked');
    await rule(listener, 5);
    const resource = (Priority: number) => ({
      Rule: {
        Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
        Properties: {
          ListenerArn: listener,
          Priority,
          Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/x'] } }],
          Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }],
        },
      },
    });
    const refused = await stacks.create('taken-priority', { resources: resource(5) });
    expect(refused.status).toMatch(/ROLLBACK_COMPLETE/);
    expect(refused.failures.join()).toContain("Priority '5' is currently in use");
    expect((await stacks.create('free-priority', { resources: resource(6) })).status).toBe('CREATE_COMPLETE');
    const moved = await stacks.update('free-priority', { resources: resource(5) });
    expect(moved.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await priorities(listener)).toEqual(['5', '6', 'default']);
  });
});

test.each([
  ['a-name-of-more-than-32-characters', 'cannot be longer than'],
  ['under_score', 'can only contain'],
  ['ends-', 'cannot begin or end'],
  ['internal-thing', 'cannot begin with'],
])('the name %s is refused', async (Name, message) => {
  await expect(fleet.balancing.send(new CreateLoadBalancerCommand({ Name }))).rejects.toThrow(message);
  if (Name !== 'internal-thing') await expect(fleet.targetGroup(Name)).rejects.toThrow(message);
});

test('the health of a target is what its own health check says', async () => {
  const group = await fleet.targetGroup('health', { Matcher: { HttpCode: '200-204' } });
  const sick = await fleet.targetGroup('sick', { HealthCheckPath: '/nothing-here' });
  const { InstanceId: id = '' } = await fleet.run({ UserData: btoa(webServer) });
  await fleet.consoleWith(id, 'Serving HTTP');
  const register = (TargetGroupArn: string) =>
    fleet.balancing.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: id }] }));
  await register(group);
  await register(sick);
  expect(await fleet.health(group)).toEqual({ [id]: 'unused' });

  const listener = await fleet.listener('healthy');
  for (const [Priority, TargetGroupArn] of [group, sick].entries()) {
    await fleet.balancing.send(
      new CreateRuleCommand({
        ListenerArn: listener,
        Priority: Priority + 1,
        Conditions: [{ Field: 'path-pattern', Values: [`/${Priority}`] }],
        Actions: [{ Type: 'forward', TargetGroupArn }],
      }),
    );
  }
  expect(['initial', 'healthy']).toContain((await fleet.health(group))[id]);
  await eventually(async () => (await fleet.health(group))[id] === 'healthy');
  await eventually(async () => (await fleet.health(sick))[id] === 'unhealthy');
  await fleet.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await fleet.inState(id, 'terminated');
  expect(await fleet.health(group)).toEqual({ [id]: 'unused' });
  await expect(register(group)).rejects.toMatchObject({ name: 'InvalidTargetException' });
});

test('a listener is what it was created as', async () => {
  const arn = await fleet.listener('plain');
  const { Listeners } = await fleet.balancing.send(new DescribeListenersCommand({ ListenerArns: [arn] }));
  expect(Listeners).toMatchObject([{ Protocol: 'HTTP', Port: 80 }]);
});
