import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudAccount } from '../builders/account.ts';
import { Deployments } from '../builders/deployments.ts';
import { makePlatform } from '../builders/platform.ts';
import { soundTenant, writeTree } from '../builders/repository.ts';
import { recordTenant } from '../builders/tenant.ts';
import { startLocalCloud } from '../local-cloud/start.ts';
import { awsVersion } from './aws.ts';
import { compare, type Program } from './paired.ts';

/** `node test/bench/package.ts`: `vendhost revision push` beside `aws deploy push`, both to the local cloud. */
const fileCount = 5000;
const fileBytes = 15_200;
const pairs = 3;
const account = '660000000001';
const place = { tenant: 'shop', environment: 'dev' };

const version = await awsVersion();
const directory = await mkdtemp(join(tmpdir(), 'vendhost-bench-'));
const cloud = await startLocalCloud();
try {
  await makeTree(directory);
  const platform = await makePlatform(cloudAccount(account, cloud));
  await recordTenant(platform, place.tenant);
  await new Deployments(cloud.endpoint, account, 'bench').prepare();
  const env = { ...cloud.env(account), PATH: process.env.PATH };
  const options = { env, extendEnv: false };
  const executable = join(import.meta.dirname, '../../scripts/vendhost.ts');
  const push = ['revision', 'push', '--tenant', place.tenant, '--environment', place.environment];
  const ours = {
    name: 'vendhost revision push',
    file: process.execPath,
    args: [executable, ...push, '--directory', directory],
    options,
  };
  const software = join(directory, 'software');
  const key = `s3://${platform.bucket}/bench.zip`;
  const awsPush = ['deploy', 'push', '--application-name', 'bench', '--source', software, '--s3-location', key];
  const theirs = { name: 'aws deploy push', file: 'aws', args: awsPush, options };
  console.log(
    `${version}, node ${process.version}, ${fileCount} files, ${(fileCount * fileBytes) / 1e6} MB, ${pairs} pairs`,
  );
  const change = () => writeFile(join(software, 'changed.txt'), randomBytes(16));
  await measure('one file changed', { ...ours, prepare: change }, { ...theirs, prepare: change });
  await measure('nothing changed', ours, theirs);
} finally {
  await cloud.stop();
  await rm(directory, { recursive: true });
}

async function measure(what: string, ours: Program, theirs: Program): Promise<void> {
  const { ours: own, theirs: other, ratio } = await compare(ours, theirs, pairs);
  console.log(
    `${what}: ${ours.name} ${own.toFixed(2)} s, ${theirs.name} ${other.toFixed(2)} s, ratio ${ratio.toFixed(2)}`,
  );
}

/** Text of random words, like source code to a compressor. */
async function makeTree(root: string): Promise<void> {
  await writeTree(root, soundTenant);
  const words = Array.from({ length: 2000 }, () => randomBytes(2 + Math.floor(Math.random() * 4)).toString('hex'));
  const word = () => words[Math.floor(Math.random() ** 2 * words.length)] ?? '';
  for (let index = 0; index < fileCount; index += 1) {
    const folder = join(root, 'software', `folder-${index % 50}`);
    await mkdir(folder, { recursive: true });
    const text = Array.from({ length: fileBytes / 5 }, word)
      .join(' ')
      .slice(0, fileBytes);
    await writeFile(join(folder, `file-${index}`), text);
  }
}
