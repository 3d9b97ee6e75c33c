import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import type { GitlabApi } from '../../scripts/gitlab/api.ts';
import type { EndedPipeline, Watch } from './stage.ts';

/** A project on GitLab, as far as the kit needs it. */
export interface KitProject {
  readonly api: GitlabApi;
  /** Path. */
  readonly project: string;
  /** Between two looks, in milliseconds. */
  readonly paceMs: number;
}

/** Statuses that do not change any more; a pipeline that waits for a person is one (https://docs.gitlab.com/api/pipelines/). */
const ended = new Set(['success', 'failed', 'canceled', 'skipped', 'manual']);

/** Says that the project is the kit's: it pushes with force. */
const kitsTag = 'refs/tags/vendhost-acceptance';

/** Why the kit may not push to a project, from its references: it must be empty, or the kit's. */
export function notOurs(references: readonly string[]): string | undefined {
  const isOurs = references.length === 0 || references.includes(kitsTag);
  return isOurs ? undefined : `it has ${references.join(', ')}, and not ${kitsTag}: give a project that is empty`;
}

/** The branches and tags of the project. */
export async function readReferences(options: PushOptions): Promise<string[]> {
  const { stdout } = await gitWithToken(['ls-remote', '--heads', '--tags', remoteOf(options)], options);
  return stdout.split('\n').flatMap((line) => line.split('\t')[1] ?? []);
}

/**
 * Pushes `HEAD` of a repository to a branch, without a pipeline: the kit starts that itself, and so knows its number
 * (https://docs.gitlab.com/topics/git/commit/#push-options).
 */
export async function pushBranch(repository: string, branch: string, options: PushOptions): Promise<void> {
  const references = [`HEAD:refs/heads/${branch}`, `HEAD:${kitsTag}`];
  const words = ['push', '--quiet', '--force', '--push-option=ci.skip', remoteOf(options), ...references];
  await gitWithToken(words, options, repository);
}

const remoteOf = ({ gitlab, project }: PushOptions) => `${gitlab}/${project}.git`;

/** The token is not among the words of a process. */
async function gitWithToken(words: readonly string[], { token, signal }: PushOptions, cwd = '/') {
  const helper = '!f() { echo username=oauth2; echo "password=$VENDHOST_GITLAB_TOKEN"; }; f';
  const credentials = ['-c', 'credential.helper=', '-c', `credential.helper=${helper}`];
  return await execa('git', [...credentials, ...words], {
    ...{ cwd, timeout: 300_000, cancelSignal: signal },
    env: { VENDHOST_GITLAB_TOKEN: token, GIT_TERMINAL_PROMPT: '0' },
  });
}

export interface PushOptions {
  readonly gitlab: string;
  readonly project: string;
  readonly token: string;
  readonly signal: AbortSignal;
}

/** Starts the pipeline of a branch through the API, and follows it to its end. Cancels it on a signal. */
export async function runBranch(
  kit: KitProject,
  branch: string,
  { watch, limitMs }: { watch: Watch; limitMs: number },
): Promise<EndedPipeline> {
  const { api, project } = kit;
  const { id, web_url } = await api.call(`start a pipeline for ${branch} of ${project}`, (client) =>
    client.Pipelines.create(project, branch),
  );
  watch.onLine({ job: 'pipeline', text: String(web_url) });
  const deadline = Date.now() + limitMs;
  const seen = new Map<number, string>();
  for (;;) {
    const status = await look(kit, id, watch, seen);
    if (ended.has(status)) return { status, jobs: await jobsOf(kit, id) };
    const isLate = Date.now() > deadline;
    if (isLate || watch.signal.aborted) {
      await cancelPipeline(kit, id);
      watch.signal.throwIfAborted();
      throw new Error(`waited ${limitMs / 60_000} min for the pipeline ${web_url}, which is ${status}`);
    }
    await wait(kit.paceMs, undefined, { signal: watch.signal }).catch(() => undefined);
  }
}

/** Cancels what still goes on in the project; returns how many pipelines that were. */
export async function cancelPipelines(kit: KitProject): Promise<number> {
  const { api, project } = kit;
  const all = await api.call(`read the pipelines of ${project}`, (client) => client.Pipelines.all(project));
  const running = all.filter(({ status }) => !ended.has(status));
  for (const { id } of running) await cancelPipeline(kit, id);
  return running.length;
}

/** Cancels one, and waits until its jobs have cleaned up behind themselves. */
async function cancelPipeline(kit: KitProject, id: number): Promise<void> {
  const { api, project, paceMs } = kit;
  await api.call(`cancel the pipeline ${id} of ${project}`, (client) => client.Pipelines.cancel(project, id));
  const deadline = Date.now() + 15 * 60_000;
  while (Date.now() < deadline) {
    const { status } = await api.call(`read the pipeline ${id}`, (client) => client.Pipelines.show(project, id));
    if (ended.has(status)) return;
    await wait(paceMs);
  }
  throw new Error(`waited 15 min for the cancelled pipeline ${id} of ${project} to end`);
}

/** Shows each job that started or ended since the last look; returns the pipeline's status. */
async function look(kit: KitProject, id: number, watch: Watch, seen: Map<number, string>): Promise<string> {
  const { api, project } = kit;
  const { status } = await api.call(`read the pipeline ${id}`, (client) => client.Pipelines.show(project, id));
  const jobs = await api.call(`read the jobs of the pipeline ${id}`, (client) =>
    client.Jobs.all(project, { pipelineId: id }),
  );
  for (const job of jobs) {
    if (seen.get(job.id) === job.status) continue;
    seen.set(job.id, job.status);
    if (job.status === 'running') watch.onJob({ job: job.name, status: 'running', durationMs: 0 });
    if (!ended.has(job.status) || job.status === 'manual') continue;
    for (const text of logLines(await logOf(kit, job.id))) watch.onLine({ job: job.name, text });
    watch.onJob({ job: job.name, status: job.status, durationMs: Number(job.duration ?? 0) * 1000 });
  }
  return status;
}

async function jobsOf(kit: KitProject, id: number): Promise<EndedPipeline['jobs']> {
  const { api, project } = kit;
  const jobs = await api.call(`read the jobs of the pipeline ${id}`, (client) =>
    client.Jobs.all(project, { pipelineId: id }),
  );
  return await Promise.all(
    jobs.map(async (job) => ({ name: job.name, status: job.status, log: await logOf(kit, job.id) })),
  );
}

async function logOf({ api, project }: KitProject, job: number): Promise<string> {
  return await api.call(`read the log of job ${job}`, (client) => client.Jobs.showLog(project, job));
}

/** Lines of a job's log without what steers GitLab's page (https://docs.gitlab.com/ci/jobs/job_logs/). */
function logLines(log: string): string[] {
  const esc = String.fromCharCode(27);
  const steering = new RegExp(`section_(start|end):\\d+:[^\\r]*\\r(${esc}\\[0K)?|${esc}\\[[0-9;]*[A-Za-z]|\\r`, 'g');
  return log.replaceAll(steering, '').split('\n').filter(Boolean);
}
