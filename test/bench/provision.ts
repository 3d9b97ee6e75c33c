import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { execa } from 'execa';
import type { VirtualHostProps } from '../../cdk/tenant/virtual-host-app.ts';
import { readPlatformFacts, readTenantRecord } from '../../scripts/aws/read-facts.ts';
import { readVendhostConfig } from '../../scripts/config/files.ts';
import { names } from '../../scripts/config/names.ts';
import { readTargetGroup } from '../../scripts/host/health/tenant-target-group.ts';
import { readStack } from '../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../builders/account.ts';
import { makeImage } from '../builders/image.ts';
import { makePlatform } from '../builders/platform.ts';
import { admitTenant } from '../builders/tenant.ts';
import { startLocalCloud } from '../local-cloud/start.ts';
import { toolVersion } from './aws.ts';
import { compare, median, type Program } from './paired.ts';

/** `npm run bench:provision`: `vendhost host provision` of an unchanged host beside `cdk deploy` of the same stacks. */
const limits = { seconds: 1, mebibytes: 200 };
const pairs = 5;
const account = '660000000002';
const place = { tenant: 'shop', environment: 'dev' } as const;

const version = await toolVersion('cdk', 'npm install --global aws-cdk');
const directory = await mkdtemp(join(tmpdir(), 'vendhost-bench-'));
const cloud = await startLocalCloud();
try {
  await writeFile(join(directory, 'vendhost.yml'), 'instances: { min: 1, max: 2 }\n');
  const platform = await makePlatform(cloudAccount(account, cloud), { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
  const image = await makeImage(platform, place.tenant);
  const hostFile = join(directory, 'host.json');
  await writeFile(hostFile, JSON.stringify(await propsOf()));
  const env = {
    ...cloud.env(account),
    PATH: process.env.PATH,
    HOME: directory,
    BENCH_HOST_FILE: hostFile,
    CDK_DISABLE_VERSION_CHECK: '1',
  };
  const options = { env, extendEnv: false, cwd: directory };
  const executable = join(import.meta.dirname, '../../scripts/vendhost.ts');
  const words = ['host', 'provision', '--tenant', place.tenant, '--environment', place.environment, '--image', image];
  const ours = { name: 'vendhost host provision', file: process.execPath, args: [executable, ...words], options };
  const whole = { ...ours, name: 'the same with --full', args: [...ours.args, '--full'] };
  await execa(ours.file, ours.args, options);
  const app = `${process.execPath} ${join(import.meta.dirname, 'host-app.ts')}`;
  // Without what the CLI would add to the templates.
  const plain = ['--no-version-reporting', '--no-path-metadata', '--no-asset-metadata', '--no-notices'];
  const deploy = ['deploy', '--all', '--app', app, '--require-approval', 'never', ...plain];
  const theirs = { name: 'cdk deploy', file: 'cdk', args: deploy, options };

  console.log(`cdk ${version}, node ${process.version}, ${pairs} pairs; nothing changed`);
  const before = await stacks();
  const time = await compare(ours, theirs, pairs);
  const wholeTime = await compare(whole, theirs, pairs);
  if (!isDeepStrictEqual(await stacks(), before))
    throw new Error('a stack was updated: nothing unchanged was measured');
  const peaks = { ours: await peakOf(ours), whole: await peakOf(whole), theirs: await peakOf(theirs) };
  console.log(line('', 'seconds', 'MiB', 'ratio of times'));
  console.log(line(ours.name, time.ours.toFixed(2), peaks.ours.toFixed(0), time.ratio.toFixed(2)));
  console.log(line(whole.name, wholeTime.ours.toFixed(2), peaks.whole.toFixed(0), wholeTime.ratio.toFixed(2)));
  console.log(line(theirs.name, time.theirs.toFixed(2), peaks.theirs.toFixed(0), '1'));
  console.log(`${ours.name}: at most ${limits.seconds} s and ${limits.mebibytes} MiB`);
  process.exitCode = time.ours <= limits.seconds && peaks.ours <= limits.mebibytes ? 0 : 1;

  function stacks() {
    const layers = ['data', 'host'] as const;
    return Promise.all(layers.map((layer) => readStack(platform.aws, names.tenantStack(place, layer))));
  }

  async function propsOf(): Promise<VirtualHostProps> {
    const { aws } = platform;
    const [facts, record, config] = await Promise.all([
      readPlatformFacts(aws, place.environment),
      readTenantRecord(aws, place),
      readVendhostConfig(directory),
    ]);
    const targetGroup = (await readTargetGroup(aws, place, record)).arn;
    return { place, account, region: aws.region, facts, record, targetGroup, config, keepsDatabase: true };
  }
} finally {
  await cloud.stop();
  await rm(directory, { recursive: true });
}

/** Median of the peak memory of the largest process of three runs, in MiB. */
async function peakOf({ file, args, options }: Program): Promise<number> {
  const peaks: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const peakFile = join(directory, `peak-${run}`);
    const env = {
      ...options?.env,
      BENCH_PEAK_FILE: peakFile,
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'peak.ts')}`,
    };
    await execa(file, args, { ...options, env, stdout: 'ignore' });
    const processes = (await readFile(peakFile, 'utf8')).trim().split('\n').map(Number);
    await rm(peakFile);
    peaks.push(Math.max(...processes) / 1024);
  }
  return median(peaks);
}

function line(name: string, ...figures: string[]): string {
  return [name.padEnd(24), ...figures.map((figure) => figure.padStart(8))].join('  ');
}
