import { expect, test } from 'vitest';
import { hostLines } from '../../../scripts/status/host/host-lines.ts';
import { hostNeeds } from '../../../scripts/status/host/host-needs.ts';
import type { HostSnapshot } from '../../../scripts/status/host/host-snapshot.ts';
import { hostStatusOf } from '../../../scripts/status/host/host-status.ts';
import { hash, hoursAgo, release, soundHost } from './host-snapshots.ts';

const lines = (snapshot: HostSnapshot) => hostLines(hostStatusOf(snapshot));

test('a sound host is shown in one view', () => {
  expect(lines(soundHost)).toEqual([
    'shop in dev: all is well',
    'hosts      https://shop.dev.example.com',
    'runs       aaaaaaaa, commit aaaaaaaa by Ada <ada@example.com>, "A page", since 2026-06-09T07:00:00Z (29 h)',
    'releases   succeeded  aaaaaaaa  aaaaaaaa  29 h ago  started by ada',
    'instances  1 in service, at least 1 wanted',
    '           i-1  eu-west-1a  3 days old  InService  ami-1  aaaaaaaa  healthy',
    'image      ami-1, 4 days old, the newest bake; base ami-0, 9 days old, the newest',
    'alarms     1, none has gone off',
    'database   db.t3.micro, mysql 8.4.5, available, no pending changes',
    'stacks     vendhost-dev-shop-access  UPDATE_COMPLETE  in sync, 7 h ago',
    '           vendhost-dev-shop-entry   UPDATE_COMPLETE  in sync, 7 h ago',
    '           vendhost-dev-shop-data    UPDATE_COMPLETE  in sync, 7 h ago',
    '           vendhost-dev-shop-host    UPDATE_COMPLETE  in sync, 7 h ago',
  ]);
  expect(hostStatusOf(soundHost)).toMatchObject({
    ...{ tenant: 'shop', environment: 'dev', at: '2026-06-10T12:00:00Z', well: true, needs: [] },
    running: {
      value: { revision: hash('a'), mergeRequest: 'https://gitlab.example.test/acme/shop/-/merge_requests/7' },
    },
    instances: { value: [{ id: 'i-1', revision: hash('a'), isCurrentImage: true, target: 'healthy', reason: '' }] },
  });
});

test.each([
  [{ since: hoursAgo(3), by: 'ada', job: 'https://gitlab.example.test/1' }, 'in maintenance for 3 h, by ada: '],
  [{}, 'in maintenance: '],
] as const)(
  'maintenance needs a look, with since when and by whom where a record says it: %j',
  (maintenance, title) => {
    const snapshot = { ...soundHost, maintenance: { value: maintenance } };
    expect(hostNeeds(snapshot)).toEqual([
      {
        id: 'maintenance',
        gravity: 'change',
        title: `${title}a page answers for its hosts, with status 503`,
        next: "the platform's team removes dev from `maintenance` in tenants/shop.yml; and vends: vendhost tenant vend shop --environment dev",
      },
    ]);
    expect(hostStatusOf(snapshot)).toMatchObject({
      well: false,
      maintenance: { value: { by: '', job: '', ...maintenance, since: expect.any(String) } },
    });
  },
);

test("what the tenant's jobs switched on, they switch off", () => {
  const maintenance = { value: { since: hoursAgo(3), by: 'ada', isSwitched: true as const } };
  expect(hostNeeds({ ...soundHost, maintenance })).toMatchObject([
    {
      title: 'in maintenance for 3 h, by ada, switched by the tenant: a page answers for its hosts, with status 503',
      next: 'vendhost host maintenance off --tenant shop --environment dev',
    },
  ]);
  expect(hostStatusOf({ ...soundHost, maintenance })).toMatchObject({ maintenance: { value: { switched: true } } });
});

const waiting = release('b', {
  state: 'waiting for approval',
  start: hoursAgo(5),
  approval: { outcome: 'waiting', at: hoursAgo(3) },
});
const current = release('a', { current: true });

