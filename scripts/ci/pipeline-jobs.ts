import { isMapping, type Mapping } from './merged-jobs.ts';

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
  'before_script',
  'after_script',
]);

/** A need of a job of the same pipeline. */
export interface Need {
  readonly job: string;
  readonly optional: boolean;
}

/** All jobs except hidden ones, by stage. */
export function jobsOf(configuration: Mapping): [string, Mapping][] {
  const stages = stagesOf(configuration);
  return entriesOfJobs(configuration)
    .filter((entry): entry is [string, Mapping] => isMapping(entry[1]))
    .toSorted(([, one], [, other]) => stages.indexOf(stageOf(one)) - stages.indexOf(stageOf(other)));
}

/** The values under the names of jobs, whatever they are. */
export function entriesOfJobs(configuration: Mapping): [string, unknown][] {
  return Object.entries(configuration).filter(([name]) => !name.startsWith('.') && !keywords.has(name));
}

/** The stages in order; `.pre` and `.post` are always there (https://docs.gitlab.com/ci/yaml/#stages). */
export function stagesOf({ stages }: Mapping): string[] {
  const own = Array.isArray(stages) ? stages.map(String) : ['build', 'test', 'deploy'];
  return ['.pre', ...own.filter((stage) => stage !== '.pre' && stage !== '.post'), '.post'];
}

export function stageOf({ stage }: Mapping): string {
  return String(stage ?? 'test');
}

/** Needs of the same pipeline; those of other projects and pipelines are files to fetch, not jobs to wait for. */
export function needsOf({ needs }: { readonly needs?: unknown }): Need[] | undefined {
  if (needs === undefined || needs === null) return undefined;
  return [needs].flat().flatMap((need) => {
    if (!isMapping(need)) return [{ job: String(need), optional: false }];
    if (need.project !== undefined || need.pipeline !== undefined) return [];
    return [{ job: String(need.job), optional: need.optional === true }];
  });
}

/**
 * How many jobs `parallel` makes of one: a number, or the combinations of a matrix (https://docs.gitlab.com/ci/yaml/#parallel);
 * otherwise `undefined`.
 */
export function copiesOf({ parallel }: Mapping): number | undefined {
  if (parallel === undefined || parallel === null) return 1;
  if (typeof parallel === 'number') return parallel;
  if (!isMapping(parallel) || !Array.isArray(parallel.matrix)) return undefined;
  return parallel.matrix.reduce<number>(
    (sum, entry) =>
      sum + Object.values(Object(entry)).reduce<number>((product, values) => product * [values].flat().length, 1),
    0,
  );
}

/** Variables as texts; one may be a mapping with `value`. */
export function textsOf(variables: unknown): Record<string, string> {
  if (!isMapping(variables)) return {};
  const values = Object.entries(variables).map(([name, value]) => [name, isMapping(value) ? value.value : value]);
  return Object.fromEntries(values.map(([name, value]) => [name, String(value ?? '')]));
}
