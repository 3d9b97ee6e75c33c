import { describe, expect, test } from 'vitest';
import { findHooks, launchHook } from '../../../../scripts/drift/checks/hosts/find-hooks.ts';
import { findInstances } from '../../../../scripts/drift/checks/hosts/find-instances.ts';
import { findVersions } from '../../../../scripts/drift/checks/hosts/find-versions.ts';
import type { GroupFacts, HostFacts, MemberFacts } from '../../../../scripts/drift/checks/hosts/host-facts.ts';

const now = new Date('2026-06-01T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const member: MemberFacts = {
  id: 'i-1',
  version: '3',
  state: 'InService',
  healthy: true,
  machine: 'running',
  startedAt: minutesAgo(600),
};
const name = 'vendhost-dev-shop';
const group: GroupFacts = { name, templateId: 'lt-1', version: '3', min: 1, suspended: [], members: [member] };
const hook = `${launchHook}-${name}`;
const host: HostFacts = {
  place: { tenant: 'shop', environment: 'dev' },
  provisioned: { version: '3', image: 'ami-1' },
  group,
  newestVersion: '3',
  starting: { version: '3', image: 'ami-1' },
  busy: undefined,
  hooks: [hook, 'another'],
  deployment: { groups: [{ name, hook }] },
};
const withMembers = (...members: Partial<MemberFacts>[]): HostFacts => ({
  ...host,
  group: { ...group, members: members.map((each) => ({ ...member, ...each })) },
});
const titles = (found: readonly { title: string }[]) => found.map(({ title }) => title);

test('a host as it was provisioned has no finding', () => {
  expect([...findVersions(host), ...findInstances(host, now), ...findHooks(host)]).toEqual([]);
});

test('processes that somebody suspended, unless the group is being changed', () => {
  const suspended = { ...host, group: { ...group, suspended: ['ReplaceUnhealthy', 'Launch'] } };
  expect(findInstances(suspended, now)).toEqual([
    {
      id: 'shop/suspended',
      gravity: 'fault',
      title: 'somebody suspended processes of the Auto Scaling group of shop: Launch, ReplaceUnhealthy',
      next: 'aws autoscaling resume-processes --auto-scaling-group-name vendhost-dev-shop',
    },
  ]);
  expect(findInstances({ ...suspended, busy: 'an instance refresh is running' }, now)).toEqual([]);
});

describe('versions', () => {
  test('a group that was set to another version by hand', () => {
    expect(findVersions({ ...host, group: { ...group, version: '$Latest' } })).toEqual([
      {
        id: 'shop/group-version',
        gravity: 'change',
        title: 'new instances of shop start from another launch template version than was provisioned',
        values: [{ path: 'LaunchTemplate.Version', from: '3', to: '$Latest' }],
        next: "vendhost host provision --tenant shop --environment dev --full, in the tenant's repository; in GitLab start a new pipeline on the branch",
      },
    ]);
  });

  test('a group that was given a launch configuration is not gone', () => {
    const { templateId: _, ...rest } = group;
    const found = findVersions({ ...host, group: { ...rest, templateId: undefined }, starting: undefined });
    expect(found).toMatchObject([{ id: 'shop/no-launch-template', gravity: 'fault' }]);
    expect(found[0]?.next).toContain('--launch-template LaunchTemplateName=vendhost-dev-shop,Version=3');
  });

  test('a version that nothing rolled out, and one that is gone', () => {
    expect(titles(findVersions({ ...host, newestVersion: '4' }))).toEqual([
      'the launch template of shop has a version that was not rolled out',
    ]);
    expect(titles(findVersions({ ...host, starting: undefined }))).toEqual([
      'no new instance of shop can start: version 3 of its launch template is gone',
    ]);
  });

  test('instances of other versions are named, unless a roll-out is running', () => {
    const mixed = withMembers({}, { id: 'i-2', version: '2' }, { id: 'i-3', version: undefined });
    expect(findVersions(mixed)).toMatchObject([
      {
        id: 'shop/instance-versions',
        details: ['i-2: 2', 'i-3: no launch template'],
        next: 'vendhost host replace --tenant shop --environment dev',
      },
    ]);
    expect(findVersions({ ...mixed, busy: 'an instance refresh is running' })).toMatchObject([
      { id: 'shop/busy', gravity: 'unknown' },
    ]);
  });

  test('no group at all', () => {
    expect(findVersions({ ...host, group: undefined })).toMatchObject([{ id: 'shop/group-gone', gravity: 'fault' }]);
  });
});

describe('instances', () => {
  test.each<[Partial<MemberFacts>, string]>([
    [{ healthy: false }, 'is unhealthy, and Auto Scaling has not replaced it'],
    [{ machine: 'stopped' }, 'is stopped, and Auto Scaling still counts it'],
    [{ state: 'Pending:Wait' }, 'has been Pending:Wait for more than an hour'],
  ])('%j is told after an hour, not before', (change, text) => {
    expect(titles(findInstances(withMembers({}, { ...change, id: 'i-2' }), now))).toEqual([
      `the instance i-2 of shop ${text}`,
    ]);
    expect(findInstances(withMembers({}, { ...change, startedAt: minutesAgo(59) }), now)).toEqual([]);
  });

  test('one that EC2 does not know', () => {
    const { machine: _machine, startedAt: _startedAt, ...gone } = member;
    expect(findInstances({ ...host, group: { ...group, members: [gone] } }, now)).toMatchObject([
      { title: 'the instance i-1 of shop is not known to EC2, and Auto Scaling still counts it' },
    ]);
  });

  test('fewer than the minimum, when none is starting', () => {
    const two = { ...host, group: { ...group, min: 2 } };
    expect(titles(findInstances(two, now))).toEqual([
      '1 of at least 2 instances of shop are in service, and none is starting',
    ]);
    const starting = { ...member, id: 'i-2', state: 'Pending', startedAt: minutesAgo(1) };
    expect(findInstances({ ...two, group: { ...two.group, members: [member, starting] } }, now)).toEqual([]);
  });
});

describe('the hook of CodeDeploy', () => {
  test('is gone from the group', () => {
    expect(findHooks({ ...host, hooks: ['another'] })).toEqual([
      {
        id: 'shop/launch-hook',
        gravity: 'fault',
        title: `new instances of shop get no software: the hook ${hook} of CodeDeploy is missing from ${name}`,
        next: `aws deploy update-deployment-group --application-name ${name} --current-deployment-group-name ${name} --auto-scaling-groups ${name}: CodeDeploy adds the hook`,
      },
    ]);
  });

  test('has any name that CodeDeploy gives, where it does not say which', () => {
    const unnamed = { ...host, deployment: { groups: [{ name }] } };
    expect(findHooks(unnamed)).toEqual([]);
    expect(findHooks({ ...unnamed, hooks: ['another'] })).toHaveLength(1);
  });

  test.each([[undefined], [{ groups: [] }]])('the group is in no deployment group: %j', (deployment) => {
    expect(titles(findHooks({ ...host, deployment }))).toEqual([
      `new instances of shop get no software: CodeDeploy has no deployment group for ${name}`,
    ]);
  });
});
