import { expect, test } from 'vitest';
import { hostStatusOf } from '../../../scripts/status/host/host-status.ts';
import { readInstanceDeploys } from '../../../scripts/status/host/read-deploys.ts';
import { readHostAlarms } from '../../../scripts/status/host/read-host-parts.ts';
import { readHostSnapshot } from '../../../scripts/status/host/read-host-snapshot.ts';
import { tenantRecord } from '../../builders/sample.ts';
import { answering } from '../answering.ts';
import { place, release } from './host-snapshots.ts';

/** What a host's status reads: lists to their last page, and what is refused as unknown. */

const token = 'the-next-page';

test('alarms of a host come from every page', async () => {
  const { aws } = await answering(({ operation, body }) => {
    if (operation !== 'DescribeAlarms') return undefined;
    const isSecond = body.includes(token);
    const alarm = { AlarmName: isSecond ? 'b' : 'a', StateValue: isSecond ? 'ALARM' : 'OK', StateReason: 'why' };
    return JSON.stringify({ MetricAlarms: [alarm], ...(isSecond ? {} : { NextToken: token }) });
  });
  expect(await readHostAlarms(aws, place)).toEqual([
    { name: 'a', state: 'OK' },
    { name: 'b', state: 'ALARM', reason: 'why' },
  ]);
});

test('an instance has what the newest deployment put on it that had it, and a later one the artifact of that release', async () => {
  const artifact = (key: string) => ({ revision: { s3Location: { bucket: 'artifacts', key } } });
  const infos = [
    { deploymentId: 'd-a', createTime: 1, ...artifact('a') },
    { deploymentId: 'd-b', createTime: 2, ...artifact('b') },
    // That of a new instance, by Auto Scaling.
    { deploymentId: 'd-new', createTime: 3, ...artifact('b') },
  ];
  const targets: Record<string, string[]> = { 'd-a': ['i-1', 'i-2', 'i-3'], 'd-b': ['i-1', 'i-2'], 'd-new': ['i-4'] };
  const { aws } = await answering(({ operation, body }) => {
    const given = JSON.parse(body) as { nextToken?: string; deploymentId?: string; targetIds?: string[] };
    if (operation === 'ListDeployments') {
      const first = { deployments: ['d-a'], nextToken: token };
      return JSON.stringify(given.nextToken === token ? { deployments: ['d-b', 'd-new'] } : first);
    }
    if (operation === 'BatchGetDeployments') return JSON.stringify({ deploymentsInfo: infos });
    if (operation === 'ListDeploymentTargets') return JSON.stringify({ targetIds: targets[given.deploymentId ?? ''] });
    const status = given.deploymentId === 'd-b' ? 'Failed' : 'Succeeded';
    const deploymentTargets = given.targetIds?.map((targetId) => ({ instanceTarget: { targetId, status } }));
    return JSON.stringify({ deploymentTargets });
  });
  const wanted = { host: 'shop', instances: ['i-1', 'i-3', 'i-4', 'i-5'], since: new Date(0) };
  const found = await readInstanceDeploys(aws, { ...wanted, releases: [release('b'), release('a')] });
  expect(found).toEqual({
    'i-1': { deploymentId: 'd-b', status: 'Failed', executionId: 'e-b' },
    'i-2': { deploymentId: 'd-b', status: 'Failed', executionId: 'e-b' },
    'i-3': { deploymentId: 'd-a', status: 'Succeeded', executionId: 'e-a' },
    'i-4': { deploymentId: 'd-new', status: 'Succeeded', executionId: 'e-b' },
  });
});

test('instances that are all younger than the release have its revision', async () => {
  const artifact = { revision: { s3Location: { bucket: 'artifacts', key: 'a' } } };
  const infos = [
    { deploymentId: 'd-a', createTime: 1, ...artifact },
    { deploymentId: 'd-new', createTime: 3, ...artifact },
  ];
  const { aws } = await answering(({ operation, body }) => {
    const { deploymentIds = [] } = JSON.parse(body) as { deploymentIds?: string[] };
    if (operation === 'ListDeployments') return JSON.stringify({ deployments: ['d-new'] });
    if (operation === 'BatchGetDeployments') {
      return JSON.stringify({
        deploymentsInfo: infos.filter(({ deploymentId }) => deploymentIds.includes(deploymentId)),
      });
    }
    if (operation === 'ListDeploymentTargets') return JSON.stringify({ targetIds: ['i-1'] });
    return JSON.stringify({ deploymentTargets: [{ instanceTarget: { targetId: 'i-1', status: 'Succeeded' } }] });
  });
  const wanted = { host: 'shop', instances: ['i-1'], since: new Date(2000), releases: [release('a')] };
  expect(await readInstanceDeploys(aws, wanted)).toEqual({
    'i-1': { deploymentId: 'd-new', status: 'Succeeded', executionId: 'e-a' },
  });
});

test('where AWS refuses everything but the record, every part is unknown, and the host is not well', async () => {
  const record = { ...tenantRecord({ environment: 'dev', tenant: 'shop' }, '100000000001') };
  const { aws, runtime } = await answering(({ operation }) =>
    operation === 'GetParameter' ? JSON.stringify({ Parameter: { Value: JSON.stringify(record) } }) : undefined,
  );
  const { well, needs, hosts } = hostStatusOf(await readHostSnapshot(runtime, aws, place));
  expect({ well, hosts }).toEqual({ well: false, hosts: record.hosts });
  const parts = ['releases', 'host', 'targets', 'alarms', 'database', 'stacks'].map((part) => `unknown/${part}`);
  expect(needs.map(({ id }) => id)).toEqual(expect.arrayContaining(parts));
  expect(needs.map(({ gravity }) => gravity)).not.toContain('fault');
});
