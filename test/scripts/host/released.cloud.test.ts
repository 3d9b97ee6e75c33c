import { DescribeTargetGroupsCommand, DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { beforeAll, expect, test, vi } from 'vitest';
import type { VendhostError } from '../../../scripts/errors.ts';
import { readGroup } from '../../../scripts/host/instances/group.ts';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { startRelease } from '../../../scripts/release/start.ts';
import { pushRevision } from '../../../scripts/revision/push.ts';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeImage } from '../../builders/image.ts';
import { kioskSoftware } from '../../builders/kiosk-software.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { repository } from '../../builders/repository.ts';
import { admitTenant } from '../../builders/tenant.ts';
import { errorIn, vendhost } from '../command-line.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const place = { tenant: 'kiosk', environment: 'dev' };
const vendhostYml = `instances: { min: 1, max: 2 }
health_check: { path: /index.html, grace_seconds: 60 }
database: none
`;
const software = { 'vendhost.yml': vendhostYml, ...kioskSoftware };

let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000305'), { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
});

async function provision(image?: string) {
  const runtime = platform.runtime();
  const directory = await repository({ 'vendhost.yml': vendhostYml });
  await provisionHost(runtime, { ...place, directory, image, dryRun: false });
  return JSON.parse(runtime.printed());
}

async function release() {
  const directory = await repository(software);
  const pushed = platform.runtime();
  await pushRevision(pushed, { ...place, directory, dryRun: false });
  const { revisionKey: revision } = JSON.parse(pushed.printed());
  await startRelease(platform.runtime(), { ...place, revision, dryRun: false });
}

/** The instances the load balancer finds healthy. */
async function healthy(): Promise<(string | undefined)[]> {
  const elb = await platform.aws.elb();
  const { TargetGroups } = await elb.send(new DescribeTargetGroupsCommand({ Names: ['vendhost-dev-kiosk--8080-1'] }));
  const command = new DescribeTargetHealthCommand({ TargetGroupArn: TargetGroups?.[0]?.TargetGroupArn });
  const { TargetHealthDescriptions = [] } = await elb.send(command);
  return TargetHealthDescriptions.flatMap(({ Target, TargetHealth }) =>
    TargetHealth?.State === 'healthy' ? [Target?.Id] : [],
  );
}

const healthCheckType = async () =>
  (await readStack(platform.aws, 'vendhost-dev-kiosk-host'))?.parameters.HealthCheckType;

test('after a release the load balancer decides about health: a new image must serve the revision, or it is rolled back', async () => {
  await provision(await makeImage(platform, place.tenant, { agent: true }));
  expect(await healthCheckType()).toBe('EC2');
  await release();
  expect(await provision()).toMatchObject({ changed: true });
  expect(await healthCheckType()).toBe('ELB');
  const before = await readGroup(platform.aws, place);
  expect(await healthy()).toEqual(before?.inService);

  const better = await provision(await makeImage(platform, place.tenant, { agent: true }));
  expect(better).toMatchObject({ changed: true, inService: 1 });
  const after = await readGroup(platform.aws, place);
  expect(after?.inService).not.toEqual(before?.inService);
  expect(await healthy()).toEqual(after?.inService);

  const withoutAgent = await makeImage(platform, place.tenant);
  const failure = await provision(withoutAgent).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'ROLL_OUT_FAILED',
    message: 'the instances of vendhost-dev-kiosk were not replaced: RollbackSuccessful',
    hint: 'the former instances keep serving; fix what failed on the new instance, as named above, and push',
  });
  // The launch hook's deployment names the failed event.
  const { details } = failure as VendhostError;
  expect(details.join('\n')).toMatch(/could not be put on a new instance: deployment d-\w+/);
  expect(details.join('\n')).toMatch(/^i-\w+ \w+: UnknownError: CodeDeploy agent was not able to receive/m);
  expect(await readGroup(platform.aws, place)).toMatchObject({ version: after?.version, inService: after?.inService });
  expect(await healthy()).toEqual(after?.inService);
});

test('instances are replaced: one, or all, with the revision that was deployed last', async () => {
  const replace = async (...more: string[]) => {
    const words = ['host', 'replace', '--tenant', place.tenant, '--environment', place.environment, '--json', ...more];
    const ended = await vendhost(words, { cwd: '/', env: platform.env });
    return { ...ended, result: ended.stdout === '' ? undefined : JSON.parse(ended.stdout) };
  };
  const members = async () => (await readGroup(platform.aws, place))?.members ?? [];
  const [first = ''] = await members();
  const foreign = await replace('--instance', 'i-0123456789abcdef0');
  expect([foreign.code, errorIn(foreign)]).toEqual([1, 'INSTANCE_UNKNOWN']);
  expect(foreign.stderr).toContain(`hint: give one of ${first}, or none to replace all`);

  const planned = await replace('--dry-run');
  expect([planned.code, planned.result]).toEqual([2, { group: 'vendhost-dev-kiosk', replaced: [first], inService: 1 }]);
  expect(await members()).toEqual([first]);

  const one = await replace('--instance', first);
  expect([one.code, one.result]).toEqual([0, { group: 'vendhost-dev-kiosk', replaced: [first], inService: 1 }]);
  const [second = ''] = await members();
  expect(second).not.toBe(first);
  await expect.poll(healthy, { timeout: 120_000 }).toEqual([second]);

  const all = await replace();
  expect([all.code, all.result?.replaced]).toEqual([0, [second]]);
  expect(all.stderr).toContain('replacing the instance of vendhost-dev-kiosk, each when a new one is healthy');
  expect(await members()).not.toContain(second);
  expect(await healthy()).toEqual(await members());
});

test('a missing host has no instances to replace', async () => {
  const words = ['host', 'replace', '--tenant', 'nobody', '--environment', 'dev'];
  const ended = await vendhost(words, { cwd: '/', env: platform.env });
  expect([ended.code, errorIn(ended)]).toEqual([1, 'HOST_MISSING']);
});
