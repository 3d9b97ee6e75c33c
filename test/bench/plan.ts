import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { provisionHost } from '../../scripts/host/provision.ts';
import { cloudAccount } from '../builders/account.ts';
import { bakeWithoutPacker } from '../builders/baked-tenant.ts';
import { makePlatform } from '../builders/platform.ts';
import { soundTenant, writeTree } from '../builders/repository.ts';
import { admitTenant } from '../builders/tenant.ts';
import { startLocalCloud } from '../local-cloud/start.ts';
import { compare } from './paired.ts';

/**
 * `npm run bench:plan`: `vendhost mr plan` of an unchanged tenant, at most two seconds; and of a changed one, beside a `host provision
 * --dry-run` of the same change, which synthesizes once: at most one and a half times as long.
 */
const limits = { seconds: 2, ratio: 1.5 };
const pairs = 7;
const account = '660000000003';
const place = { tenant: 'shop', environment: 'dev' } as const;
const yml = 'instances: { min: 0, max: 1 }\n';

const unchanged = await mkdtemp(join(tmpdir(), 'vendhost-bench-'));
const changed = await mkdtemp(join(tmpdir(), 'vendhost-bench-'));
const cloud = await startLocalCloud();
try {
  await writeTree(unchanged, { ...soundTenant, 'vendhost.yml': yml });
  await writeTree(changed, { ...soundTenant, 'vendhost.yml': yml.replace('max: 1', 'max: 2') });
  const platform = await makePlatform(cloudAccount(account, cloud), { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
  const image = await bakeWithoutPacker(platform, place.tenant, unchanged);
  await provisionHost(platform.runtime(), { ...place, directory: unchanged, image, dryRun: false });
  const env = { ...cloud.env(account), PATH: process.env.PATH, HOME: unchanged };
  const executable = join(import.meta.dirname, '../../scripts/vendhost.ts');
  const program = (name: string, directory: string, ...words: string[]) => ({
    name,
    file: process.execPath,
    args: [executable, ...words, '--tenant', place.tenant, '--environment', place.environment],
    // A dry run ends with 2 where something would change.
    options: { env, extendEnv: false, cwd: directory, reject: false },
  });
  const same = program('mr plan, unchanged', unchanged, 'mr', 'plan');
  const other = program('mr plan, changed', changed, 'mr', 'plan', '--page', 'plan.html');
  const synth = program('one synth', changed, 'host', 'provision', '--dry-run', '--image', image);
  for (const { file, args, options } of [same, other, synth]) await execa(file, args, options);

  console.log(`node ${process.version}, ${pairs} pairs`);
  const still = await compare(same, synth, pairs);
  const moved = await compare(other, synth, pairs);
  console.log(
    `${same.name}: ${still.ours.toFixed(2)} s, ${still.ratio.toFixed(2)} × ${synth.name}, at most ${limits.seconds} s`,
  );
  console.log(
    `${other.name}: ${moved.ours.toFixed(2)} s, ${moved.ratio.toFixed(2)} × ${synth.name}, at most ${limits.ratio}`,
  );
  process.exitCode = still.ours <= limits.seconds && moved.ratio <= limits.ratio ? 0 : 1;
} finally {
  await cloud.stop();
  await Promise.all([unchanged, changed].map((directory) => rm(directory, { recursive: true })));
}
