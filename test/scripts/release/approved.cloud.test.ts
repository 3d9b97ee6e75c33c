import { CreateDeploymentCommand, GetDeploymentGroupCommand } from '@aws-sdk/client-codedeploy';
import { GetPipelineStateCommand, PutApprovalResultCommand } from '@aws-sdk/client-codepipeline';
import { DeleteBucketPolicyCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { awsError } from '../../../scripts/aws/foreseen-errors.ts';
import { readPlatformFacts } from '../../../scripts/aws/read-facts.ts';
import { openAws } from '../../../scripts/aws/session.ts';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import { startRelease } from '../../../scripts/release/start.ts';
import { pushRevision } from '../../../scripts/revision/push.ts';
import type { HostStatus } from '../../../scripts/status/host/host-status.ts';
import { showHost } from '../../../scripts/status/host/show-host.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import type { CloudAccount } from '../../builders/account.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { makeImage } from '../../builders/image.ts';
import type { Platform } from '../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { repository } from '../../builders/repository.ts';

/** Production as in examples/platform: releases wait for an approval, alarms write a mail, every role has its rights only. */
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '100000000581';
const place = { environment: 'production', tenant: 'shop' } as const;
const name = 'vendhost-production-shop';
let enforcing: EnforcingCloud;
let files: PlatformRepository;
let person: CloudAccount;
let platform: Platform;

beforeAll(async () => {
  files = await platformRepository(account, { production: account });
  enforcing = await startEnforcingCloud(files.directory);
  await files.certify(enforcing.cloud.endpoint);
  await files.writePlatform({ production: { approval: true, nat: 'one', alerts: ['operations@example.com'] } });
  await files.writeTenant('shop', { project: 'acme/shop', hosts: { production: ['shop.production.example.com'] } });
  person = enforcing.person(account);
  const options = { directory: files.directory, environment: place.environment, dryRun: false } as const;
  await deployPlatform(person.runtime(), options);
  await vendTenant(person.runtime(), { ...options, tenant: 'shop' });
  const facts = await readPlatformFacts(person.aws, place.environment);
  // It refuses everything that is not TLS, which the local cloud does not speak.
  await (await person.aws.s3()).send(new DeleteBucketPolicyCommand({ Bucket: facts.bucket }));
  platform = { ...person, environment: place.environment, bucket: facts.bucket, facts, listeners: [] };
});
afterAll(async () => {
  await enforcing?.cloud.stop();
});

const vendhostYml = `instances: { min: 1, max: 1 }
database: { name: stock }
health_check: { path: /index.html, grace_seconds: 0 }
`;
const software = {
  'vendhost.yml': vendhostYml,
  'software/index.html': 'open\n',
  'software/appspec.yml': `version: 0.0
os: linux
files: [{ source: index.html, destination: /opt/shop }]
hooks:
  ApplicationStart: [{ location: start.sh, timeout: 30 }]
`,
  'software/start.sh': `#!/bin/bash
start-stop-daemon --start --background --make-pidfile --pidfile /run/shop.pid --oknodo --exec /usr/bin/python3 -- \\
  -m http.server 8080 --bind "$(hostname -i)" --directory /opt/shop
`,
};

async function job() {
  const role = `arn:aws:iam::${account}:role/${name}-deploy`;
  const variables = { AWS_REGION: 'eu-west-1', VENDHOST_ROLE_ARN: role };
  return await enforcing.job({ projectPath: 'acme/shop', ref: 'master' }, variables);
}

/** A person's answer, once the pipeline asks and the job's log says so. */
async function approve(log: () => string[]): Promise<void> {
  const client = await person.aws.codePipeline();
  await expect.poll(() => log().join('\n'), { timeout: 120_000 }).toContain('Approval: waiting for approval');
  const asked = async () => {
    const { stageStates = [] } = await client.send(new GetPipelineStateCommand({ name }));
    return stageStates.find(({ stageName }) => stageName === 'Approval')?.actionStates?.[0]?.latestExecution?.token;
  };
  await expect.poll(asked, { timeout: 60_000 }).toBeDefined();
  const where = { pipelineName: name, stageName: 'Approval', actionName: 'Approve', token: await asked() };
  await client.send(new PutApprovalResultCommand({ ...where, result: { status: 'Approved', summary: 'fine' } }));
}

test('a host with a database and alarms is provisioned by its roles, and released when a person has approved', async () => {
  const image = await makeImage(platform, place.tenant, { agent: true });
  const directory = await repository(software);
  await provisionHost(await job(), { ...place, directory, image, dryRun: false });
  const pushed = await job();
  await pushRevision(pushed, { ...place, directory, dryRun: false });
  const { revisionKey: revision } = JSON.parse(pushed.printed());
  const released = await job();
  await Promise.all([startRelease(released, { ...place, revision, dryRun: false }), approve(released.progress)]);
  expect(JSON.parse(released.printed())).toMatchObject({ status: 'succeeded', revisionKey: revision });
});

test('the role that only reads shows the host whole', async () => {
  const access = `eu-west-1 arn:aws:iam::${account}:role/${name}-plan`;
  const subject = { projectPath: 'acme/shop', ref: 'feature' };
  const looking = await enforcing.job(subject, { VENDHOST_PLAN_ACCESS_SHOP_PRODUCTION: access });
  const code = await showHost(looking, place);
  const status = JSON.parse(looking.printed()) as HostStatus;
  // The image of this test was made of no base image.
  expect({ code, needs: status.needs.map(({ id }) => id) }).toEqual({ code: 2, needs: ['shop/base-unknown'] });
  expect(Object.entries(status).filter(([, part]) => Object.hasOwn(Object(part), 'unknown'))).toEqual([]);
  const { running, instances, database } = status;
  expect(instances).toMatchObject({ value: [{ state: 'InService', target: 'healthy', isCurrentImage: true }] });
  const revision = 'value' in instances ? instances.value[0]?.revision : undefined;
  expect(revision).toMatch(/^[0-9a-f]{64}$/);
  expect(running).toMatchObject({ value: { state: 'succeeded', revision } });
  expect(database).toMatchObject({ value: { class: 'db.t3.micro', status: 'available', standby: true, pending: [] } });
});

test('the role that releases cannot deploy without the pipeline, and so without the approval', async () => {
  const group = { applicationName: name, deploymentGroupName: name };
  const { deploymentGroupInfo } = await (await person.aws.codeDeploy()).send(new GetDeploymentGroupCommand(group));
  const command = new CreateDeploymentCommand({ ...group, revision: deploymentGroupInfo?.targetRevision });
  const refused = await (await openAws(await job()).codeDeploy()).send(command).catch((error: unknown) => error);
  expect(awsError(refused, {})).toMatchObject({
    code: 'ACCESS_DENIED',
    message: expect.stringContaining('may not codedeploy:CreateDeployment'),
  });
});
