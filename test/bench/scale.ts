import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { atMost } from '../../scripts/aws/at-most.ts';
import { environments } from '../../scripts/config/environment.ts';
import { type CloudAccount, cloudAccount } from '../builders/account.ts';
import { makePlatform } from '../builders/platform.ts';
import { platformRepository } from '../builders/platform-repository.ts';
import { balancerOf, fillGroups, fillRegister, nameOf, tenantFile } from '../builders/register.ts';
import { startLocalCloud } from '../local-cloud/start.ts';
import { type Budgeted, overBudget, type Size, sizeOf } from './budgets.ts';
import { countCalls } from './count-calls.ts';

/**
 * `npm run bench:scale`: a register of 1,000 tenants (`BENCH_TENANTS`) in three environments, as data, and load balancers that are full: how
 * many calls the commands of a platform make, which must fit the budgets of docs/scale.md, and how long they take here. Only the commands
 * that begin with a word that is given: `npm run bench:scale -- 'drift check'`.
 */
const tenants = Number(process.env.BENCH_TENANTS ?? 1000);
const balancers = balancerOf(tenants - 1) + 1;
const account = '660000000017';
/** Their three environments are in one account, whose stacks are listed together. */
const size: Size = { ...sizeOf(tenants), stacks: environments.length * sizeOf(tenants).stacks };
const dev = ['--environment', 'dev'];
/** With the budget that each keeps to, and how many environments it is for. */
const commands: readonly [Budgeted, readonly string[], number?][] = [
  ['tenant plan', ['tenant', 'plan', ...dev]],
  ['tenant plan', ['tenant', 'plan', '--all'], environments.length],
  ['platform status', ['platform', 'status', ...dev]],
  ['platform status', ['platform', 'status', '--all'], environments.length],
  ['tenant vend --dry-run', ['tenant', 'vend', nameOf(tenants - 1), ...dev, '--dry-run']],
  ['drift check --check ownership', ['drift', 'check', ...dev, '--check', 'ownership']],
  ['drift check', ['drift', 'check', ...dev]],
];

const cloud = await startLocalCloud();
const { directory, writePlatform, writeTenant } = await platformRepository(account, { production: account });
try {
  await writePlatform(Object.fromEntries(environments.map((each) => [each, { load_balancers: balancers }])));
  await atMost(8, [...Array(tenants).keys()], (index) => writeTenant(nameOf(index), tenantFile(index, environments)));
  const person = cloudAccount(account, cloud);
  const startedAt = performance.now();
  for (const environment of environments) {
    const platform = await makePlatform(person, { environment, balancers });
    await fillRegister(platform, directory, 0, tenants);
    if (environment === 'dev') await fillGroups(platform, tenants);
  }
  console.log(`${tenants} tenants in ${environments.length} environments, ${balancers} load balancers each`);
  console.log(`filled in ${secondsSince(startedAt)} s; the times are of commands whose calls are counted on their way`);
  const wanted = process.argv.slice(2);
  const results: boolean[] = [];
  for (const [command, words, times] of commands) {
    const isWanted = wanted.length === 0 || wanted.some((each) => words.join(' ').startsWith(each));
    if (isWanted) results.push(await measure(person, command, words, times));
  }
  process.exitCode = results.every(Boolean) ? 0 : 1;
} finally {
  await cloud.stop();
  await rm(directory, { recursive: true });
}

/** Runs a command, prints its calls and time, and says whether they fit the budget of so many environments. */
async function measure(
  { env }: CloudAccount,
  command: Budgeted,
  words: readonly string[],
  times = 1,
): Promise<boolean> {
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
  const { exitCode, stderr } = await execa(process.execPath, [executable, ...words], options);
  console.log(`\n${words.join(' ')}: ${secondsSince(startedAt)} s, exit code ${exitCode}`);
  close();
  // 2: the platform's own stacks are not there, and nothing is behind those of the tenants.
  if (exitCode !== 0 && exitCode !== 2) throw new Error(stderr);
  const all = counts();
  for (const [kind, count] of Object.entries(all)) console.log(`  ${kind.padEnd(34)} ${String(count).padStart(6)}`);
  const each = Object.fromEntries(Object.entries(all).map(([kind, count]) => [kind, Math.ceil(count / times)]));
  const over = overBudget(command, size, each);
  if (over.length > 0) console.log(`  over the budget: ${over.join('; ')}`);
  return over.length === 0;
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
