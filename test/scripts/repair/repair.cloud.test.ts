import { AddRoleToInstanceProfileCommand } from '@aws-sdk/client-iam';
import { CancelCommandCommand, ListCommandsCommand } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { names } from '../../../scripts/config/names.ts';
import { Cancelled } from '../../../scripts/errors.ts';
import { readGroup } from '../../../scripts/host/instances/group.ts';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { startRelease } from '../../../scripts/release/start.ts';
import { pushRevision } from '../../../scripts/revision/push.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeImage } from '../../builders/image.ts';
import { kioskSoftware } from '../../builders/kiosk-software.ts';
import { makePlatform, type Platform, putParameter } from '../../builders/platform.ts';
import { repository } from '../../builders/repository.ts';
import { tenantRecord } from '../../builders/sample.ts';
import { admitTenant } from '../../builders/tenant.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { refusing, wire } from '../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const place = { tenant: 'kiosk', environment: 'dev' };
const vendhostYml = `instances: { min: 1, max: 2 }
health_check: { path: /index.html, grace_seconds: 60 }
database: none
`;
const starts = '/opt/kiosk-starts';
const software = {
  'vendhost.yml': vendhostYml,
  ...kioskSoftware,
  'software/start.sh': `${kioskSoftware['software/start.sh']}echo start >> ${starts}\n`,
};
const job = {
  GITLAB_USER_LOGIN: 'ada',
  CI_JOB_URL: 'https://gitlab.example.test/acme/kiosk/-/jobs/7',
  CI_PROJECT_PATH: 'acme/kiosk',
};

let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000366'), { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
  const RoleName = names.tenantRole(place, 'instance');
  const iam = await platform.aws.iam();
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: RoleName, RoleName }));
  const image = await makeImage(platform, place.tenant, { agent: true });
  const directory = await repository({ 'vendhost.yml': vendhostYml });
  await provisionHost(platform.runtime(), { ...place, directory, image, dryRun: false });
});

const words = (verb: string, more: readonly string[]) => [
  ...verb.split(' '),
  ...['--tenant', place.tenant, '--environment', place.environment, '--json'],
  ...more,
];

interface Around {
  readonly signal?: AbortSignal;
  /** Between the command and the cloud. */
  readonly endpoint?: string;
}

async function ask(verb: string, more: readonly string[] = [], { signal, endpoint }: Around = {}) {
  const parts = signal === undefined ? {} : { signal };
  const through = endpoint === undefined ? {} : { AWS_ENDPOINT_URL: endpoint };
  const ended = await vendhost(words(verb, more), { cwd: '/', env: { ...platform.env, ...job, ...through }, ...parts });
  return { ...ended, result: ended.stdout === '' ? undefined : JSON.parse(ended.stdout) };
}

const run = (...more: string[]) => ask('host run', more);
const instance = async () => (await readGroup(platform.aws, place))?.inService[0] ?? '';

/** The newest records, without their times. */
async function audit(limit: number) {
  const { result } = await ask('audit', ['--limit', String(limit)]);
  return result.records.map(({ at, writtenAt, version, by, ...rest }: Record<string, unknown>) => ({
    ...rest,
    by: (by as typeof job & { user: string }).user,
  }));
}

