import { expect, test } from 'vitest';
import { ruleFaults } from '../../../../scripts/ci/rules/rule-faults.ts';

const inJob = (rules: unknown) => ruleFaults('a', rules, 'job');

test('what GitLab takes', () => {
  expect(inJob(undefined)).toEqual([]);
  expect(inJob([])).toEqual([]);
  const whole = {
    if: '$A =~ /b/',
    changes: { paths: ['a'], compare_to: 'main' },
    exists: ['b'],
    when: 'delayed',
    start_in: '1 day',
    allow_failure: true,
    variables: { A: '1' },
    needs: ['c'],
  };
  expect(
    inJob([whole, { exists: { paths: ['a'], project: 'acme/lib', ref: 'main' } }, { if: null, when: null }]),
  ).toEqual([]);
});

test.each<[unknown, string]>([
  [5, 'a: rules: 5 is wrong: must be a list'],
  [
    [{ when: 'never' }, 5],
    'a: rules: rule 2: 5 is wrong: must be a mapping with if, changes, exists, when, start_in, ',
  ],
  [[null], 'a: rules: rule 1: is blank: must be a mapping with if, '],
  [[{}], 'a: rules: rule 1: {} is wrong: must be a mapping with if, '],
  [[{ if: 5 }], 'a: rules: rule 1: if: 5 is wrong: must be an expression, such as $CI_COMMIT_BRANCH == "main"'],
  [
    [{ if: '$A =~ /(?!b)/' }],
    'a: rules: rule 1: if: "$A =~ /(?!b)/" is wrong: RE2, which GitLab uses, does not know (?!',
  ],
  [
    [{ changes: 5 }],
    'a: rules: rule 1: changes: 5 is wrong: must be a list of at most 50 texts, or a mapping with paths, compare_to',
  ],
  [[{ changes: null }], 'a: rules: rule 1: changes: is blank: must be a list of at most 50 texts, or '],
  [[{ changes: [5] }], 'a: rules: rule 1: changes: 5 is wrong: must be a text'],
  [
    [{ changes: { compare_to: 'a' } }],
    'a: rules: rule 1: changes: paths: is blank: must be a list of at most 50 texts',
  ],
  [[{ exists: { paths: 'x' } }], 'a: rules: rule 1: exists: paths: "x" is wrong: must be a list of at most 50 texts'],
  [[{ exists: { paths: [], compare_to: 'x' } }], 'exists: compare_to: unknown key: must be one of paths, project, ref'],
  [
    [{ when: 'sometimes' }],
    'when: "sometimes" is wrong: must be one of on_success, on_failure, always, never, manual, delayed',
  ],
  [[{ unless: '$A' }], 'a: rules: rule 1: unless: unknown key: must be one of if, changes, '],
  [[{ variables: 5 }], 'a: rules: rule 1: variables: 5 is wrong: must be a mapping'],
  [[{ needs: 5 }], 'a: rules: rule 1: needs: 5 is wrong: must be a list of jobs'],
])('%j', (rules, fault) => {
  expect(inJob(rules)).toEqual([expect.stringContaining(fault)]);
});

test('fewer keys in workflow and includes', () => {
  expect(ruleFaults('workflow', [{ when: 'manual' }], 'workflow')).toEqual([
    'workflow: rules: rule 1: when: "manual" is wrong: must be one of always, never',
  ]);
  expect(ruleFaults('include a.yml', [{ variables: {} }], 'include')).toEqual([
    'include a.yml: rules: rule 1: variables: unknown key: must be one of if, changes, exists, when',
  ]);
});
