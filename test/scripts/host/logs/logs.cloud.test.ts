import { AddRoleToInstanceProfileCommand } from '@aws-sdk/client-iam';
import { beforeAll, expect, test, vi } from 'vitest';
import { names } from '../../../../scripts/config/names.ts';
import { readGroup } from '../../../../scripts/host/instances/group.ts';
import { replaceInstances } from '../../../../scripts/host/instances/replace.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { startRelease } from '../../../../scripts/release/start.ts';
import { pushRevision } from '../../../../scripts/revision/push.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { logAgentInstaller } from '../../../builders/instances.ts';
import { kioskSoftware } from '../../../builders/kiosk-software.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { repository } from '../../../builders/repository.ts';
import { script } from '../../../builders/revision.ts';
import { admitTenant } from '../../../builders/tenant.ts';
import { errorIn, vendhost } from '../../command-line.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const place = { tenant: 'kiosk', environment: 'dev' };
const files = {
  'vendhost.yml': `instances: { min: 1, max: 2 }
health_check: { path: /index.html, grace_seconds: 60 }
database: none
logs: [/var/log/kiosk/*.log]
`,
  ...kioskSoftware,
  'software/appspec.yml': `${String(kioskSoftware['software/appspec.yml']).trimEnd()}
  AfterInstall:
    - location: hooks/prepare.sh
`,
  'software/hooks/prepare.sh': script(
    'echo "prepared \u001b[31mred"',
    'mkdir -p /var/log/kiosk',
    'printf "open\\n  for all\\n" > /var/log/kiosk/app.log',
  ),
};

let platform: Platform;
let gone: string;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000616'), { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
  const name = names.tenantRole(place, 'instance');
  const withRole = new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name });
  await (await platform.aws.iam()).send(withRole);
  const install = logAgentInstaller(platform.endpoint);
  const image = await makeImage(platform, place.tenant, { agent: true, install });
  const directory = await repository(files);
  await provisionHost(platform.runtime(), { ...place, directory, image, dryRun: false });
  const pushed = platform.runtime();
  await pushRevision(pushed, { ...place, directory, dryRun: false });
  const { revisionKey: revision } = JSON.parse(pushed.printed());
  await startRelease(platform.runtime(), { ...place, revision, dryRun: false });
  const before = await readGroup(platform.aws, place);
  gone = before?.members[0] ?? '';
});

async function logs(...more: string[]) {
  const words = ['host', 'logs', '--tenant', place.tenant, '--environment', place.environment, ...more];
  return await vendhost(words, { cwd: '/', env: platform.env });
}

test("logs of an instance's hooks and software remain when the instance is gone", async () => {
  await expect
    .poll(async () => (await logs('--instance', gone)).stdout, { timeout: 120_000, interval: 500 })
    .toMatch(/AfterInstall \[stdout\]prepared[\s\S]*open|open[\s\S]*AfterInstall \[stdout\]prepared/);
  await replaceInstances(platform.runtime(), { ...place, instance: gone, reason: '', dryRun: false });
  expect((await readGroup(platform.aws, place))?.members).not.toContain(gone);

  const all = await logs('--instance', gone);
  expect(all.code).toBe(0);
  const lines = all.stdout.split('\n').map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /, ''));
  expect(lines).toContain(`${gone} AfterInstall LifecycleEvent - AfterInstall`);
  expect(lines).toContain(`${gone} AfterInstall Script - hooks/prepare.sh`);
  expect(lines).toContain(`${gone} AfterInstall [stdout]prepared red`);
  const software = lines.indexOf(`${gone} var_log_kiosk_app.log open`);
  expect(lines.slice(software, software + 2)).toEqual([`${gone} var_log_kiosk_app.log open`, '      for all']);

  const hook = await logs('--instance', gone, '--hook', 'AfterInstall', '--json');
  const values = hook.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(values.map(({ text }) => text)).toEqual([
    'LifecycleEvent - AfterInstall',
    'Script - hooks/prepare.sh',
    '[stdout]prepared \u001b[31mred',
  ]);
  expect(values[0]).toMatchObject({ log: 'hooks', instance: gone, hook: 'AfterInstall' });
  expect(values[0].deployment).toMatch(/^d-[A-Z0-9]+$/);
});

test('missing logs are reported', async () => {
  const early = await logs('--since', '0s');
  expect([early.code, early.stdout]).toEqual([0, '']);
  expect(early.stderr).toMatch(/^nothing was logged since \d{4}-/m);
  const nobody = await vendhost(['host', 'logs', '--tenant', 'nobody', '--environment', 'dev'], {
    cwd: '/',
    env: platform.env,
  });
  expect([nobody.code, errorIn(nobody)]).toEqual([1, 'TENANT_UNKNOWN']);
});

test.each([
  ['--since', 'yesterday'],
  ['--since', '2026-13-01'],
  ['--instance', 'web-1'],
  ['--hook', 'Install'],
])('%s %s is a mistake', async (...words) => {
  const ended = await logs(...words);
  expect([ended.code, errorIn(ended)]).toEqual([1, 'USAGE']);
});
