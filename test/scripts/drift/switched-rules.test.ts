import { expect, test } from 'vitest';
import type { PropertyDrift, ResourceDrift } from '../../../scripts/drift/stacks/read-drifts.ts';
import { withoutSwitched } from '../../../scripts/drift/stacks/switched-rules.ts';

const stack = { tenant: 'shop', maySwitch: true } as const;
const group = (tenant: string) =>
  `arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/vendhost-dev-${tenant}--8080-1/0123`;
const path = (part: string) => `/Actions/0/${part}`;
const type: PropertyDrift = { path: path('Type'), expected: 'forward', actual: 'fixed-response' };
const back: PropertyDrift = { path: path('Type'), expected: 'fixed-response', actual: 'forward' };
const page = (status: string) => ({ path: path('FixedResponseConfig'), actual: `{"StatusCode":"${status}"}` });
const noGroup = { path: path('TargetGroupArn'), expected: group('shop') };
const noPage = { path: path('FixedResponseConfig'), expected: '{"StatusCode":"503"}' };

function drift(differences: readonly PropertyDrift[]): ResourceDrift {
  const rule = { logicalId: 'Rule', physicalId: 'arn:rule', type: 'AWS::ElasticLoadBalancingV2::ListenerRule' };
  return { ...rule, status: 'MODIFIED', differences };
}

test.each([
  ['on', [type, page('503'), noGroup]],
  ['off', [back, noPage, { path: path('TargetGroupArn'), actual: group('shop') }]],
  [
    'off',
    [back, noPage, { path: path('ForwardConfig'), actual: `{"TargetGroups":[{"TargetGroupArn":"${group('shop')}"}]}` }],
  ],
])('what was switched %s is in sync: %#', (_, differences) => {
  const switched = { ...drift([]), status: 'IN_SYNC', isSwitched: true };
  expect(withoutSwitched('dev', stack, [drift(differences)])).toEqual([switched]);
});

test.each<[string, readonly PropertyDrift[]]>([
  ['a page with another status', [type, page('200'), noGroup]],
  ["another tenant's target group", [back, noPage, { path: path('TargetGroupArn'), actual: group('shop2') }]],
  ['two target groups', [{ path: path('ForwardConfig'), actual: `{"a":"${group('shop')}","b":"${group('blog')}"}` }]],
  ['another target group', [{ path: path('TargetGroupArn'), expected: group('shop'), actual: group('blog') }]],
  ['another text', [{ path: path('FixedResponseConfig/MessageBody'), expected: 'a', actual: 'b' }]],
  ['another host', [type, page('503'), noGroup, { path: '/Conditions/0', expected: 'a', actual: 'b' }]],
  ['a second action', [{ path: '/Actions/1', actual: '{}' }]],
  ['a redirect', [{ path: path('Type'), expected: 'forward', actual: 'redirect' }]],
  ['nothing that is known', []],
])('%s is drift', (_, differences) => {
  expect(withoutSwitched('dev', stack, [drift(differences)])).toEqual([drift(differences)]);
});

test('where no job may switch, all is drift', () => {
  const drifted = drift([type, page('503'), noGroup]);
  expect(withoutSwitched('dev', { tenant: 'shop' }, [drifted])).toEqual([drifted]);
});
