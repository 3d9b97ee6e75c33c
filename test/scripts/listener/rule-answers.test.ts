import { expect, test } from 'vitest';
import { answersOf, isVendedMaintenance, switchOf } from '../../../scripts/listener/rule-answers.ts';

const outputs = {
  ListenerRule: 'arn:exact',
  ListenerRuleWildcard3: 'arn:wildcard',
  ListenerRuleOnBalancer2: 'arn:second',
  ListenerRuleKept: 'arn:kept',
  ListenerRuleKeptOnBalancer2: 'arn:kept-second',
  MaintenanceSwitch: 'vendhost-dev-shop-maintenance',
};
const forwarding = ['arn:kept', 'arn:kept-second', 'arn:foreign'];
const paged = (...arns: string[]) => arns.map((arn) => ({ arn, targetGroups: [] }));
const forwards = (...arns: string[]) => arns.map((arn) => ({ arn, targetGroups: ['shop'] }));

test.each([
  ['instances', forwards('arn:exact', 'arn:wildcard', 'arn:second')],
  ['page', paged('arn:exact', 'arn:wildcard', 'arn:second')],
  ['partly', [...paged('arn:exact'), ...forwards('arn:wildcard', 'arn:second')]],
  ['page', paged('arn:exact')],
  ['instances', paged('arn:of-another')],
] as const)(
  '%s answer, by the rules of all load balancers but those that only keep target groups: %#',
  (answers, own) => {
    expect(answersOf(outputs, [...own, ...forwards(...forwarding)])).toBe(answers);
  },
);

test("maintenance is the platform's own where there is no switch", () => {
  const { MaintenanceSwitch, ...vended } = outputs;
  expect([isVendedMaintenance(outputs), isVendedMaintenance(vended), isVendedMaintenance({})]).toEqual([
    false,
    true,
    false,
  ]);
  expect([switchOf(outputs), switchOf(vended)]).toEqual([MaintenanceSwitch, undefined]);
});
