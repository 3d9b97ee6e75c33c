import { isMapping, type Mapping } from './merged-jobs.ts';
import { comparedFiles, eventVariables, type Happening, isOfMergeRequest } from './pipeline-event.ts';
import { copiesOf, jobsOf, type Need, needsOf, textsOf } from './pipeline-jobs.ts';
import { type Circumstances, decideRules, expanded, type Rule, type RuleDecision } from './rules/rule-decision.ts';

/** A job of the configuration, whether it is in the pipeline, and why. */
export interface ExplainedJob {
  readonly name: string;
  readonly runs: boolean;
  /** `on_success`, `manual`, …; `never` if it does not run. */
  readonly when: string;
  /** Number of the rule that decided, from 1; 0 if none did. */
  readonly rule: number;
  readonly why: string;
  /** The environment's name in GitLab; empty without one. */
  readonly environment: string;
  /** Jobs of this pipeline that it waits for; `undefined` if it waits for the stages before its own. */
  readonly needs: readonly string[] | undefined;
  /** How many jobs it becomes in the pipeline, if more than one. */
  readonly copies?: number;
  /** Variables of the rule that decided. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface ExplainedPipeline {
  readonly created: boolean;
  readonly why: string;
  readonly jobs: readonly ExplainedJob[];
}

/**
 * What GitLab does with a configuration for an event: whether there is a pipeline, and its jobs by stage. Expects a
 * configuration without faults. Variables of a job's rule have precedence, then the job's, the workflow's, the global ones, and
 * the predefined last (https://docs.gitlab.com/ci/variables/#cicd-variable-precedence).
 */
export function pipelineFor(configuration: Mapping, happening: Happening, files: readonly string[]): ExplainedPipeline {
  const changed = comparedFiles(happening);
  const { rules: workflow } = isMapping(configuration.workflow) ? configuration.workflow : {};
  const global = { ...eventVariables(happening), ...textsOf(configuration.variables) };
  const decision = Array.isArray(workflow)
    ? decideRules(workflow as readonly Rule[], { variables: global, changed, files }, 'always')
    : undefined;
  const variables = { ...global, ...decision?.variables };
  const jobs = jobsOf(configuration).map(([name, job]) =>
    explained(name, job, { variables, changed, files }, decision === undefined && isOfMergeRequest(happening.event)),
  );
  const named = new Set(jobs.filter(({ job }) => job.runs).map(({ job }) => job.name));
  const present = jobs.map(({ job, needs }) => ({
    ...job,
    needs: needs?.map((need) => need.job).filter((need) => named.has(need)),
  }));
  return { ...verdict(jobs, decision, named), jobs: present };
}

interface Judged {
  readonly job: Omit<ExplainedJob, 'needs'>;
  readonly needs: readonly Need[] | undefined;
}

function verdict(jobs: readonly Judged[], decision: RuleDecision | undefined, named: ReadonlySet<string>) {
  if (decision?.runs === false) return { created: false, why: `workflow: ${ruleOf(decision)}` };
  if (named.size === 0) return { created: false, why: 'no job is in it' };
  const missing = jobs
    .filter(({ job }) => job.runs)
    .flatMap(({ job: { name }, needs }) => needs?.map((need) => ({ name, ...need })) ?? [])
    .find(({ job, optional }) => !optional && !named.has(job));
  if (missing !== undefined) {
    return { created: false, why: `${missing.name} needs ${missing.job}, which is not in the pipeline` };
  }
  return {
    created: true,
    why: decision === undefined ? 'there are no workflow:rules' : `workflow: ${ruleOf(decision)}`,
  };
}

/** A decision as `rule 2: if …`. */
export function ruleOf({ rule, why }: Pick<RuleDecision, 'rule' | 'why'>): string {
  return rule === 0 ? why : `rule ${rule}: ${why}`;
}

function explained(name: string, job: Mapping, circumstances: Circumstances, onlyBranches: boolean): Judged {
  const own = { ...circumstances, variables: { ...circumstances.variables, ...textsOf(job.variables) } };
  const { needs = job.needs, ...decision } = decisionOf(job, own, onlyBranches);
  const environment = isMapping(job.environment) ? job.environment.name : job.environment;
  const text = environment === undefined || environment === null ? '' : String(environment);
  const copies = copiesOf(job) ?? 1;
  return {
    job: {
      name,
      ...decision,
      ...(copies === 1 ? {} : { copies }),
      environment: expanded(text, { ...own.variables, ...decision.variables }),
    },
    needs: needsOf({ needs }),
  };
}

function decisionOf(job: Mapping, circumstances: Circumstances, onlyBranches: boolean): RuleDecision {
  const when = typeof job.when === 'string' ? job.when : 'on_success';
  if (Array.isArray(job.rules)) return decideRules(job.rules as readonly Rule[], circumstances, when);
  const plain = { rule: 0, when, variables: {} };
  if (job.only !== undefined || job.except !== undefined) {
    return { ...plain, runs: true, why: '`only` and `except`, which are not evaluated' };
  }
  // https://docs.gitlab.com/ci/jobs/job_rules/#avoid-duplicate-pipelines
  if (onlyBranches) return { ...plain, runs: false, when: 'never', why: 'no rules: branches and tags only' };
  return { ...plain, runs: true, why: 'no rules' };
}
