import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type AutoCancel,
  baseName,
  expiredNeeds,
  hasManualJobs,
  type JobConfig,
  type PipelineConfig,
  readAutoCancel,
  readPipelineConfig,
  unsupported,
} from './config.ts';
import { rememberPush } from './event.ts';
import { type Executor, endProcesses } from './executor.ts';
import { type HookAnswer, openJobHook, type StartingJob } from './hook.ts';
import { type JobReports, jobFolder, readJobReports } from './job-reports.ts';
import { deploymentOf, expand, idTokens } from './job-tokens.ts';
import { listJobsIn, runnerCommand } from './list.ts';
import { type LogLine, readRunnerLine } from './log.ts';
import type { GitlabProject, PeerPipeline } from './project.ts';
import type { TokenSettings } from './subject.ts';
import { timeoutMs, timeVariables } from './timeout.ts';
import type { IdTokenIssuer } from './tokens.ts';
import { prepareWorkspace, type Workspace, type WorkspaceOptions } from './workspace.ts';

export type JobStatus = 'success' | 'failed' | 'warning' | 'canceled' | 'skipped' | 'manual';

export interface JobResult {
  readonly name: string;
  /** `warning` is a failure that `allow_failure` allows; `skipped` waits for a job that failed. */
  readonly status: JobStatus;
  readonly exitCode: number | undefined;
  /** Milliseconds from the start of the job's shell to its end; 0 when it never started. */
  readonly durationMs: number;
  /** What the job printed to both streams. */
  readonly log: string;
  /** The reports it left, as GitLab reads them. */
  readonly reports: JobReports;
}

export interface PipelineResult {
  readonly status: 'success' | 'failed' | 'canceled';
  readonly pipelineId: string;
  readonly commit: string;
  readonly durationMs: number;
  /** By stage, as GitLab shows them. */
  readonly jobs: readonly JobResult[];
  /** The clone the pipeline ran in; `.gitlab-ci-local/builds/<job>` is what a job left. */
  readonly checkout: string;
}

export interface PipelineOptions extends WorkspaceOptions {
  /** Mints the ID tokens; needed as soon as a job has `id_tokens`. */
  issuer?: IdTokenIssuer;
  /** What the project's settings put into them; without it, what a new project has and a branch that is protected. */
  tokenSettings?: TokenSettings;
  /** Manual jobs that somebody starts. */
  manual?: readonly string[];
  /** Is waited for before the script of a job starts: what happens while a manual job waits for its person. */
  beforeJob?: (job: string) => Promise<unknown>;
  /** Gets each line of the jobs' logs as it is printed. */
  onLine?: (line: LogLine) => void;
  /** Gets each job as it starts and as it ends. */
  onJob?: (event: { job: string; status: 'running' | JobStatus; durationMs: number }) => void;
  /** How a canceled job ends. Default: the shell executor */
  executor?: Executor;
  /** The project, when its other pipelines matter: resource groups, outdated deployments, auto-cancel. */
  project?: GitlabProject;
  /** Cancels the pipeline: every running job is told to stop, no other starts. */
  signal?: AbortSignal;
}

export interface RunningPipeline {
  /** Ends the processes of a running job, as its executor does when somebody cancels the job. */
  cancel(job: string): Promise<void>;
  /** Resolves when the job's shell runs; rejects when the pipeline ends without it. */
  started(job: string): Promise<void>;
  readonly result: Promise<PipelineResult>;
}

/** A pipeline of the local GitLab. */
export interface LocalPipeline extends RunningPipeline {
  /**
   * Runs a job again when the pipeline has ended, as the buttons "Retry" of a job and "Rollback" of an environment do: for the same commit, with
   * the reports of the jobs it needs. `expired`: so late that all artifacts are gone that may go.
   */
  retry(job: string, options?: { expired?: boolean }): Promise<PipelineResult>;
}

interface RunningJob {
  readonly name: string;
  readonly pid: number;
  readonly env: StartingJob['env'];
  readonly startedAt: number;
  log: string;
  canceled: boolean;
  /** Ends it when its time is over. */
  readonly timer: NodeJS.Timeout;
  timedOut: boolean;
  /** Gives back what the job holds in its project. */
  leave?: (succeeded: boolean) => void;
  end?: { status: JobStatus; exitCode: number; durationMs: number };
}

/** Runs the pipeline that GitLab would start for an event and returns what became of its jobs. */
export async function runPipeline(options: PipelineOptions): Promise<PipelineResult> {
  return await (await startPipeline(options)).result;
}

/** Starts a pipeline; see `runPipeline`. The files stay in `directory` until the caller removes them. */
export async function startPipeline(options: PipelineOptions): Promise<LocalPipeline> {
  const workspace = await prepareWorkspace(options);
  const run = new PipelineRun(workspace, options);
  if (options.event === 'push') await options.project?.begin(run);
  return {
    cancel: (job) => run.cancel(job),
    started: (job) => run.started(job),
    result: run.finish(),
    retry: (job, { expired = false } = {}) => new PipelineRun(workspace, options, { job, expired }).finish(),
  };
}