test('a release that waits for approval says whom it waits for, since when, and where to answer', () => {
  const snapshot = { ...soundHost, releases: { value: { releases: [waiting, current], current } } };
  expect(hostNeeds(snapshot)).toEqual([
    {
      id: 'approval/e-b',
      gravity: 'change',
      title: 'a release has waited for approval for 3 h: bbbbbbbb, commit bbbbbbbb by Ada: A page',
      details: ['waits for: people with the role vendhost-dev-shop-approver'],
      next: 'approve or reject it: https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/vendhost-dev-shop/view?region=eu-west-1',
    },
  ]);
  expect(hostStatusOf(snapshot)).toMatchObject({ well: false, running: { value: { executionId: 'e-a' } } });
});

test('where a project approves, that project is named, and the command', () => {
  const record = { ...soundHost.record, approvals: { project: 'platform/approvals', branch: 'main' } };
  const snapshot = { ...soundHost, record, releases: { value: { releases: [waiting, current], current } } };
  expect(hostNeeds(snapshot)).toMatchObject([
    {
      details: [
        'waits for: people who start pipelines in platform/approvals, or with the role vendhost-dev-shop-approver',
      ],
      next: 'a new pipeline of platform/approvals on main, for shop in dev, has the jobs approve and reject; with the role: vendhost release approve --tenant shop --environment dev --execution e-b --reason TEXT',
    },
  ]);
});

test('a release that failed after the one that runs, and none that was rejected or came before', () => {
  const failed = release('c', { state: 'failed', start: hoursAgo(2), end: hoursAgo(1), summary: 'Install failed' });
  const rejected = release('d', { state: 'rejected', start: hoursAgo(1) });
  const of = (...releases: (typeof current)[]) =>
    hostNeeds({ ...soundHost, releases: { value: { releases, current } } });
  expect(of(rejected, failed, current)).toMatchObject([
    {
      id: 'release/e-c',
      gravity: 'fault',
      title:
        'the last release failed, 60 min ago: cccccccc, commit cccccccc by Ada: A page; the instances have the one before',
      details: ['Install failed'],
    },
  ]);
  expect(of(rejected, current)).toEqual([]);
  const { deploymentId: _, ...nobodys } = { ...failed, record: undefined };
  expect(of(nobodys, current)).toEqual([]);
  expect(of(current, { ...failed, start: hoursAgo(40) })).toEqual([]);
});

test('while the tenant moves, what either load balancer finds is said', () => {
  const targets = [
    { instance: 'i-1', loadBalancer: 1, state: 'healthy' },
    { instance: 'i-1', loadBalancer: 2, state: 'unhealthy', reason: 'Health checks failed' },
  ];
  const moving: HostSnapshot = { ...soundHost, targets: { value: targets } };
  const shown = lines(moving).join('\n');
  expect(shown).toContain('fault: load balancer 2 finds no instance healthy');
  expect(shown).toContain('healthy in load balancer 1, unhealthy in load balancer 2: Health checks failed');
  const both = targets.map(({ instance, loadBalancer }) => ({ instance, loadBalancer, state: 'healthy' }));
  expect(lines({ ...soundHost, targets: { value: both } })).toEqual(lines(soundHost));
});

