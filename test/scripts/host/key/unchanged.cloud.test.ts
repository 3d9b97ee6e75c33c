import { join } from 'node:path';
import { UpdateStackCommand, waitUntilStackUpdateComplete } from '@aws-sdk/client-cloudformation';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { names } from '../../../../scripts/config/names.ts';
import { type ProvisionOptions, provisionHost } from '../../../../scripts/host/provision.ts';
import { readStack } from '../../../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { makePlatform, type Platform, putParameter } from '../../../builders/platform.ts';
import { recorder } from '../../../builders/recorder.ts';
import { repository } from '../../../builders/repository.ts';
import { admitTenant, recordTenant } from '../../../builders/tenant.ts';
import { wire } from '../../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const place = { tenant: 'shop', environment: 'dev' };
let yml = 'instances: { min: 0, max: 1 }\n';
let image: string;
let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000361'), { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
  image = await makeImage(platform, place.tenant);
});

/** Provisions the tenant's checkout as it is. */
async function provision({ commit = '', ...options }: Partial<ProvisionOptions> & { commit?: string } = {}) {
  const runtime = recorder({ ...platform.env, CI_COMMIT_SHA: commit });
  const directory = await repository({ 'vendhost.yml': yml });
  const code = await provisionHost(runtime, { ...place, directory, image, dryRun: false, ...options });
  return { code, result: JSON.parse(runtime.printed()), progress: runtime.progress() };
}

const hostStack = () => readStack(platform.aws, 'vendhost-dev-shop-host');

test('a new host has its key from the start', async () => {
  const made = await provision({ commit: 'first' });
  expect(made.result).toMatchObject({ changed: true, provisionCommit: 'first' });
  expect((await hostStack())?.parameters.ProvisionKey).toBe(made.result.provisionKey);
});

describe('an unchanged host', () => {
  /** Fails a process that loads what a look-up must do without. */
  const without = (packages: RegExp) => {
    const code = `import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        if (${packages}.test(name)) throw new Error('loaded ' + name);
        return next(name, context);
      } });`;
    return `--import=data:text/javascript,${encodeURIComponent(code)}`;
  };
  const heavy = /^(aws-cdk-lib|@aws-cdk\/|constructs|@aws-sdk\/client-ec2)/;

  async function execute(...words: string[]) {
    const calls: string[] = [];
    const endpoint = await wire(inject('localCloud').endpoint, async ({ operation }, next) => {
      calls.push(operation);
      return await next();
    });
    const cwd = await repository({ 'vendhost.yml': yml });
    const executable = join(import.meta.dirname, '../../../../scripts/vendhost.ts');
    const all = ['host', 'provision', '--tenant', 'shop', '--environment', 'dev', '--image', image, ...words];
    const env = { ...platform.env, AWS_ENDPOINT_URL: endpoint };
    const ended = await execa(process.execPath, [without(heavy), executable, ...all], { cwd, env, reject: false });
    return { ended, calls };
  }

  test('is known without the CDK, by a few calls that only read', async () => {
    const { ended, calls } = await execute();
    expect([ended.exitCode, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).toContain('virtual host of shop in dev: no change');
    expect(ended.stdout).toMatch(/^provisioned from: commit first, configuration=.* image=ami-/m);
    expect([...new Set(calls)].sort()).toEqual([
      'DescribeAutoScalingGroups',
      'DescribeInstanceRefreshes',
      'DescribeStacks',
      'DescribeTargetGroups',
      'GetDeploymentGroup',
      'GetParameter',
      'GetParametersByPath',
    ]);
    expect(calls.filter((call) => call === 'DescribeStacks')).toHaveLength(2);
  });

  test('is known by a dry run in the same way', async () => {
    const { ended, calls } = await execute('--dry-run');
    expect([ended.exitCode, ended.stderr]).toEqual([0, '']);
    expect(calls).not.toContain('GetTemplate');
  });

  test('is compared completely with --full', async () => {
    const { ended } = await execute('--full');
    expect(ended.stderr).toMatch(/loaded (aws-cdk-lib|@aws-cdk\/|constructs|@aws-sdk\/client-ec2)/);
    const before = await hostStack();
    expect(await provision({ full: true })).toMatchObject({ code: undefined, result: { changed: false } });
    expect(await provision({ full: true, dryRun: true })).toMatchObject({
      code: undefined,
      result: { changed: false },
    });
    expect(await hostStack()).toEqual(before);
  });

  test('keeps the commit that was provisioned, also for another commit', async () => {
    const before = await hostStack();
    const { result } = await provision({ commit: 'second' });
    expect(result).toMatchObject({ changed: false, provisionCommit: 'first' });
    expect((await provision({ commit: 'second', full: true })).result).toMatchObject({ changed: false });
    expect(await hostStack()).toEqual(before);
    expect(before?.outputs.ProvisionedFrom).toBe(
      `${before?.parameters.ProvisionKey}; first; ${before?.parameters.HealthCheck}; ${before?.parameters.DataUpdated}`,
    );
  });
});

describe('a host is provisioned, and says why, after a change of', () => {
  const changes: [string, string, () => Promise<unknown>][] = [
    ['vendhost.yml', 'vendhost.yml changed', write('deployment_config: CodeDeployDefault.AllAtOnce')],
    ['vendhost.yml that is in no stack', 'vendhost.yml changed', write('revision: { ignore: [notes] }')],
    [
      'a fact',
      'what the platform publishes changed',
      () => putParameter(platform.aws, `${names.factsPath('dev')}/approval`, 'true'),
    ],
    [
      'the record',
      "the tenant's record changed",
      () => recordTenant(platform, place.tenant, { limits: { max_instances: 9 } }),
    ],
    [
      'the image',
      'image changed: ',
      async () => {
        image = await makeImage(platform, place.tenant);
      },
    ],
    ['the version of Vendhost', 'version of Vendhost changed: 0.0.1+aaaaaaaaaaaa → ', asOlderVersion],
  ];
  test.each(changes)('%s', async (_what, reason, change) => {
    await change();
    const planned = await provision({ dryRun: true });
    expect(planned).toMatchObject({ code: 2, result: { changed: true, reasons: [expect.stringContaining(reason)] } });
    const made = await provision({ commit: 'next' });
    expect(made.result).toMatchObject({ changed: true, provisionCommit: 'next' });
    expect(made.progress.join('\n')).toContain(`  ${reason}`);
    expect(await provision()).toMatchObject({ code: undefined, progress: [], result: { changed: false } });
  });
});

/** Adds a line to `vendhost.yml`. */
function write(line: string) {
  return async () => {
    yml += `${line}\n`;
  };
}

/** Makes the host stack say that another version of Vendhost provisioned it. */
async function asOlderVersion(): Promise<void> {
  const client = await platform.aws.cloudFormation();
  const StackName = 'vendhost-dev-shop-host';
  const { parameters = {} } = (await hostStack()) ?? {};
  const ParameterValue = parameters.ProvisionKey?.replace(/library=.*/, 'library=0.0.1+aaaaaaaaaaaa');
  const Parameters = Object.keys(parameters).map((ParameterKey) =>
    ParameterKey === 'ProvisionKey' ? { ParameterKey, ParameterValue } : { ParameterKey, UsePreviousValue: true },
  );
  await client.send(new UpdateStackCommand({ StackName, UsePreviousTemplate: true, Parameters }));
  await waitUntilStackUpdateComplete({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { StackName });
}
