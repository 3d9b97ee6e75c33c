import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { cloudAccount } from '../builders/account.ts';
import { makeImage } from '../builders/image.ts';
import { makePlatform } from '../builders/platform.ts';
import { admitTenant } from '../builders/tenant.ts';
import { startLocalCloud } from '../local-cloud/start.ts';
import { awsVersion } from './aws.ts';
import { compare } from './paired.ts';

/** `npm run bench:status`: `vendhost host status` of one tenant beside a single call of the AWS CLI. */
const limitSeconds = 1.5;
const pairs = 5;
const account = '660000000003';
const place = ['--tenant', 'shop', '--environment', 'dev'];

const version = await awsVersion();
const directory = await mkdtemp(join(tmpdir(), 'vendhost-bench-'));
const cloud = await startLocalCloud();
try {
  await writeFile(join(directory, 'vendhost.yml'), 'instances: { min: 1, max: 2 }\n');
  const platform = await makePlatform(cloudAccount(account, cloud), { network: true, balancers: 1 });
  await admitTenant(platform, 'shop');
  const image = await makeImage(platform, 'shop');
  const env = { ...cloud.env(account), PATH: process.env.PATH, HOME: directory };
  // Exit code 2: nothing was released yet, and the image is of no base image.
  const options = { env, extendEnv: false, cwd: directory, reject: false };
  const executable = join(import.meta.dirname, '../../scripts/vendhost.ts');
  await execa(process.execPath, [executable, 'host', 'provision', ...place, '--image', image], {
    ...options,
    reject: true,
  });
  const ours = {
    name: 'vendhost host status',
    file: process.execPath,
    args: [executable, 'host', 'status', ...place],
    options,
  };
  const { stdout } = await execa(ours.file, [...ours.args, '--json'], options);
  const lost = Object.entries(JSON.parse(stdout)).filter(([, part]) => Object.hasOwn(Object(part), 'unknown'));
  if (lost.length > 0) throw new Error(`not all parts were read: ${JSON.stringify(lost)}`);
  const theirs = {
    name: 'aws cloudformation describe-stacks',
    file: 'aws',
    args: ['cloudformation', 'describe-stacks'],
  };
  const time = await compare(ours, { ...theirs, options }, pairs);
  console.log(`${version}, node ${process.version}, ${pairs} pairs`);
  console.log(`${ours.name}: ${time.ours.toFixed(2)} s, at most ${limitSeconds}`);
  console.log(`${theirs.name}, one call: ${time.theirs.toFixed(2)} s`);
  console.log(`ratio: ${time.ratio.toFixed(2)}`);
  process.exitCode = time.ours <= limitSeconds ? 0 : 1;
} finally {
  await cloud.stop();
  await rm(directory, { recursive: true });
}
