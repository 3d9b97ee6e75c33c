import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { stateDirectory } from './workspace.ts';

/** What the harness reads of an expanded pipeline configuration. */
export interface JobConfig {
  readonly stage?: string;
  readonly id_tokens?: Readonly<Record<string, { aud: string | string[] }>>;
  readonly environment?: string | { name?: string; action?: string };
  readonly artifacts?: {
    readonly when?: string;
    readonly paths?: readonly string[];
    readonly expose_as?: string;
    readonly expire_in?: string;
    readonly reports?: Readonly<Record<string, string | readonly string[]>>;
  };
  readonly needs?: readonly (string | { job?: string; artifacts?: boolean })[];
  readonly when?: string;
  readonly rules?: readonly { when?: string }[];
  readonly interruptible?: boolean;
  readonly resource_group?: string;
  readonly [key: string]: unknown;
}

export type PipelineConfig = ReadonlyMap<string, JobConfig>;

const noJobs = new Set(['stages', 'variables', 'workflow', 'default', 'include', 'image', 'services', 'cache']);

/**
 * The visible jobs of a pipeline after includes, inputs and `extends`, by stage as GitLab shows them.
 * gitlab-ci-local writes the file before it starts the first job.
 */
export async function readPipelineConfig(checkout: string): Promise<PipelineConfig> {
  const text = await readFile(join(checkout, stateDirectory, 'expanded-gitlab-ci.yml'), 'utf8');
  const { stages, ...all } = parse(text, { merge: true }) as { stages: string[] } & Record<string, JobConfig>;
  const jobs = Object.entries(all).filter(([name]) => !name.startsWith('.') && !noJobs.has(name));
  const place = ([, { stage = 'test' }]: [string, JobConfig]) => stages.indexOf(stage);
  return new Map(jobs.sort((one, other) => place(one) - place(other)));
}

export type AutoCancel = 'conservative' | 'interruptible' | 'none';

/** `workflow:auto_cancel:on_new_commit` of a pipeline. */
export async function readAutoCancel(checkout: string): Promise<AutoCancel> {
  const text = await readFile(join(checkout, stateDirectory, 'expanded-gitlab-ci.yml'), 'utf8');
  const { workflow } = parse(text, { merge: true }) as {
    workflow?: { auto_cancel?: { on_new_commit?: AutoCancel } };
  };
  return workflow?.auto_cancel?.on_new_commit ?? 'conservative';
}

/**
 * The jobs that a job needs, and whose artifacts have expired when everything that can expire has: then GitLab lets it fail before it starts
 * (https://docs.gitlab.com/ci/jobs/job_artifacts_troubleshooting/#error-message-this-job-could-not-start-because-it-could-not-retrieve-the-needed-artifacts).
 */
export function expiredNeeds(config: PipelineConfig, job: JobConfig): string[] {
  const needed = (job.needs ?? []).flatMap((need) => {
    if (typeof need === 'string') return [need];
    return need.artifacts === false ? [] : (need.job ?? []);
  });
  return needed.filter((name) => {
    const artifacts = config.get(name)?.artifacts;
    return artifacts !== undefined && artifacts.expire_in !== 'never';
  });
}

/** The configuration behind a job; jobs of `parallel` have a name of their own, `name: [value]` or `name: [1/2]`. */
export function baseName(job: string): string {
  return job.replace(/: \[[^\]]*\]$/, '');
}

/**
 * What a pipeline asks for that gitlab-ci-local would silently leave out. Not here, as leaving it out only makes a run
 * less patient: `retry`.
 */
export function unsupported(config: PipelineConfig): string[] {
  const faults: string[] = [];
  for (const [name, job] of config) {
    for (const key of ['services', 'secrets', 'trigger', 'start_in', 'pages', 'release', 'identity', 'run']) {
      if (job[key] !== undefined) faults.push(`job ${name}: the local GitLab cannot do \`${key}\``);
    }
    if (job.artifacts?.when === 'on_failure') {
      faults.push(`job ${name}: the local GitLab cannot do \`artifacts: when: on_failure\``);
    }
    faults.push(...exposeFaults(name, job));
    if (job.when === 'delayed' || job.rules?.some((rule) => rule.when === 'delayed')) {
      faults.push(`job ${name}: the local GitLab cannot do \`when: delayed\``);
    }
  }
  return faults;
}

/** GitLab refuses such a configuration (https://docs.gitlab.com/ci/yaml/#artifactsexpose_as). */
function exposeFaults(name: string, { artifacts }: JobConfig): string[] {
  const shown = artifacts?.expose_as;
  if (shown === undefined) return [];
  const faults = [
    ...(/^\w[-\w ]{0,99}$/.test(shown) ? [] : ['expose_as can contain only letters, digits, "-", "_" and spaces']),
    ...(artifacts?.paths === undefined ? ["paths can't be blank with expose_as"] : []),
    ...(artifacts?.paths?.some((path) => path.includes('*')) ? ["paths can't contain '*' with expose_as"] : []),
  ];
  return faults.map((fault) => `job ${name}: artifacts: ${fault}`);
}

/** True when a job waits for a person. */
export function hasManualJobs(config: PipelineConfig): boolean {
  return [...config.values()].some((job) => [job, ...(job.rules ?? [])].some((part) => part.when === 'manual'));
}
