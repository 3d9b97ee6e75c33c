import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { cloudAccount } from '../builders/account.ts';
import { platformRepository } from '../builders/platform-repository.ts';
import { Stacks } from '../builders/stacks.ts';
import { clientConfig } from '../local-cloud/clients.ts';
import { startLocalCloud } from '../local-cloud/start.ts';
import { toolVersion } from './aws.ts';
import { median } from './paired.ts';

/** `npm run bench:drift`: `vendhost drift check` of 1, 10 and 50 stacks, five seconds each, beside `cdk drift` of the same. */
const detectionSeconds = 5;
/** Near the longest detection, and never more than twice. */
const limitSeconds = 2 * detectionSeconds;
const runs = 3;
const sizes = [1, 10, 50];

const version = await toolVersion('cdk', 'npm install --global aws-cdk');
const cloud = await startLocalCloud();
try {
  console.log(
    `cdk ${version}, node ${process.version}; the middle of ${runs} runs, one of cdk; each detection takes ${detectionSeconds} s`,
  );
  console.log(line('stacks', 'vendhost', 'cdk drift', 'ratio'));
  const measured: number[] = [];
  for (const [index, size] of sizes.entries()) {
    const { own, theirs } = await measure(`66000000001${index}`, size);
    measured.push(own);
    console.log(line(String(size), own.toFixed(1), theirs.toFixed(1), (own / theirs).toFixed(2)));
  }
  console.log(`vendhost drift check: at most ${limitSeconds} s`);
  process.exitCode = Math.max(...measured) <= limitSeconds ? 0 : 1;
} finally {
  await cloud.stop();
}

async function measure(account: string, size: number): Promise<{ own: number; theirs: number }> {
  const repository = await platformRepository(account);
  try {
    const stacks = new Stacks(clientConfig(cloud.endpoint, account));
    for (let number = 1; number <= size; number += 1) await deploy(stacks, number);
    const { env } = cloudAccount(account, cloud);
    const options = {
      env: {
        ...env,
        PATH: process.env.PATH,
        HOME: repository.directory,
        CDK_DISABLE_VERSION_CHECK: '1',
        BENCH_STACKS: String(size),
      },
      extendEnv: false,
      cwd: repository.directory,
    };
    const executable = join(import.meta.dirname, '../../scripts/vendhost.ts');
    // The platform's own stacks are not there, which is found at once: the exit code is 2.
    const words = [executable, 'drift', 'check', '--environment', 'dev'];
    const own: number[] = [];
    for (let run = 0; run < runs; run += 1) own.push(await seconds(process.execPath, words, options, [2]));
    const app = `${process.execPath} ${join(import.meta.dirname, 'drift-app.ts')}`;
    const theirs = await seconds('cdk', ['drift', '--all', '--app', app, '--no-notices', '--ci'], options, [0]);
    return { own: median(own), theirs };
  } finally {
    await rm(repository.directory, { recursive: true });
  }
}

async function deploy(stacks: Stacks, number: number): Promise<void> {
  const Properties = { Name: `/bench/${number}`, Type: 'String', Value: 'as deployed' };
  const tags = {
    'vendhost:environment': 'dev',
    'vendhost:layer': 'bench',
    'local-cloud:drift-seconds': String(detectionSeconds),
  };
  const { status } = await stacks.create(`bench-${number}`, {
    resources: { Fact: { Type: 'AWS::SSM::Parameter', Properties } },
    tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  });
  if (status !== 'CREATE_COMPLETE') throw new Error(`bench-${number} is ${status}`);
}

async function seconds(file: string, args: string[], options: Options, expected: number[]): Promise<number> {
  const start = performance.now();
  const { exitCode, stderr } = await execa(file, args, { ...options, stdout: 'ignore', reject: false });
  if (!expected.includes(exitCode ?? -1))
    throw new Error(`${file} ${args.join(' ')} ended with ${exitCode}: ${stderr}`);
  return (performance.now() - start) / 1000;
}

function line(name: string, ...figures: string[]): string {
  return [name.padEnd(8), ...figures.map((figure) => figure.padStart(10))].join('  ');
}
