import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { atMost } from '../../scripts/aws/at-most.ts';
import { environments } from '../../scripts/config/environment.ts';
import { type CloudAccount, cloudAccount } from '../builders/account.ts';
import { makePlatform } from '../builders/platform.ts';
import { platformRepository } from '../builders/platform-repository.ts';
import { balancerOf, fillRegister, nameOf, tenantFile } from '../builders/register.ts';
import { startLocalCloud } from '../local-cloud/start.ts';
import { countCalls } from './count-calls.ts';

const tenants = Number(process.env.BENCH_TENANTS ?? 1000);
const balancers = balancerOf(tenants - 1) + 1;
const account = '186000000009';

const cloud = await startLocalCloud();
const { directory, writePlatform, writeTenant } = await platformRepository(account, { production: account });
try {
  await writePlatform(Object.fromEntries(environments.map((each) => [each, { load_balancers: balancers }])));
  const person = cloudAccount(account, cloud);
  await atMost(8, [...Array(tenants).keys()], (index) => writeTenant(nameOf(index), tenantFile(index, environments)));
  for (const environment of environments) {
    const t0 = performance.now();
    const platform = await makePlatform(person, { environment, balancers });
    await fillRegister(platform, directory, 0, tenants);
    console.log(`${environment} ${((performance.now() - t0) / 1000).toFixed(1)} s`);
  }
  for (const words of [
    ['tenant', 'plan', '--environment', 'dev'],
    ['platform', 'status', '--environment', 'dev'],
    ['tenant', 'vend', 'tenant-0', '--environment', 'dev', '--dry-run'],
    ['drift', 'check', '--environment', 'dev', '--check', 'ownership'],
    ['drift', 'check', '--environment', 'dev', '--check', 'hosts'],
    ['drift', 'check', '--environment', 'dev'],
    ['platform', 'fleet', '--environment', 'dev'],
  ])
    await measure(person, words);
} finally {
  await cloud.stop();
  await rm(directory, { recursive: true });
}

async function measure({ env }: CloudAccount, words: readonly string[]) {
  const { address, counts, close } = await countCalls(cloud.endpoint);
  const executable = join(import.meta.dirname, '../../scripts/vendhost.ts');
  const options = {
    env: { ...env, AWS_ENDPOINT_URL: address, PATH: process.env.PATH, HOME: directory },
    extendEnv: false,
    cwd: directory,
    reject: false,
    maxBuffer: 1_000_000_000,
  };
  const startedAt = performance.now();
  const { exitCode, stderr, stdout } = await execa(process.execPath, [executable, ...words], options);
  const seconds = (performance.now() - startedAt) / 1000;
  close();
  console.log(
    `\n${words.join(' ')}: ${seconds.toFixed(1)} s, exit code ${exitCode}`,
    stderr.slice(0, 500),
    stdout.slice(0, 600),
  );
  console.log(counts());
}
