import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { buildSnapshot } from '../../docker/snapshot/build.ts';
import { cloudAccount } from '../builders/account.ts';
import { Deployments } from '../builders/deployments.ts';
import { makePlatform } from '../builders/platform.ts';
import { soundTenant, writeTree } from '../builders/repository.ts';
import { recordTenant } from '../builders/tenant.ts';
import { startLocalCloud } from '../local-cloud/start.ts';
import { awsVersion } from './aws.ts';
import { compare, type Program } from './paired.ts';

/** `npm run bench:push`: `vendhost revision push`, as the runner image starts it, beside `aws deploy push`, both to the local cloud. */
const trees = [
  { fileCount: 200, fileBytes: 7_500 },
  { fileCount: 5000, fileBytes: 15_200 },
] as const;
const pairs = 5;
const account = '660000000001';
const place = { tenant: 'shop', environment: 'dev' };

type Shape = (typeof trees)[number];

const version = await awsVersion();
const snapshot = join(await mkdtemp(join(tmpdir(), 'vendhost-bench-')), 'push.blob');
await buildSnapshot(snapshot);
const cloud = await startLocalCloud();
try {
  const platform = await makePlatform(cloudAccount(account, cloud));
  await recordTenant(platform, place.tenant);
  await new Deployments(cloud.endpoint, account, 'bench').prepare();
  console.log(`${version}, node ${process.version}, ${pairs} pairs`);
  console.log('| tree | push | vendhost | aws | ratio | memory of vendhost |\n|---|---|---|---|---|---|');
  for (const shape of trees) await benchTree(shape, platform.bucket);
} finally {
  await cloud.stop();
}

async function benchTree(shape: Shape, bucket: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-bench-'));
  try {
    await makeTree(directory, shape);
    const software = join(directory, 'software');
    const options = { env: { ...cloud.env(account), PATH: process.env.PATH }, extendEnv: false };
    const executable = join(import.meta.dirname, '../../bin/vendhost.js');
    const ours: Program = {
      name: 'vendhost revision push',
      file: process.execPath,
      args: [
        ...['--max-semi-space-size=2', '--snapshot-blob', snapshot, executable],
        ...['revision', 'push', '--tenant', place.tenant, '--environment', place.environment, '--directory', directory],
      ],
      options: { ...options, env: { ...options.env, MALLOC_ARENA_MAX: '1' } },
    };
    const key = `s3://${bucket}/bench.zip`;
    const awsPush = ['deploy', 'push', '--application-name', 'bench', '--source', software, '--s3-location', key];
    const theirs: Program = { name: 'aws deploy push', file: 'aws', args: awsPush, options };
    const change = () => writeFile(join(software, 'changed.txt'), randomBytes(16));
    const size = `${shape.fileCount} files, ${(shape.fileCount * shape.fileBytes) / 1e6} MB`;
    for (const [what, prepare] of [
      ['fresh', change],
      ['unchanged', undefined],
    ] as const) {
      const add = prepare === undefined ? {} : { prepare };
      const { ours: own, theirs: other, ratio } = await compare({ ...ours, ...add }, { ...theirs, ...add }, pairs);
      await prepare?.();
      const peak = await peakMemory(ours);
      console.log(
        `| ${size} | ${what} | ${own.toFixed(2)} s | ${other.toFixed(2)} s | ${ratio.toFixed(2)} | ${Math.round(peak / 1024)} MiB |`,
      );
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** In KiB. */
async function peakMemory({ file, args, options }: Program): Promise<number> {
  const { stdout } = await execa('python3', [join(import.meta.dirname, 'peak-memory.py'), file, ...args], options);
  return Number(stdout);
}

/** Text of random words, like source code to a compressor. */
async function makeTree(root: string, { fileCount, fileBytes }: Shape): Promise<void> {
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
