import { AttachLoadBalancerTargetGroupsCommand, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { CreateDeploymentCommand, waitUntilDeploymentSuccessful } from '@aws-sdk/client-codedeploy';
import {
  DeleteRuleCommand,
  DescribeTargetGroupsCommand,
  ModifyTargetGroupCommand,
  waitUntilTargetInService,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { poll } from '../../../../scripts/aws/poll.ts';
import { readTenantRecord } from '../../../../scripts/aws/read-facts.ts';
import { keys, names } from '../../../../scripts/config/names.ts';
import { readGroup } from '../../../../scripts/host/instances/group.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { readStandingRules } from '../../../../scripts/listener/listener-rules.ts';
import { listenerId } from '../../../../scripts/listener/priority-claim.ts';
import { readPriorityClaims } from '../../../../scripts/platform/status/read-claims.ts';
import { pushRevision } from '../../../../scripts/revision/push.ts';
import { vendTenant } from '../../../../scripts/tenant/vend.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { repository } from '../../../builders/repository.ts';
import { ask } from '../../../e2e/ask.ts';
import { deployOlder, oldPriority, vendhostYml } from './older-host.ts';

// The steps of docs/runbook.md, "Move a tenant of an older version", while somebody asks for a page all the time.

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '100000000351';
const place = { environment: 'dev', tenant: 'elder' } as const;
const host = 'elder.dev.example.com';
const name = names.host(place);
const software = {
  'vendhost.yml': vendhostYml,
  'software/index.html': 'open\n',
  'software/appspec.yml': `version: 0.0
os: linux
files:
  - source: index.html
    destination: /opt/elder
hooks:
  ApplicationStart:
    - location: start.sh
      timeout: 30
`,
  'software/start.sh': `#!/bin/bash
start-stop-daemon --start --background --make-pidfile --pidfile /run/elder.pid --oknodo --exec /usr/bin/python3 -- \\
  -m http.server 8080 --bind "$(hostname -i)" --directory /opt/elder
`,
};

let platform: Platform;
let files: PlatformRepository;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 1 });
  files = await platformRepository(account);
  await files.writeTenant(place.tenant, { project: 'acme/elder', hosts: { dev: [host] } });
  const image = await makeImage(platform, place.tenant, { agent: true });
  expect(await deployOlder(platform, place, image)).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
});

const waiting = { pace: { shortest: 50, longest: 200 }, limitMs: 120_000, signal: new AbortController().signal };
const page = async () => (await ask(inject('localCloud').router.http, host, '/index.html')).status;
const rules = () => readStandingRules(platform.aws, platform.facts['listener-arn']);

/** As the pipeline of the older version did it. */
async function release(): Promise<void> {
  const runtime = platform.runtime();
  await pushRevision(runtime, { ...place, directory: await repository(software), dryRun: false });
  const { revisionKey: key } = JSON.parse(runtime.printed()) as { revisionKey: string };
  const client = await platform.aws.codeDeploy();
  const { deploymentId } = await client.send(
    new CreateDeploymentCommand({
      applicationName: name,
      deploymentGroupName: name,
      revision: { revisionType: 'S3', s3Location: { bucket: platform.bucket, key, bundleType: 'zip' } },
    }),
  );
  await waitUntilDeploymentSuccessful({ client, maxWaitTime: 120, minDelay: 1 }, { deploymentId });
}

async function targetGroup(Name: string): Promise<string> {
  const { TargetGroups } = await (await platform.aws.elb()).send(new DescribeTargetGroupsCommand({ Names: [Name] }));
  return TargetGroups?.[0]?.TargetGroupArn ?? '';
}

/** Step 3: the tenant's record of its number gets this one, and the claim of the old rule's number goes. */
async function writeNumber(priority: number): Promise<void> {
  const listener = listenerId({ listenerArn: platform.facts['listener-arn'] });
  const s3 = await platform.aws.s3();
  const Key = keys.tenantPriority(listener, place.tenant, 'exact');
  const Body = JSON.stringify({ tenant: place.tenant, priority });
  await s3.send(new PutObjectCommand({ Bucket: platform.bucket, Key, Body }));
  await s3.send(new DeleteObjectCommand({ Bucket: platform.bucket, Key: keys.priorityClaim(listener, oldPriority) }));
}

/**
 * Asks for the page without a pause while the work is done; every status that was answered. `visited` is one more, after
 * a step.
 */
async function asking(work: (visited: () => Promise<void>) => Promise<void>): Promise<number[]> {
  const statuses: number[] = [];
  let isDone = false;
  const probing = (async () => {
    while (!isDone) statuses.push(await page());
  })();
  const visited = async () => {
    statuses.push(await page());
  };
  try {
    await work(visited);
  } finally {
    isDone = true;
    await probing;
  }
  return statuses;
}

test('a tenant of an older version moves, and its host answers all the time', async () => {
  const bothInService = async () => ((await readGroup(platform.aws, place))?.inService.length === 2 ? true : undefined);
  await poll({ ...waiting, what: 'the instances', check: bothInService });
  await release();
  await poll({ ...waiting, what: 'the page', check: async () => (await page()) === 200 || undefined });
  const [elb, autoScaling] = await Promise.all([platform.aws.elb(), platform.aws.autoScaling()]);
  const statuses = await asking(async (visited) => {
    const options = { directory: files.directory, tenant: place.tenant, environment: 'dev', dryRun: false } as const;
    // The plan would give the new rule a smaller number than the old one's: step 3 explains what to do then.
    await writeNumber(oldPriority + 1);
    await vendTenant(platform.runtime(), options);
    const [former, next] = await rules();
    expect(former).toMatchObject({ priority: oldPriority, targetGroups: [`${name}--8080`] });
    expect(next).toMatchObject({ priority: oldPriority + 1, targetGroups: [`${name}--8080-1`] });
    expect(await readTenantRecord(platform.aws, place)).toMatchObject({ port: 8080, pipeline: name });
    await visited();

    const TargetGroupArn = await targetGroup(`${name}--8080-1`);
    await elb.send(new ModifyTargetGroupCommand({ TargetGroupArn, HealthCheckPath: '/index.html' }));
    await autoScaling.send(
      new AttachLoadBalancerTargetGroupsCommand({ AutoScalingGroupName: name, TargetGroupARNs: [TargetGroupArn] }),
    );
    await waitUntilTargetInService({ client: elb, maxWaitTime: 120, minDelay: 1 }, { TargetGroupArn });
    await visited();
    await elb.send(new DeleteRuleCommand({ RuleArn: former?.arn }));
    await visited();

    const directory = await repository({ 'vendhost.yml': vendhostYml });
    await provisionHost(platform.runtime(), { ...place, directory, image: undefined, dryRun: false });
    const groups = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
    const { AutoScalingGroups } = await autoScaling.send(groups);
    expect(AutoScalingGroups?.[0]?.TargetGroupARNs).toEqual([TargetGroupArn]);
    await visited();
  });
  expect(statuses.length).toBeGreaterThan(4);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect((await rules()).map(({ priority }) => priority)).toEqual([oldPriority + 1]);
  const where = {
    ruled: new Set<number>(),
    listenerArn: platform.facts['listener-arn'],
    balancer: 'vendhost-dev-balancer',
  };
  expect(await readPriorityClaims(platform.aws, platform.bucket, where)).toEqual([
    expect.objectContaining({ priority: oldPriority + 1, tenant: place.tenant, recorded: true }),
  ]);
});
