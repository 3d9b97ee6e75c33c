import { isMapping, type Mapping } from './merged-jobs.ts';
import { comparedFiles, eventVariables, type Happening, isOfMergeRequest } from './pipeline-event.ts';
import { type Circumstances, type Decision, decide, type Rule } from './rule-decision.ts';
import type { Variables } from './rule-expression.ts';

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
  /** Variables of the rule that decided. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface ExplainedPipeline {
  readonly created: boolean;
  readonly why: string;
  readonly jobs: readonly ExplainedJob[];
}

/** Keywords of the top level that are no jobs (https://docs.gitlab.com/ci/yaml/#global-keywords). */
const keywords = new Set([
  'default',
  'include',
  'stages',
  'variables',
  'workflow',
  'image',
  'services',
  'cache',
  'pages',
]);

/** What GitLab does with a configuration when something happens: whether there is a pipeline, and its jobs by stage. */
export function pipelineOf(configuration: Mapping, happening: Happening, files: readonly string[]): ExplainedPipeline {
  const changed = comparedFiles(happening);
  const { rules: workflow } = isMapping(configuration.workflow) ? configuration.workflow : {};
  const global = { ...textsOf(configuration.variables), ...eventVariables(happening) };
  const decision = Array.isArray(workflow)
    ? decided('workflow', workflow, { variables: global, changed, files }, 'always')
    : undefined;
  const variables = { ...global, ...decision?.variables };
  const jobs = jobsOf(configuration).map(([name, job]) =>
    explained(name, job, { variables, changed, files }, workflow === undefined && isOfMergeRequest(happening.event)),
  );
  const named = new Set(jobs.filter(({ runs }) => runs).map(({ name }) => name));
  const present = jobs.map((job) => ({ ...job, needs: job.needs?.filter((need) => named.has(need)) }));
  return { ...verdict(configuration, decision, named), jobs: present };
}

function verdict(configuration: Mapping, decision: Decision | undefined, named: ReadonlySet<string>) {
  if (decision?.runs === false) return { created: false, why: `workflow: ${ruleOf(decision)}` };
  if (named.size === 0) return { created: false, why: 'no job is in it' };
  const missing = jobsOf(configuration)
    .filter(([name]) => named.has(name))
    .flatMap(([name, job]) => needsOf(job)?.map((need) => ({ name, ...need })) ?? [])
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
export function ruleOf({ rule, why }: Pick<Decision, 'rule' | 'why'>): string {
  return rule === 0 ? why : `rule ${rule}: ${why}`;
}

function explained(name: string, job: Mapping, circumstances: Circumstances, onlyBranches: boolean): ExplainedJob {
  const own = { ...circumstances, variables: { ...textsOf(job.variables), ...circumstances.variables } };
  const decision = decisionOf(name, job, own, onlyBranches);
  const { name: environment = job.environment } = isMapping(job.environment) ? job.environment : {};
  const all = { ...own.variables, ...decision.variables };
  return {
    name,
    runs: decision.runs,
    when: decision.when,
    rule: decision.rule,
    why: decision.why,
    environment: environment === undefined ? '' : expanded(String(environment), all),
    needs: needsOf(job)?.map((need) => need.job),
    variables: decision.variables,
  };
}

function decisionOf(name: string, job: Mapping, circumstances: Circumstances, onlyBranches: boolean): Decision {
  const when = typeof job.when === 'string' ? job.when : 'on_success';
  if (Array.isArray(job.rules)) return decided(name, job.rules, circumstances, when);
  const plain = { rule: 0, when, variables: {} };
  if (job.only !== undefined || job.except !== undefined) {
    return { ...plain, runs: true, why: '`only` and `except`, which are not looked at' };
  }
  // https://docs.gitlab.com/ci/jobs/job_rules/#avoid-duplicate-pipelines
  if (onlyBranches) return { ...plain, runs: false, when: 'never', why: 'no rules: branches and tags only' };
  return { ...plain, runs: when !== 'never', why: 'no rules' };
}

/** Throws a `SyntaxError` that names the job whose rule GitLab cannot read. */
function decided(name: string, rules: readonly unknown[], circumstances: Circumstances, otherwise: string): Decision {
  try {
    return decide(rules as readonly Rule[], circumstances, otherwise);
  } catch (error) {
    throw error instanceof SyntaxError ? new SyntaxError(`${name}: rules: ${error.message}`) : error;
  }
}

function jobsOf(configuration: Mapping): [string, Mapping][] {
  const stages = ['.pre', ...(Array.isArray(configuration.stages) ? configuration.stages : []), '.post'];
  return Object.entries(configuration)
    .filter((entry): entry is [string, Mapping] => isMapping(entry[1]))
    .filter(([name]) => !name.startsWith('.') && !keywords.has(name))
    .toSorted(([, one], [, other]) => stages.indexOf(one.stage ?? 'test') - stages.indexOf(other.stage ?? 'test'));
}

function needsOf({ needs }: Mapping): { job: string; optional: boolean }[] | undefined {
  if (!Array.isArray(needs)) return undefined;
  return needs.map((need) =>
    isMapping(need)
      ? { job: String(need.job), optional: need.optional === true }
      : { job: String(need), optional: false },
  );
}

function textsOf(variables: unknown): Record<string, string> {
  if (!isMapping(variables)) return {};
  const values = Object.entries(variables).map(([name, value]) => [name, isMapping(value) ? value.value : value]);
  return Object.fromEntries(values.map(([name, value]) => [name, String(value)]));
}

/** `$NAME` and `${NAME}`; what is not set stays as it is written. */
function expanded(text: string, variables: Variables): string {
  return text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (written, braced, bare) => variables[braced ?? bare] ?? written);
}
