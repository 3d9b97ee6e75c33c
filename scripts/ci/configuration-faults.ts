import { shownValue } from '../config/issues.ts';
import { isMapping, type Mapping } from './merged-jobs.ts';
import { entriesOfJobs, jobsOf, needsOf, stageOf, stagesOf } from './pipeline-jobs.ts';
import { ruleFaults } from './rules/rule-faults.ts';

/** Values of a job's own `when`; `never` is for rules only (https://docs.gitlab.com/ci/yaml/#when). */
const whens = ['on_success', 'on_failure', 'always', 'manual', 'delayed'];

/** What GitLab would refuse in `workflow` and in each job on its own. */
export function jobFaults(configuration: Mapping): string[] {
  const { workflow, stages } = configuration;
  const isList = stages === undefined || stages === null || (Array.isArray(stages) && stages.every(isText));
  return [
    ...(isList ? [] : [`stages: ${shownValue(stages)} is wrong: must be a list of texts`]),
    ...(isMapping(workflow ?? {}) ? [] : [`workflow: ${shownValue(workflow)} is wrong: must be a mapping`]),
    ...(isMapping(workflow) ? ruleFaults('workflow', workflow.rules, 'workflow') : []),
    ...jobsOf(configuration).flatMap(([name, job]) => [
      ...ruleFaults(name, job.rules, 'job'),
      ...whenFaults(name, job),
      ...environmentFaults(name, job),
      ...(typeof job.needs === 'string' ? [`${name}: needs: ${shownValue(job.needs)} is wrong: must be a list`] : []),
      ...(['only', 'except'] as const)
        .filter((key) => isSet(job.rules) && isSet(job[key]))
        .map((key) => `${name}: ${key}: must not be there beside rules`),
    ]),
  ];
}

/** What GitLab would refuse in how the jobs fit together; included files that are not read may change that. */
export function structureFaults(configuration: Mapping): string[] {
  const stages = stagesOf(configuration);
  const jobs = new Map(jobsOf(configuration));
  const idle = entriesOfJobs(configuration)
    .filter(([, job]) => !isMapping(job) || !['script', 'trigger', 'run'].some((key) => isSet(job[key])))
    .map(([name]) => `${name}: must have script, trigger or run`);
  // In GitLab's words (https://docs.gitlab.com/ci/yaml/#stage, https://docs.gitlab.com/ci/yaml/#needs).
  const misplaced = [...jobs].flatMap(([name, job]) => {
    const stage = stageOf(job);
    if (!stages.includes(stage)) {
      return [`${name} job: chosen stage ${stage} does not exist; available stages are ${stages.join(', ')}`];
    }
    return (needsOf(job) ?? []).flatMap((need) => {
      const needed = jobs.get(need.job);
      if (needed === undefined) return need.optional ? [] : [`${name} job: undefined need: ${need.job}`];
      return stages.indexOf(stageOf(needed)) > stages.indexOf(stage)
        ? [`${name} job: need ${need.job} is not defined in current or prior stages`]
        : [];
    });
  });
  return [...idle, ...misplaced];
}

function whenFaults(name: string, { when }: Mapping): string[] {
  if (!isSet(when) || whens.includes(String(when))) return [];
  return [`${name}: when: ${shownValue(when)} is wrong: must be one of ${whens.join(', ')}`];
}

/** GitLab looks at it in every pipeline's file, before its rules (`environment_name_regex` in `lib/gitlab/regex.rb`). */
const environmentName = /^[\w\\${}. -]([\w/\\${}. -]*[\w\\${}. -])?$/;

function environmentFaults(job: string, { environment }: Mapping): string[] {
  const name = isMapping(environment) ? environment.name : environment;
  if (!isSet(name) || environmentName.test(String(name))) return [];
  const allowed = 'letters, digits, spaces and - _ / . $ { } only, and no slash at either end';
  return [`${job}: environment: name: ${shownValue(name)} is wrong: must have ${allowed}`];
}

const isText = (value: unknown) => typeof value === 'string';
const isSet = (value: unknown) =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