describe('before anything is released', () => {
  test('there is nothing to restart', async () => {
    const ended = await ask('host restart');
    expect([ended.code, errorIn(ended)]).toEqual([1, 'NOTHING_RELEASED']);
  });

  test('a command is run as it was given, and its exit code is the exit code', async () => {
    const ended = await run(
      '--reason',
      'a look',
      '--',
      'bash',
      '-c',
      'echo "$(id -un) {{ $0"; echo oh >&2; exit 7',
      "it's",
    );
    expect([ended.code, ended.result]).toMatchObject([
      7,
      { instance: await instance(), exitCode: 7, stdout: "root {{ it's\n", stderr: 'oh\n' },
    ]);
    expect(await audit(1)).toEqual([
      {
        action: 'host run',
        target: await instance(),
        before: expect.stringMatching(/^'bash' '-c' '.*' 'it'\\''s'$/),
        after: `exit code 7, command ${ended.result.commandId}`,
        reason: 'a look',
        by: 'ada',
      },
    ]);
  });

  test('an output longer than an answer holds is whole', async () => {
    const ended = await run('--', 'sh', '-c', 'seq 1 20000; seq 1 9000 >&2');
    const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('');
    expect(ended.result.stdout === lines(20_000)).toBe(true);
    expect(ended.result.stderr === lines(9000)).toBe(true);
  });

  test('a dry run says where, and runs nothing', async () => {
    const ended = await run('--dry-run', '--', 'touch', '/opt/never');
    expect([ended.code, ended.result]).toEqual([2, { instance: await instance(), command: ['touch', '/opt/never'] }]);
    expect((await run('--', 'test', '-e', '/opt/never')).code).toBe(1);
  });

  test('a command that takes too long is ended, and recorded as failed', async () => {
    const ended = await run('--timeout', '5', '--', 'sleep', '600');
    expect([ended.code, errorIn(ended)]).toEqual([1, 'COMMAND_TIMED_OUT']);
    expect(await audit(1)).toMatchObject([
      { action: 'host run', after: expect.stringMatching(/^failed: the command took longer than 5 s/) },
    ]);
  });

  test('less time than the agent takes is refused: it would take an hour', async () => {
    const ended = await run('--timeout', '4', '--', 'id');
    expect([ended.code, errorIn(ended)]).toEqual([1, 'USAGE']);
    expect(ended.stderr).toContain('must be 5 to 3300 seconds');
  });

  test.each([0, 1, 2, 3, 4, 126, 127, 130, 137, 143, 193, 195, 255])('exit code %i is the exit code', async (code) => {
    expect(await run('--', 'sh', '-c', `exit ${code}`)).toMatchObject({ code, result: { exitCode: code } });
  });

  test.each([
    ['KILL', 137],
    ['TERM', 143],
    ['SEGV', 139],
  ])('a command that SIG%s ends has not timed out', async (signal, code) => {
    expect(await run('--', 'sh', '-c', `echo before; kill -${signal} $$`)).toMatchObject({
      ...{ code, result: { exitCode: code, stdout: 'before\n' } },
    });
  });

  test('bytes that are no text neither end it nor steer the terminal', async () => {
    const ended = await run('--', 'sh', '-c', String.raw`printf '\377\000\033[2Jend'; head -c 30000 /dev/urandom >&2`);
    expect([ended.code, ended.result.stdout]).toEqual([0, '\ufffd\u0000\u001b[2Jend']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: which is what must not be there
    expect(ended.stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
  });

  test('what it printed is shown, and the exit code is its own, when no record can be written', async () => {
    const endpoint = await wire(platform.endpoint, refusing(/^PUT .*\/audit\//, 'AccessDenied'));
    const ended = await ask('host run', ['--', 'sh', '-c', 'echo done once; exit 3'], { endpoint });
    expect([ended.code, ended.result]).toMatchObject([3, { stdout: 'done once\n' }]);
    expect(ended.stderr).toContain('warning: this host run has no audit record: ');
  });

  test('a cancelled command is ended on the instance, and recorded', async () => {
    const cancel = new AbortController();
    const started = '/opt/started';
    const ending = ask('host run', ['--', 'sh', '-c', `touch ${started}; sleep 600`], { signal: cancel.signal });
    await expect.poll(async () => (await run('--', 'test', '-e', started)).code, { timeout: 120_000 }).toBe(0);
    cancel.abort(new Cancelled('SIGINT'));
    const ended = await ending;
    expect([ended.code, errorIn(ended)]).toEqual([130, 'CANCELLED']);
    const { Commands = [] } = await (await platform.aws.ssm()).send(new ListCommandsCommand({}));
    expect(Commands.filter(({ Status }) => Status === 'Cancelled')).toHaveLength(1);
    expect(await audit(1)).toMatchObject([{ action: 'host run', after: 'failed: cancelled by SIGINT' }]);
  });

  test('a command that somebody else ends is no success', async () => {
    const started = '/opt/started-too';
    const ending = run('--', 'sh', '-c', `touch ${started}; sleep 600`);
    await expect.poll(async () => (await run('--', 'test', '-e', started)).code, { timeout: 120_000 }).toBe(0);
    const ssm = await platform.aws.ssm();
    const { Commands = [] } = await ssm.send(new ListCommandsCommand({}));
    const CommandId = Commands.find(({ Status }) => Status === 'InProgress')?.CommandId;
    await ssm.send(new CancelCommandCommand({ CommandId }));
    const ended = await ending;
    expect([ended.code, errorIn(ended)]).toEqual([1, 'COMMAND_STOPPED']);
  });

  test('a command whose answer is lost is not sent again: it would run twice', async () => {
    const ran = '/opt/ran-once';
    const endpoint = await wire(platform.endpoint, async (call, next) => {
      const answer = await next();
      return call.operation === 'SendCommand' ? { status: 0, body: '' } : answer;
    });
    const ended = await ask('host run', ['--', 'sh', '-c', `echo ran >> ${ran}; touch ${ran}.done`], { endpoint });
    expect([ended.code, errorIn(ended)]).toEqual([1, 'OUTCOME_UNKNOWN']);
    expect(await audit(1)).toMatchObject([
      {
        action: 'host run',
        after: expect.stringMatching(/^failed: it is not known whether AWS did this: send the command to i-/),
      },
    ]);
    await expect.poll(async () => (await run('--', 'test', '-e', `${ran}.done`)).code, { timeout: 120_000 }).toBe(0);
    expect((await run('--', 'cat', ran)).result.stdout).toBe('ran\n');
  });

  test('a command whose instance ends is not waited for until its time is over', async () => {
    const started = '/opt/started-last';
    const on = await instance();
    const ending = run('--instance', on, '--timeout', '3300', '--', 'sh', '-c', `touch ${started}; sleep 3000`);
    await expect.poll(async () => (await run('--', 'test', '-e', started)).code, { timeout: 120_000 }).toBe(0);
    await ask('host replace', ['--instance', on, '--reason', 'in the way']);
    const ended = await ending;
    expect([ended.code, errorIn(ended)]).toEqual([1, 'INSTANCE_GONE']);
    expect(await audit(2)).toContainEqual(
      expect.objectContaining({ action: 'host run', after: expect.stringContaining(`failed: ${on} is `) }),
    );
  });

  test('not on an instance of somebody else, nor where no agent answers', async () => {
    const foreign = await run('--instance', 'i-0123456789abcdef0', '--', 'id');
    expect([foreign.code, errorIn(foreign)]).toEqual([1, 'INSTANCE_UNKNOWN']);
    await run('--', 'install', '-D', '/dev/null', '/etc/local-cloud/ssm-agent-stopped');
    const silent = await run('--', 'id');
    expect([silent.code, errorIn(silent)]).toEqual([1, 'AGENT_UNREGISTERED']);
  });
});

describe('when software runs', () => {
  let revision = '';
  beforeAll(async () => {
    const directory = await repository(software);
    const pushed = platform.runtime();
    await pushRevision(pushed, { ...place, directory, dryRun: false });
    revision = JSON.parse(pushed.printed()).revisionKey;
    await ask('host replace', ['--reason', 'its agent is dead']);
    await startRelease(platform.runtime(), { ...place, revision, dryRun: false });
  });

  const started = async () => (await run('--', 'wc', '-l', starts)).result.stdout.split(' ')[0];

  test('a restart stops and starts it on the same instance, and a release finds that nothing changed', async () => {
    const on = await instance();
    expect(await started()).toBe('1');
    const planned = await ask('host restart', ['--dry-run']);
    expect([planned.code, planned.result]).toMatchObject([2, { kind: 'deploy', instances: [on] }]);
    const ended = await ask('host restart', ['--reason', 'it leaks']);
    expect([ended.code, ended.result]).toMatchObject([
      0,
      { kind: 'deploy', after: expect.stringMatching(/^deployment d-/) },
    ]);
    expect([await instance(), await started()]).toEqual([on, '2']);
    const again = platform.runtime();
    await startRelease(again, { ...place, revision, dryRun: false });
    expect(JSON.parse(again.printed())).toMatchObject({ status: 'unchanged' });
    expect(await audit(2)).toContainEqual({
      action: 'host restart',
      target: 'vendhost-dev-kiosk',
      before: expect.stringMatching(new RegExp(`^deployment d-\\w+ on ${on}$`)),
      after: ended.result.after,
      reason: 'it leaks',
      by: 'ada',
    });
  });

  test('a restart whose answer is lost is followed, and not done twice', async () => {
    const before = Number(await started());
    let sent = 0;
    const endpoint = await wire(platform.endpoint, async (call, next) => {
      const answer = await next();
      if (call.operation !== 'CreateDeployment') return answer;
      sent += 1;
      return { status: 0, body: '' };
    });
    const ended = await ask('host restart', [], { endpoint });
    expect([ended.code, ended.result]).toMatchObject([0, { after: expect.stringMatching(/^deployment d-/) }]);
    expect([sent, Number(await started())]).toEqual([1, before + 1]);
  });

  test('two at once: each restarts it, or is refused because the other one does', async () => {
    const before = Number(await started());
    const both = await Promise.all([ask('host restart'), ask('host restart')]);
    const done = both.filter(({ code }) => code === 0);
    expect(done.length).toBeGreaterThan(0);
    for (const ended of both) expect([undefined, 'DEPLOYMENT_UNDERWAY']).toContain(errorIn(ended));
    // Who came a moment later may have followed the deployment of the other one.
    const deployments = new Set(done.map(({ result }) => result.after));
    expect(Number(await started())).toBe(before + deployments.size);
  });

  test('not while a deployment goes on', async () => {
    const endpoint = await wire(platform.endpoint, refusing('CreateDeployment', 'DeploymentLimitExceededException'));
    const ended = await ask('host restart', [], { endpoint });
    expect([ended.code, errorIn(ended)]).toEqual([1, 'DEPLOYMENT_UNDERWAY']);
    expect(await audit(1)).toMatchObject([{ action: 'host restart', after: expect.stringMatching(/^failed: /) }]);
  });

  test('where releases need an approval the instances are replaced instead', async () => {
    const record = { ...tenantRecord(place, platform.account), approval: true };
    await putParameter(platform.aws, names.tenantRecord(place), JSON.stringify(record));
    const before = await instance();
    const ended = await ask('host restart');
    expect([ended.code, ended.result]).toMatchObject([0, { kind: 'replace', instances: [before] }]);
    const after = await instance();
    expect(after).not.toBe(before);
    expect(ended.result.after).toBe(`replaced by ${after}`);
    expect(await started()).toBe('1');
    const endpoint = await wire(platform.endpoint, refusing('SendCommand', 'AccessDeniedException'));
    const refused = await ask('host run', ['--', 'id'], { endpoint });
    expect([refused.code, errorIn(refused)]).toEqual([1, 'RUN_NOT_ALLOWED']);
  });

  test('replacements are in the audit, with what was there and what came', async () => {
    const { result } = await ask('audit', ['--action', 'host replace']);
    expect(result.records).toMatchObject([
      { reason: 'its agent is dead', before: expect.stringMatching(/^i-/), after: expect.stringMatching(/^i-/) },
      { reason: 'in the way' },
    ]);
    expect(result.records[0].after).not.toBe(result.records[0].before);
  });
});
