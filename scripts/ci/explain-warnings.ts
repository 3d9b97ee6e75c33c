import { isMapping, type Mapping } from './merged-jobs.ts';
import { eventVariables, type Happening, madeUp, ofSomeEvents } from './pipeline-event.ts';
import type { PipelineFile } from './pipeline-file.ts';
import { copiesOf, jobsOf, textsOf } from './pipeline-jobs.ts';
import { partsOf } from './rules/rule-expression.ts';

/** What may make GitLab's pipeline differ from the explained one: one line for each reason. Expects a file without faults. */
export function explainWarnings(file: PipelineFile, happening: Happening, version: string): string[] {
  return [...includeWarnings(file, version), ...keywordWarnings(file.configuration), ...ruleWarnings(file, happening)];
}

function includeWarnings({ templates, notRead }: PipelineFile, version: string): string[] {
  const none = templates.length === 0 ? ['.gitlab-ci.yml includes no template of Vendhost'] : [];
  const others = notRead.map(
    (include) => `only GitLab can read the include ${include}: its jobs and rules are missing here`,
  );
  const mirrors = templates.filter(({ project }) => project.split('/').at(-1) !== 'vendhost');
  const refs = templates.filter(({ ref }) => ref !== version && ref !== `v${version}`);
  return [
    ...none,
    ...others,
    ...mirrors.map(({ name, project }) => `${name} of ${project} is treated as Vendhost's template: its inputs fit`),
    ...refs.map(
      ({ name, ref }) => `${name} is included at ${ref}; this explains the template of this version, v${version}`,
    ),
  ];
}

/** Keywords of a job that decide whether it runs, or what its rules see. */
const notLookedAt = ['only', 'except', 'inherit', 'trigger'] as const;

function keywordWarnings(configuration: Mapping): string[] {
  const jobs = jobsOf(configuration);
  const named = (holds: (job: Mapping) => boolean) => jobs.filter(([, job]) => holds(job)).map(([name]) => name);
  const rulesOf = (job: Mapping) => (Array.isArray(job.rules) ? (job.rules as Mapping[]) : []);
  const inRule = (key: string, inner: string) => (job: Mapping) =>
    rulesOf(job).some((rule) => isMapping(rule[key]) && rule[key][inner] !== undefined);
  const found: [keyword: string, jobs: string[]][] = [
    ...notLookedAt.map((key): [string, string[]] => [key, named((job) => job[key] !== undefined)]),
    ['parallel', named((job) => copiesOf(job) === undefined)],
    ['rules:changes:compare_to', named(inRule('changes', 'compare_to'))],
    ['rules:exists:project', named(inRule('exists', 'project'))],
  ];
  return found
    .filter(([, names]) => names.length > 0)
    .map(([keyword, names]) => `\`${keyword}\` is not looked at: ${names.join(', ')}`);
}

function ruleWarnings({ configuration, includeRules }: PipelineFile, happening: Happening): string[] {
  const workflow = isMapping(configuration.workflow) ? configuration.workflow : {};
  const jobs = jobsOf(configuration).map(([, job]) => job);
  const rules = [workflow, ...jobs].flatMap((one) => (Array.isArray(one.rules) ? (one.rules as Mapping[]) : []));
  const parts = [...rules, ...(includeRules as Mapping[])].flatMap(({ if: condition }) =>
    typeof condition === 'string' ? [partsOf(condition)] : [],
  );
  const own = [configuration, ...jobs, ...rules].map(({ variables }) => textsOf(variables));
  const set: Readonly<Record<string, unknown>> = Object.assign({}, eventVariables(happening), ...own);
  const read = [...new Set(parts.flatMap(({ variables }) => variables))];
  const absent = read.filter((name) => !(name in set) && !(ofSomeEvents as readonly string[]).includes(name));
  const invented = read.filter((name) => name in madeUp && set[name] === madeUp[name]);
  const patterns = [...new Set(parts.flatMap(({ notMatched }) => notMatched))];
  const isGuessed = happening.defaultBranch === undefined && read.includes('CI_DEFAULT_BRANCH');
  return [
    ...(absent.length === 0 ? [] : [`taken as not set, because only GitLab knows: ${absent.join(', ')}`]),
    ...invented.map((name) => `rules read ${name}, which only GitLab knows: taken as ${madeUp[name]}`),
    ...(isGuessed ? ['the default branch is taken as main: name it with --default-branch'] : []),
    ...patterns.map((pattern) => `only GitLab can match ${pattern}: taken as no match`),
  ];
}
