import { expect, test } from 'vitest';
import { pipelineFor } from '../../../scripts/ci/explained-pipeline.ts';
import type { Mapping } from '../../../scripts/ci/merged-jobs.ts';

const script = ['make'];
const namesFor = (configuration: Mapping, changed?: readonly string[], files: readonly string[] = []) => {
  const { jobs } = pipelineFor(configuration, { event: 'push', branch: 'Fix/A', changed }, files);
  return jobs.filter(({ runs }) => runs).map(({ name }) => name);
};
const ifOnly = (condition: string) => ({ script, rules: [{ if: condition }] });

test('variables of a job count before global ones, and those before predefined ones', () => {
  const whole = {
    variables: { A: 'global', B: 'global', CI_DEFAULT_BRANCH: 'trunk' },
    workflow: { rules: [{ variables: { B: 'workflow' } }] },
    a: { ...ifOnly('$A == "job" && $B == "workflow"'), variables: { A: 'job' } },
    b: { ...ifOnly('$B == "job"'), variables: { B: { value: 'job' } } },
    c: ifOnly('$CI_DEFAULT_BRANCH == "trunk" && $A == "global"'),
  };
  expect(namesFor(whole)).toEqual(['a', 'b', 'c']);
});

test('predefined variables are set', () => {
  expect(namesFor({ a: ifOnly('$CI && $GITLAB_CI && $CI_COMMIT_REF_SLUG == "fix-a"') })).toEqual(['a']);
});

test('variables in paths', () => {
  const whole = {
    variables: { FOLDER: 'docs' },
    a: { script, rules: [{ changes: ['$FOLDER/*'] }] },
    b: { script, rules: [{ exists: ['${FOLDER}/*'] }] },
    c: { script, rules: [{ changes: ['$OTHER/*'] }] },
  };
  expect(namesFor(whole, ['docs/a'], ['docs/b'])).toEqual(['a', 'b']);
});

test("needs of a rule take the place of the job's; those of other projects are no jobs to wait for", () => {
  const whole = {
    a: { script },
    b: { script, needs: ['gone'], rules: [{ needs: ['a'] }] },
    pages: { script, needs: [{ project: 'acme/lib', job: 'x', ref: 'main' }, 'a'] },
  };
  const { created, jobs } = pipelineFor(whole, { event: 'push', branch: 'dev' }, []);
  expect(created).toBe(true);
  expect(jobs.map(({ name, needs }) => [name, needs])).toEqual([
    ['a', undefined],
    ['b', ['a']],
    ['pages', ['a']],
  ]);
});

test('environments by name, as a mapping or not at all', () => {
  const whole = {
    variables: { A: 'x' },
    a: { script, environment: '$A/dev' },
    b: { script, environment: { name: '${A}/$B' } },
    c: { script, environment: { action: 'access' } },
  };
  const { jobs } = pipelineFor(whole, { event: 'push', branch: 'dev' }, []);
  expect(jobs.map(({ environment }) => environment)).toEqual(['x/dev', 'x/$B', '']);
});

test.each(['pipeline', 'parent_pipeline'] as const)('pipelines of other pipelines: %s', (event) => {
  const whole = { a: ifOnly(`$CI_PIPELINE_SOURCE == "${event}" && $CI_COMMIT_BRANCH == "dev"`) };
  expect(pipelineFor(whole, { event, branch: 'dev' }, []).created).toBe(true);
});

test('how many jobs `parallel` makes of one', () => {
  const matrix = [
    { A: ['1', '2'], B: ['x', 'y', 'z'] },
    { A: 'alone', B: ['x'] },
  ];
  const jobs = { one: { parallel: 1 }, four: { parallel: 4 }, seven: { parallel: { matrix } } };
  const { jobs: explained } = pipelineFor(jobs, { event: 'push', branch: 'dev' }, []);
  expect(explained.map(({ name, copies }) => [name, copies])).toEqual([
    ['one', undefined],
    ['four', 4],
    ['seven', 7],
  ]);
});
