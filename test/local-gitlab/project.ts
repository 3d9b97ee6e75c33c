import type { AutoCancel, JobConfig } from './config.ts';

/** A pipeline as others of its project see it. */
export interface PeerPipeline {
  readonly id: string;
  readonly branch: string;
  readonly commit: string;
  /** `workflow:auto_cancel:on_new_commit` of its configuration. */
  autoCancel(): Promise<AutoCancel>;
  /** The jobs that have started so far. */
  startedJobs(): Promise<readonly JobConfig[]>;
  /** Ends these running jobs, and lets no other such job start. */
  cancelJobs(which: (job: JobConfig) => boolean): Promise<void>;
}

export interface ProjectSettings {
  /** "Prevent outdated deployment jobs", on in new projects. */
  readonly forwardDeployment?: boolean;
  /** "Auto-cancel redundant pipelines", on in new projects. */
  readonly autoCancel?: boolean;
}

/** A job at its start, with what its keywords become once variables are expanded. */
export interface AdmittedJob {
  readonly resourceGroup: string | undefined;
  /** A person started it again, which makes a deployment of its own, newer than all others. */
  readonly retried?: boolean;
  /** The environment that it deploys to; undefined for jobs that only prepare, verify or access one. */
  readonly deploysTo: string | undefined;
}

interface Deployment {
  /** Pipelines of a project have ascending ids, and a deployment is made with its pipeline. */
  readonly pipeline: string;
  readonly commit: string;
}

/** What pipelines of one project have to do with each other. */
export class GitlabProject {
  readonly #settings: Required<ProjectSettings>;
  readonly #running = new Set<PeerPipeline>();
  readonly #groups = new Map<string, Promise<unknown>>();
  readonly #deployed = new Map<string, Deployment>();

  constructor({ forwardDeployment = true, autoCancel = true }: ProjectSettings = {}) {
    this.#settings = { forwardDeployment, autoCancel };
  }

  /** A push: older pipelines of the branch, of other commits, are canceled as far as they say so themselves. */
  async begin(pipeline: PeerPipeline): Promise<void> {
    const older = [...this.#running].filter(
      ({ branch, commit }) => branch === pipeline.branch && commit !== pipeline.commit,
    );
    this.#running.add(pipeline);
    if (this.#settings.autoCancel) await Promise.all(older.map(cancelRedundant));
  }

  end(pipeline: PeerPipeline): void {
    this.#running.delete(pipeline);
  }

  /**
   * Waits for the job's resource group, then says why it must not run, if it must not
   * (https://docs.gitlab.com/ci/environments/deployment_safety/). `leave` ends what it holds, with its success.
   */
  async admit(
    pipeline: PeerPipeline,
    job: AdmittedJob,
  ): Promise<{ refusal?: string; leave(succeeded: boolean): void }> {
    const { promise: done, resolve: free } = Promise.withResolvers<void>();
    if (job.resourceGroup !== undefined) {
      const before = this.#groups.get(job.resourceGroup);
      this.#groups.set(job.resourceGroup, Promise.all([before, done]));
      await before;
    }
    const leave = (succeeded: boolean) => {
      free();
      const { id, commit } = pipeline;
      if (succeeded && job.deploysTo !== undefined) this.#deployed.set(job.deploysTo, { pipeline: id, commit });
    };
    return this.#isOutdated(pipeline, job) ? { refusal: 'failed outdated deployment job', leave } : { leave };
  }

  /** As `Deployment#older_than_last_successful_deployment?` in GitLab: the same commit again is no older one. */
  #isOutdated({ id, commit }: PeerPipeline, { deploysTo, retried = false }: AdmittedJob): boolean {
    const last = deploysTo === undefined ? undefined : this.#deployed.get(deploysTo);
    if (!this.#settings.forwardDeployment || last === undefined || retried) return false;
    return last.commit !== commit && Number(id) < Number(last.pipeline);
  }
}

/** https://docs.gitlab.com/ci/yaml/#workflowauto_cancelon_new_commit */
async function cancelRedundant(pipeline: PeerPipeline): Promise<void> {
  const mode = await pipeline.autoCancel();
  if (mode === 'none') return;
  const isInterruptible = ({ interruptible }: JobConfig) => interruptible === true;
  if (mode === 'interruptible') return await pipeline.cancelJobs(isInterruptible);
  if ((await pipeline.startedJobs()).every(isInterruptible)) await pipeline.cancelJobs(() => true);
}
