import { expect, test } from 'vitest';
import { explainWarnings } from '../../../scripts/ci/explain-warnings.ts';

const tenant = {
  name: 'tenant',
  project: 'platform/vendhost',
  ref: 'v1.2.3',
  inputs: {},
  hasRules: false,
  deprecated: [],
} as const;
const nothing = { configuration: {}, templates: [tenant], notRead: [], includeRules: [] };
const push = { event: 'push', branch: 'dev' } as const;
const warned = (file: Partial<Parameters<typeof explainWarnings>[0]>) =>
  explainWarnings({ ...nothing, ...file }, push, '1.2.3');

test('nothing to warn of', () => {
  expect(warned({})).toEqual([]);
  const rules = [{ if: '$CI_COMMIT_TAG == null && $CI_MERGE_REQUEST_IID == null && $A && $CI' }];
  expect(warned({ configuration: { variables: { A: '1' }, a: { rules } } })).toEqual([]);
});

test('includes', () => {
  expect(warned({ templates: [], notRead: ['a.yml'] })).toEqual([
    '.gitlab-ci.yml includes no template of Vendhost',
    'only GitLab can read the include a.yml: its jobs and rules are missing here',
  ]);
  expect(warned({ templates: [{ ...tenant, project: 'acme/mirror', ref: '1.2.2' }] })).toEqual([
    "tenant of acme/mirror is treated as Vendhost's template: its inputs fit",
    'tenant is included at 1.2.2; this explains the template of this version, v1.2.3',
  ]);
});

test('keywords, once each', () => {
  const rules = [{ changes: { paths: [], compare_to: 'main' } }, { exists: { paths: [], project: 'acme/lib' } }];
  const jobs = { a: { only: ['main'], parallel: 'often' }, b: { only: ['dev'], rules } };
  expect(warned({ configuration: jobs })).toEqual([
    '`only` is not looked at: a, b',
    '`parallel` is not looked at: a',
    '`rules:changes:compare_to` is not looked at: b',
    '`rules:exists:project` is not looked at: b',
  ]);
});

test('what rules read and only GitLab knows', () => {
  const rules = [{ if: '$CI_COMMIT_MESSAGE =~ /\\pL/ && $CI_PROJECT_PATH == "a/b" && $CI_DEFAULT_BRANCH == "main"' }];
  expect(warned({ configuration: { a: { rules } }, includeRules: [{ if: '$NIGHTLY' }] })).toEqual([
    'taken as not set, because only GitLab knows: CI_COMMIT_MESSAGE, NIGHTLY',
    'rules read CI_PROJECT_PATH, which only GitLab knows: taken as group/project',
    'the default branch is taken as main: name it with --default-branch',
    'only GitLab can match /\\pL/: taken as no match',
  ]);
});