/** A job that runs again after its pipeline has ended. */
interface Retried {
  readonly job: string;
  readonly expired: boolean;
}

class PipelineRun implements PeerPipeline {
  readonly #workspace: Workspace;
  readonly #options: PipelineOptions;
  readonly #retried: Retried | undefined;
  readonly #jobs = new Map<string, RunningJob>();
  readonly #waiting: { job: string; resolve: () => void; reject: (error: Error) => void }[] = [];
  /** Jobs that must not start any more. */
  readonly #canceled: ((job: JobConfig) => boolean)[] = [];
  #config: PipelineConfig | undefined;
  #ended = false;

  constructor(workspace: Workspace, options: PipelineOptions, retried?: Retried) {
    this.#workspace = workspace;
    this.#retried = retried;
    this.#options = options;
  }

  get id(): string {
    return this.#workspace.pipelineId;
  }

  get branch(): string {
    return this.#workspace.event.branch;
  }

  get commit(): string {
    return this.#workspace.event.commit;
  }

  async autoCancel(): Promise<AutoCancel> {
    return await readAutoCancel(this.#workspace.checkout);
  }

  async startedJobs(): Promise<readonly JobConfig[]> {
    const config = await this.#readConfig();
    return [...this.#jobs.keys()].map((name) => config.get(baseName(name)) ?? {});
  }

  async cancelJobs(which: (job: JobConfig) => boolean): Promise<void> {
    this.#canceled.push(which);
    const config = await this.#readConfig();
    const running = [...this.#jobs.values()].filter(
      ({ name, end }) => end === undefined && which(config.get(baseName(name)) ?? {}),
    );
    await Promise.all(running.map(({ name }) => this.cancel(name)));
  }

  async finish(): Promise<PipelineResult> {
    const { directory, checkout, env, args, event, pipelineId } = this.#workspace;
    const startedAt = performance.now();
    const hook = await openJobHook(directory, (job) => this.#begin(job));
    const onAbort = () => void this.cancelJobs(() => true);
    this.#options.signal?.addEventListener('abort', onAbort);
    try {
      const manual = (this.#options.manual ?? []).map((job) => `--manual=${job}`);
      const [command, ...first] = runnerCommand();
      const jobs = this.#retried === undefined ? manual : [this.#retried.job];
      const child = spawn(command, [...first, ...args, ...jobs], {
        cwd: checkout,
        env: { ...env, ...hook.env },
        stdio: ['ignore', 'pipe', 'pipe'],
        // Ctrl-C would reach the runner too, which leaves its jobs behind; we cancel those, and it ends after them.
        detached: true,
      });
      const messages = await this.#read(child);
      const config = await this.#readConfig().catch(() => undefined);
      const faults = config ? unsupported(config) : [];
      if (config === undefined || faults.length > 0) throw new Error([...faults, ...messages].join('\n'));
      if (child.exitCode !== 0 && this.#jobs.size === 0) throw new Error(messages.join('\n'));
      if (this.#retried === undefined) await rememberPush(this.#options.tenantRepository, event);
      const started = await this.#results(config);
      const order = [...config.keys()];
      const place = ({ name }: JobResult) => order.indexOf(baseName(name));
      const left = this.#retried === undefined ? await this.#notStarted(config, started) : [];
      const all = [...started, ...left].sort((a, b) => place(a) - place(b));
      return {
        status: statusOf(all, this.#options.signal?.aborted === true || this.#canceled.length > 0),
        pipelineId,
        commit: event.commit,
        durationMs: performance.now() - startedAt,
        jobs: all,
        checkout,
      };
    } finally {
      this.#ended = true;
      this.#options.project?.end(this);
      this.#options.signal?.removeEventListener('abort', onAbort);
      for (const { job, reject } of this.#waiting) reject(new Error(`the pipeline ended without the job ${job}`));
      await hook.close();
    }
  }

  started(job: string): Promise<void> {
    if (this.#jobs.has(job)) return Promise.resolve();
    if (this.#ended) return Promise.reject(new Error(`the pipeline ended without the job ${job}`));
    return new Promise((resolve, reject) => this.#waiting.push({ job, resolve, reject }));
  }

  async cancel(name: string): Promise<void> {
    const job = this.#jobs.get(name);
    if (job === undefined || job.end !== undefined) throw new Error(`the job ${name} is not running`);
    job.canceled = true;
    await endProcesses(job.pid, this.#options.executor ?? { name: 'shell' });
  }

  /** A job's shell asks what the runner has for it. */
  async #begin({ name, pid, env }: StartingJob): Promise<HookAnswer> {
    const config = await this.#readConfig();
    const faults = unsupported(config);
    if (faults.length > 0) return { refusal: faults.join('\n') };
    const known = this.#jobs.get(name);
    const job = config.get(baseName(name)) ?? {};
    if (known === undefined) {
      const isCanceled = () => this.#options.signal?.aborted || this.#canceled.some((which) => which(job));
      if (isCanceled()) return { refusal: 'the pipeline was canceled' };
      const admitted = await this.#options.project?.admit(this, {
        resourceGroup: job.resource_group && expand(job.resource_group, env),
        deploysTo: deploymentOf(job, env),
        retried: this.#retried !== undefined,
      });
      if (isCanceled()) {
        admitted?.leave(false);
        return { refusal: 'the pipeline was canceled' };
      }
      const timer = setTimeout(() => this.#timeOut(started), timeoutMs(job));
      const started: RunningJob = {
        ...{ name, pid, env, startedAt: performance.now(), log: '', canceled: false, timer, timedOut: false },
      };
      this.#jobs.set(name, admitted === undefined ? started : { ...started, leave: admitted.leave });
      this.#options.onJob?.({ job: name, status: 'running', durationMs: 0 });
      for (const waiting of this.#waiting.filter(({ job }) => job === name)) waiting.resolve();
      if (admitted?.refusal !== undefined) return { refusal: admitted.refusal };
      const gone = this.#retried?.expired === true ? expiredNeeds(config, job) : [];
      if (gone.length > 0) return { refusal: `could not retrieve the needed artifacts of ${gone.join(', ')}` };
      await this.#options.beforeJob?.(name);
    } else if (known.canceled && this.#options.executor?.afterScript === false) {
      return { refusal: 'the runner is lost' };
    } else if (known.timedOut) {
      // https://docs.gitlab.com/ci/runners/configure_runners/#ensuring-after_script-execution
      return { refusal: 'the job was timed out' };
    }
    const tokens = await idTokens({ ...this.#options, ...this.#workspace }, job, env);
    return { variables: { ...tokens, ...timeVariables(job, new Date()) } };
  }

  #timeOut(job: RunningJob): void {
    if (job.end !== undefined) return;
    job.timedOut = true;
    void endProcesses(job.pid, this.#options.executor ?? { name: 'shell' });
  }

  async #readConfig(): Promise<PipelineConfig> {
    this.#config ??= await readPipelineConfig(this.#workspace.checkout);
    return this.#config;
  }

  /** Follows the runner's output to its end; returns what it said about itself. */
  async #read(child: ChildProcess): Promise<string[]> {
    const messages: string[] = [];
    const closed = once(child, 'close');
    const readers = (['stdout', 'stderr'] as const).map(async (stream) => {
      const input = child[stream];
      if (input === null) return;
      for await (const line of createInterface({ input })) this.#readLine(line, stream, messages);
    });
    await Promise.all([closed, ...readers]);
    await appendFile(join(this.#workspace.directory, 'runner.log'), `${messages.join('\n')}\n`);
    return messages;
  }

  #readLine(line: string, stream: 'stdout' | 'stderr', messages: string[]) {
    const read = readRunnerLine(line, this.#jobs.keys());
    if (read.kind === 'other') {
      if (line !== '') messages.push(line);
      return;
    }
    const job = this.#jobs.get(read.job);
    if (job === undefined) return;
    if (read.kind === 'log') {
      job.log += `${read.text}\n`;
      this.#options.onLine?.({ job: job.name, text: read.text, stream });
    } else {
      this.#end(job, read.exitCode, read.allowed);
    }
  }

  #end(job: RunningJob, exitCode: number, allowed: boolean) {
    if (job.end !== undefined) return;
    clearTimeout(job.timer);
    const failed = allowed ? 'warning' : 'failed';
    const status = job.canceled ? 'canceled' : exitCode === 0 ? 'success' : failed;
    job.end = { status, exitCode, durationMs: performance.now() - job.startedAt };
    job.leave?.(status === 'success');
    this.#options.onJob?.({ job: job.name, status, durationMs: job.end.durationMs });
  }

  async #results(config: PipelineConfig): Promise<JobResult[]> {
    const ended = [...this.#jobs.values()].map(async ({ name, log, end, env }) => {
      if (end === undefined) throw new Error(`gitlab-ci-local did not say how the job ${name} ended`);
      const folder = jobFolder(this.#workspace.checkout, name);
      const reports = await readJobReports(folder, config.get(baseName(name)) ?? {}, {
        succeeded: end.exitCode === 0,
        expanded: (text) => expand(text, env),
      });
      return { name, log, ...end, reports };
    });
    return await Promise.all(ended);
  }

  /** Jobs of the pipeline that wait for a person, or for one that failed. */
  async #notStarted(config: PipelineConfig, started: readonly JobResult[]): Promise<JobResult[]> {
    const all = started.every(({ status }) => status === 'success' || status === 'warning');
    if (all && !hasManualJobs(config)) return [];
    const listed = await listJobsIn(this.#workspace);
    return listed
      .filter(({ name }) => !this.#jobs.has(name))
      .map(({ name, when }) => ({
        name,
        status: when === 'manual' ? 'manual' : 'skipped',
        exitCode: undefined,
        durationMs: 0,
        log: '',
        reports: { absent: [] },
      }));
  }
}

function statusOf(jobs: readonly JobResult[], isCanceled: boolean): PipelineResult['status'] {
  if (jobs.some(({ status }) => status === 'failed')) return 'failed';
  return isCanceled || jobs.some(({ status }) => status === 'canceled') ? 'canceled' : 'success';
}
