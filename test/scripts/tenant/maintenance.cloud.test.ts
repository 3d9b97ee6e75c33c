import { beforeAll, expect, inject, test, vi } from 'vitest';
import { readAudit } from '../../../scripts/audit/read-audit.ts';
import { names } from '../../../scripts/config/names.ts';
import { exitCodes } from '../../../scripts/errors.ts';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { readStandingRules } from '../../../scripts/listener/listener-rules.ts';
import { startRelease } from '../../../scripts/release/start.ts';
import { pushRevision } from '../../../scripts/revision/push.ts';
import { showHost } from '../../../scripts/status/host/show-host.ts';
import { showMaintenance } from '../../../scripts/status/maintenance/show-maintenance.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeImage } from '../../builders/image.ts';
import { kioskSoftware } from '../../builders/kiosk-software.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { repository } from '../../builders/repository.ts';
import { ask } from '../../e2e/ask.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '178000000001';
const place = { tenant: 'kiosk', environment: 'dev' } as const;
const host = 'closed.dev.example.com';
/** As many as a tenant may have. */
const hosts = [host, ...['d', 'e', 'f', 'g'].map((name) => `${name}.dev.example.com`)];
const page = '<h1>Zurück um 12 Uhr – Back at noon</h1>';
const job = 'https://gitlab.example.test/platform/platform/-/jobs/7';
const config = {
  'vendhost.yml':
    'instances: { min: 1, max: 2 }\nhealth_check: { path: /index.html, grace_seconds: 60 }\ndatabase: none\n',
};
let platform: Platform;
let files: PlatformRepository;

const answer = async () => await ask(inject('localCloud').router.http, host, '/index.html');
const rules = async () => await readStandingRules(platform.aws, platform.facts['listener-arn']);

/** Vends the tenant, in maintenance or not; whether anything changed. */
async function vend(maintenance: Readonly<Record<string, string>>): Promise<boolean> {
  await files.writeTenant(place.tenant, { project: 'acme/kiosk', hosts: { dev: hosts }, maintenance });
  const own = platform.runtime();
  const runtime = { ...own, env: { ...own.env, GITLAB_USER_LOGIN: 'ada', CI_JOB_URL: job } };
  await vendTenant(runtime, { ...place, directory: files.directory, dryRun: false });
  return JSON.parse(runtime.printed()).environments[0].changed;
}

/** The output of `host maintenance`, and its exit code. */
async function shown(wanted?: 'on' | 'off') {
  const runtime = platform.runtime();
  const code = await showMaintenance(runtime, { ...place, wanted, page: undefined });
  return { code, ...JSON.parse(runtime.printed()) };
}

async function release(text: string): Promise<string> {
  const directory = await repository({ ...config, ...kioskSoftware, 'software/index.html': text });
  const pushed = platform.runtime();
  await pushRevision(pushed, { ...place, directory, dryRun: false });
  const revision: string = JSON.parse(pushed.printed()).revisionKey;
  const released = platform.runtime();
  await startRelease(released, { ...place, revision, dryRun: false });
  return JSON.parse(released.printed()).status;
}

beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 1 });
  files = await platformRepository(account);
  await vend({});
  const image = await makeImage(platform, place.tenant, { agent: true });
  const directory = await repository(config);
  await provisionHost(platform.runtime(), { ...place, directory, image, dryRun: false });
  await release('open\n');
});

test('in maintenance the page answers, even after another vend, and no priority changes', async () => {
  expect(await answer()).toMatchObject({ status: 200, body: 'open\n' });
  const [{ priority, targetGroups } = { priority: 0, targetGroups: [] }] = await rules();
  expect(await vend({ dev: page })).toBe(true);
  const inMaintenance = [
    { priority, hosts, targetGroups: [] },
    { priority: expect.any(Number), hosts: [host], targetGroups },
  ];
  expect(await rules()).toMatchObject(inMaintenance);
  expect(await answer()).toMatchObject({ status: 503, body: page });
  expect(await vend({ dev: page })).toBe(false);
  expect(await rules()).toMatchObject(inMaintenance);
});

test('a release continues behind the page, because the load balancer still checks the instances', async () => {
  expect(await release('newer\n')).toBe('succeeded');
  expect(await answer()).toMatchObject({ status: 503, body: page });
});

test('the views show since when, by whom, and how to end it', async () => {
  const since = expect.stringMatching(/^20.*Z$/);
  expect(await shown()).toMatchObject({ code: undefined, on: true, since, by: 'ada', job, next: [] });
  expect(await shown('on')).toMatchObject({ code: undefined, on: true });
  const ends = 'and vends: vendhost tenant vend kiosk --environment dev';
  expect(await shown('off')).toMatchObject({ code: exitCodes.differs, next: [expect.any(String), ends] });
  const looked = platform.runtime();
  expect(await showHost(looked, place)).toBe(exitCodes.differs);
  expect(JSON.parse(looked.printed())).toMatchObject({
    maintenance: { value: { since, by: 'ada', job } },
    needs: expect.arrayContaining([expect.objectContaining({ id: 'maintenance' })]),
  });
});

test("afterwards the instances answer with the newer release, and the extra rule's priority is released", async () => {
  expect(await vend({})).toBe(true);
  expect(await answer()).toMatchObject({ status: 200, body: 'newer\n' });
  expect(await rules()).toMatchObject([{ hosts, targetGroups: [expect.stringContaining(names.host(place))] }]);
  expect(await vend({})).toBe(false);
  expect(await shown('off')).toMatchObject({ code: undefined, on: false, since: '' });
});

test('the audit has its start and its end, once each', async () => {
  const query = { ...place, limit: 9, action: 'host maintenance' };
  const { records } = await readAudit(platform.aws, platform.facts.bucket, query);
  const common = { target: hosts.join(', '), by: expect.objectContaining({ user: 'ada', job }) };
  expect(records).toMatchObject([
    { ...common, before: 'on', after: 'off' },
    { ...common, before: 'off', after: `on: ${page}` },
  ]);
});