test('what has to be looked at comes first, the gravest before the rest, each with its next step', () => {
  const snapshot: HostSnapshot = {
    ...soundHost,
    releases: { value: { releases: [waiting, current], current } },
    targets: {
      value: [{ instance: 'i-1', state: 'unhealthy', reason: 'GET / on port 8080 answered 500, wanted 200' }],
    },
    alarms: { value: [{ name: 'a', state: 'ALARM', since: hoursAgo(1), reason: 'Threshold Crossed' }] },
    database: {
      value: {
        class: 'db.t3.micro',
        status: 'storage-full',
        engine: 'mysql',
        standby: true,
        pending: ['MultiAZ: true'],
      },
    },
    stacks: {
      value: [
        { name: 'vendhost-dev-shop-host', status: 'UPDATE_ROLLBACK_FAILED', drift: 'DRIFTED', checkedAt: hoursAgo(50) },
        { name: 'vendhost-dev-shop-data', status: 'missing', drift: 'NOT_CHECKED' },
      ],
    },
  };
  const shown = lines(snapshot);
  expect(shown[0]).toBe('shop in dev: 6 things need a look');
  expect(shown.filter((line) => /^ {2}\S/.test(line))).toEqual([
    '  fault: the load balancer finds no instance healthy',
    '  fault: the alarm a has gone off, 60 min ago',
    '  fault: the database is storage-full',
    '  fault: the stack vendhost-dev-shop-host is UPDATE_ROLLBACK_FAILED',
    '  change: a release has waited for approval for 3 h: bbbbbbbb, commit bbbbbbbb by Ada: A page',
    '  change: vendhost-dev-shop-host is not what its stack says, found 2 days ago',
  ]);
  expect(shown.filter((line) => line.startsWith('    next: '))).toHaveLength(6);
  expect(shown).toContain('    i-1: GET / on port 8080 answered 500, wanted 200');
});

test('a part that could not be read is unknown, and never well; the rest is shown', () => {
  const refused = { unknown: 'ACCESS_DENIED: no' };
  const snapshot = { ...soundHost, alarms: refused, host: refused, deploys: refused, image: refused };
  const shown = lines(snapshot);
  expect(shown.slice(0, 5)).toEqual([
    'shop in dev: 2 things need a look',
    '  not known: its instances could not be read: ACCESS_DENIED: no',
    '    next: run the command again later, or with rights to read it',
    '  not known: its alarms could not be read: ACCESS_DENIED: no',
    '    next: run the command again later, or with rights to read it',
  ]);
  expect(shown).toContain('instances  unknown: ACCESS_DENIED: no');
  expect(shown).toContain('image      unknown: ACCESS_DENIED: no');
  expect(shown.some((line) => line.startsWith('runs       aaaaaaaa'))).toBe(true);
});

test('a tenant without a virtual host, and texts of a tenant that would steer a terminal', () => {
  const evil = release('e', { current: true });
  const record = evil.record && { ...evil.record, message: 'a\u001b[2Jb\u202ec', author: '' };
  const snapshot: HostSnapshot = {
    ...soundHost,
    releases: { value: { releases: [], current: { ...evil, record } } },
    host: { value: undefined },
    deploys: { value: {} },
    image: { value: undefined },
    database: { value: undefined },
    targets: { value: [] },
  };
  const shown = lines(snapshot);
  expect(shown[1]).toBe('  change: it has no virtual host yet');
  expect(shown).toContain('database   none');
  expect(shown.find((line) => line.startsWith('runs'))).toContain('"a\\u001b[2Jb\\u202ec"');
});

test('instances with another revision or image than the host, and one that has none', () => {
  const { host } = soundHost;
  if (!('value' in host) || host.value?.group === undefined) throw new Error('no group');
  const [member] = host.value.group.members;
  if (member === undefined) throw new Error('no member');
  const members = [member, { ...member, id: 'i-2', image: 'ami-9' }, { ...member, id: 'i-3', state: 'Pending:Wait' }];
  const snapshot: HostSnapshot = {
    ...soundHost,
    host: { value: { ...host.value, group: { ...host.value.group, members } } },
    deploys: {
      value: {
        'i-1': { deploymentId: 'd-a', status: 'Failed', executionId: 'e-a' },
        'i-2': { deploymentId: 'd-0', status: 'Succeeded' },
      },
    },
  };
  expect(lines(snapshot).filter((line) => /^ {11}i-\d/.test(line))).toEqual([
    '           i-1  eu-west-1a  3 days old  InService               ami-1                                 aaaaaaaa (failed)  healthy',
    '           i-2  eu-west-1a  3 days old  InService               ami-9 (not what new ones start from)  an older revision  no target',
    '           i-3  eu-west-1a  3 days old  Pending:Wait (running)  ami-1                                 no revision        no target',
  ]);
});
