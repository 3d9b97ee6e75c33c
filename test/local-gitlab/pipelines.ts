import type { PipelineOptions, PipelineResult, RunningPipeline } from './run.ts';

type Status = 'created' | 'running' | 'success' | 'failed' | 'canceled' | 'manual' | 'skipped';

/** A pipeline as the API has it (https://docs.gitlab.com/api/pipelines/). */
export interface ApiPipeline {
  readonly id: number;
  readonly iid: number;
  readonly project_id: number;
  readonly sha: string;
  readonly ref: string;
  readonly source: 'api';
  readonly web_url: string;
  readonly status: Status;
}

/** A job as the API has it (https://docs.gitlab.com/api/jobs/). */
export interface ApiJob {
  readonly id: number;
  readonly name: string;
  readonly status: Status;
  readonly allow_failure: boolean;
  /** In seconds; nothing before it has ended. */
  readonly duration: number | null;
}

/** What stands for the project's runners: it starts the pipeline of a branch as it is. */
export interface Runners {
  /** The commit of a branch; `undefined` without such a branch. */
  commitOf(branch: string): Promise<string | undefined>;
  start(options: Pick<PipelineOptions, 'event' | 'branch' | 'onLine' | 'onJob' | 'signal'>): Promise<RunningPipeline>;
}

interface Running {
  shown: ApiPipeline;
  readonly jobs: (ApiJob & { log: string })[];
  readonly stopping: AbortController;
}

/** The pipelines of all projects, as they go on. */
export class ApiPipelines {
  readonly #runners = new Map<number, Runners>();
  readonly #all: Running[] = [];
  #lastId = 0;

  /** Gives a project its runners. */
  serve(project: number, runners: Runners): void {
    this.#runners.set(project, runners);
  }

  runners(project: number): readonly object[] {
    return this.#runners.has(project) ? [{ id: 1, paused: false, status: 'online', runner_type: 'project_type' }] : [];
  }

  /** Starts the pipeline of a branch; `undefined` without that branch. */
  async start(project: number, ref: string): Promise<ApiPipeline | undefined> {
    const runners = this.#runners.get(project);
    const sha = await runners?.commitOf(ref);
    if (runners === undefined || sha === undefined) return undefined;
    const id = this.#next();
    const web_url = `https://gitlab.example.test/-/pipelines/${id}`;
    const shown: ApiPipeline = {
      id,
      iid: id,
      project_id: project,
      sha,
      ref,
      source: 'api',
      web_url,
      status: 'created',
    };
    const running: Running = { shown, jobs: [], stopping: new AbortController() };
    this.#all.push(running);
    void this.#follow(running, runners);
    return shown;
  }

  of(project: number): ApiPipeline[] {
    return this.#all.filter(({ shown }) => shown.project_id === project).map(({ shown }) => shown);
  }

  jobs(pipeline: number): ApiJob[] {
    const all = this.#all.find(({ shown }) => shown.id === pipeline)?.jobs ?? [];
    return all.map(({ log: _, ...job }) => job);
  }

  log(project: number, job: number): string | undefined {
    const own = this.#all.filter(({ shown }) => shown.project_id === project);
    return own.flatMap(({ jobs }) => jobs).find(({ id }) => id === job)?.log;
  }

  cancel(pipeline: number): void {
    this.#all.find(({ shown }) => shown.id === pipeline)?.stopping.abort();
  }

  async #follow(running: Running, runners: Runners): Promise<void> {
    const { shown, stopping } = running;
    try {
      const started = await runners.start({
        event: 'api',
        branch: shown.ref,
        signal: stopping.signal,
        onLine: ({ job, text }) => {
          this.#job(running, job).log += `${text}\n`;
        },
        onJob: ({ job, status }) => {
          const ended = { status: status === 'warning' ? ('failed' as const) : status };
          Object.assign(this.#job(running, job), ended);
        },
      });
      running.shown = { ...shown, status: 'running' };
      this.#end(running, await started.result);
    } catch {
      running.shown = { ...shown, status: 'failed' };
    }
  }

  #end(running: Running, result: PipelineResult): void {
    for (const { name, status, durationMs, log } of result.jobs) {
      const isWarning = status === 'warning';
      const shown = {
        status: isWarning ? 'failed' : status,
        allow_failure: isWarning,
        duration: durationMs / 1000,
        log,
      };
      Object.assign(this.#job(running, name), shown);
    }
    running.shown = { ...running.shown, status: result.status };
  }

  #job(running: Running, name: string): ApiJob & { log: string } {
    const known = running.jobs.find((job) => job.name === name);
    if (known !== undefined) return known;
    const made = { id: this.#next(), name, status: 'created' as const, allow_failure: false, duration: null, log: '' };
    running.jobs.push(made);
    return made;
  }

  #next(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}
