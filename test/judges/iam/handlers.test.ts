import { expect, test } from 'vitest';
import { step } from './cases.ts';
import { judgeHandlers } from './handlers.ts';
import { tenant } from './owners.ts';
import * as things from './things.ts';

const self = tenant('shop');
const by = things.roleName(self, 'execution');
const call = (action: string, who = by) => ({
  name: action,
  expected: 'allowed' as const,
  because: 'The stack needs it.',
  steps: [step(who, action, things.group(self))],
});
const type = 'AWS::AutoScaling::AutoScalingGroup';
const wanted = [
  { type, action: 'autoscaling:CreateAutoScalingGroup' },
  { type, action: 'autoscaling:Describe*' },
  { type, action: 'vpc-lattice:ListTargets' },
];
const calls = [call('autoscaling:CreateAutoScalingGroup'), call('autoscaling:DescribeAutoScalingGroups')];
const lattice = { permissions: `${type} vpc-lattice:*`, reason: 'No host has target groups of VPC Lattice.' };

test('a permission is among the legitimate calls, or there is a reason', () => {
  expect(judgeHandlers(wanted, calls, [lattice])).toEqual([]);
});

test('one that neither has is named; a call of another role does not count', () => {
  const byDeploy = call('autoscaling:CreateAutoScalingGroup', things.roleName(self, 'deploy'));
  expect(judgeHandlers(wanted, [byDeploy, ...calls.slice(1)], [])).toEqual([
    `${type} may call autoscaling:CreateAutoScalingGroup: no legitimate call of iam/, no reason in handlers.yml`,
    `${type} may call vpc-lattice:ListTargets: no legitimate call of iam/, no reason in handlers.yml`,
  ]);
});

test('a reason that answers for nothing is named', () => {
  expect(judgeHandlers(wanted.slice(0, 2), calls, [lattice])).toEqual([
    `handlers.yml: "${type} vpc-lattice:*" answers for no permission: take it out`,
  ]);
});
