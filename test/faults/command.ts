import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Meddler, openWire, type WireCall } from '../scripts/wire.ts';
import { type Census, compare, countAll, type Difference, isSame } from './census.ts';
import { type Job, startJob } from './job.ts';
import { readAccount } from './read-account.ts';
import type { Prepared, World } from './world.ts';
import { isWrite } from './writes.ts';

const limitMs = 900_000;
/** What was asked to go may be going still. */
const settleMs = 30_000;

/** Acts at a call of the command, whose job it gets. */
export type JobMeddler = (job: Job) => Meddler;

export interface Ran {
  /** Exit code, or what ended the command. */
  readonly end: number | string;
  readonly seconds: number;
  /** Code of the error it ended with; `bug` when it says that it is one. */
  readonly error: string | undefined;
}

/** Runs the command with somebody between it and the cloud, and GitLab. `number` is that of the job: a second try is another job. */
export async function runCommand(world: World, prepared: Prepared, number: number, meddle: JobMeddler): Promise<Ran> {
  const { account, cloud, directory, temporary } = world;
  const { words, cwd = directory, env = {}, gitlab, between = (_, next) => next() } = prepared;
  const ready = Promise.withResolvers<Job>();
  const meddler: Meddler = async (call, next) => {
    const act = meddle(await ready.promise);
    return await between(call, (body) => act(call, () => next(body)));
  };
  const aws = await openWire(cloud.endpoint, meddler);
  const api = gitlab === undefined ? undefined : await openWire(gitlab.address, meddler);
  const log = join(directory, `${number}.log`);
  const start = performance.now();
  try {
    const job = await startJob({
      words,
      cwd,
      env: {
        HOME: directory,
        ...account.env,
        AWS_ENDPOINT_URL: aws.address,
        TMPDIR: temporary,
        CI_JOB_URL: `https://gitlab.example.test/acme/shop/-/jobs/${number}`,
        ...(api === undefined ? {} : { CI_API_V4_URL: `${api.address}/api/v4` }),
        ...env,
      },
      log,
      limitMs,
    });
    ready.resolve(job);
    const end = await job.ended;
    return { end, seconds: (performance.now() - start) / 1000, error: errorIn(await readFile(log, 'utf8')) };
  } finally {
    aws.close();
    api?.close();
  }
}

function errorIn(log: string): string | undefined {
  return /this is a bug in vendhost/i.test(log) ? 'bug' : /^error\[(\w+)\]/m.exec(log)?.[1];
}

/** Sees every writing call. */
export function watching(see: (call: WireCall) => void): JobMeddler {
  return () => async (call, next) => {
    if (isWrite(call)) see(call);
    return await next();
  };
}

export async function readWorld({ account, temporary }: World, { things }: Prepared): Promise<Census> {
  const others = await things?.();
  const [made, files] = await Promise.all([readAccount(account.aws), readdir(temporary)]);
  const kept = files.filter((name) => name !== 'node-compile-cache');
  return countAll([...made, ...(others ?? []), ...kept.map((name) => `temporary ${name.replace(/-[^-]*$/, '')}`)]);
}

/** How the world differs in the end from this census; what is being removed gets its time. */
export async function differenceTo(undisturbed: Census, world: World, prepared: Prepared): Promise<Difference> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    const difference = compare(undisturbed, await readWorld(world, prepared), prepared.repeats);
    if (isSame(difference) || performance.now() > deadline) return difference;
    await wait(500);
  }
}
