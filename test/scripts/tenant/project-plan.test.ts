import { describe, expect, test } from 'vitest';
import { subjectComponents } from '../../../scripts/config/tenant.ts';
import type { ProjectFacts } from '../../../scripts/tenant/project-facts.ts';
import type { ProjectWish } from '../../../scripts/tenant/project-findings.ts';
import {
  type ProjectPlan,
  planProject,
  projectDiffers,
  projectLines,
  refuse,
  withLibrary,
} from '../../../scripts/tenant/project-plan.ts';

const wish: ProjectWish = {
  tenant: 'shop',
  path: 'acme/shop',
  subject: undefined,
  environmentPrefix: '',
  environments: [{ environment: 'dev', branch: 'dev', record: undefined }],
  elsewhere: [],
  protectBranches: false,
  projectId: undefined,
  setSubject: false,
};
const facts: ProjectFacts = {
  id: 20,
  path: 'acme/shop',
  defaultBranch: 'master',
  forkPipelines: true,
  subject: subjectComponents.project_path,
  version: '19.4.1-ee',
  protectedBranches: [{ name: 'dev', developers: false }],
  protectedEnvironments: [],
  canProtectEnvironments: false,
  settings: {
    ...{ description: '', isEmpty: false, pipelinePath: '', forwardDeployment: true, processMode: 'unordered' },
  },
};
/** Vended before, by a version that kept no id. */
const vended = { project: 'acme/shop' };
const withRecord = (record: object) => [
  { environment: 'dev', branch: 'dev', record: { project: 'acme/shop', ...record } },
];
const plan = (wished: Partial<ProjectWish> = {}, found: Partial<ProjectFacts> = {}) =>
  planProject({ ...wish, ...wished }, { ...facts, ...found });
const codes = ({ refusals, warnings }: ProjectPlan) => ({
  refusals: refusals.map(({ code }) => code),
  warnings: warnings.map(({ code }) => code),
});

/** A project on a current GitLab that everything is right with, and that was set before. */
const settled: ProjectPlan = {
  path: 'acme/shop',
  id: 20,
  version: '19.4.1-ee',
  defaultBranch: 'master',
  isSetUp: false,
  settings: [],
  protect: [],
  trust: { dev: { subjects: ['project_id'], projectId: 20, environmentProtected: false } },
  refusals: [],
  warnings: [],
  notChecked: [],
};
const from = subjectComponents.project_path;
const to = subjectComponents.project_id;

describe('a project by its id', () => {
  test('that matches the file changes nothing', () => {
    const found = plan({ environments: withRecord({ projectId: 20 }) }, { subject: to });
    expect(found).toEqual(settled);
    expect(projectDiffers(found)).toBe(false);
    expect(() => refuse(found)).not.toThrow();
  });

  test('of a new tenant gets its subject first: there is no role yet that a job could lose', () => {
    const found = plan();
    expect(found).toEqual({ ...settled, subject: { from, to, when: 'before' } });
    expect(projectDiffers(found)).toBe(true);
    expect(projectLines(found)).toEqual([
      'project acme/shop: 20, GitLab 19.4.1-ee',
      `subject of ID tokens: ${from.join(', ')} → ${to.join(', ')}`,
    ]);
  });

  test('of a tenant with roles is trusted in both forms first, whenever a run ends', () => {
    const both = { dev: { subjects: ['project_path', 'project_id'], projectId: 20, environmentProtected: false } };
    const change = { from, to, when: 'after' };
    expect(plan({ environments: withRecord(vended) })).toEqual({ ...settled, trust: both, subject: change });
    // The run ended after the roles and before the setting: the same again.
    const again = withRecord({ projectId: 20, subjects: ['project_path', 'project_id'] });
    expect(plan({ environments: again })).toEqual({ ...settled, trust: both, subject: change });
    // It ended after the setting: what is left is to drop the path.
    expect(plan({ environments: again }, { subject: to })).toEqual(settled);
  });

  test('keeps its subject as long as roles elsewhere may not trust another', () => {
    const partly = { environments: withRecord(vended), elsewhere: ['staging', 'production'] };
    const held = plan(partly);
    expect(held.subject).toBeUndefined();
    expect(held.trust.dev?.subjects).toEqual(['project_path', 'project_id']);
    expect(held.warnings).toEqual([
      {
        code: 'SUBJECT_HELD_BACK',
        message:
          'the ID tokens of acme/shop keep their subject, project_path: the roles of staging, production may not trust project_id yet',
        hint: 'vend all environments in one run (without --environment); or when each was vended since: --set-subject',
      },
    ]);
    // A first environment is no better: the others may have been vended.
    expect(plan({ elsewhere: ['staging'] }).trust.dev?.subjects).toEqual(['project_path', 'project_id']);
    expect(plan({ ...partly, setSubject: true })).toMatchObject({ subject: { from, to, when: 'after' }, warnings: [] });
  });

  test('goes back to its path when the file says so', () => {
    const found = plan({ subject: 'project_path', environments: withRecord({ projectId: 20 }) }, { subject: to });
    expect(found).toMatchObject({ subject: { from: to, to: from, when: 'after' }, warnings: [] });
    expect(found.trust.dev?.subjects).toEqual(['project_id', 'project_path']);
    expect(plan({ subject: 'project_path' })).toEqual({
      ...settled,
      trust: { dev: { subjects: ['project_path'], projectId: 20, environmentProtected: false } },
    });
  });

  test('with a subject that no role trusts is put right, also when other environments are elsewhere', () => {
    const odd = ['project_path', 'ref'];
    const found = plan({ environments: withRecord(vended), elsewhere: ['staging'] }, { subject: odd });
    expect(found).toEqual({ ...settled, subject: { from: odd, to, when: 'after' } });
  });

  test('asks for the protected environment where GitLab has one', () => {
    expect(plan({}, { protectedEnvironments: ['production', 'dev'] }).trust.dev?.environmentProtected).toBe(true);
    expect(plan({}, { protectedEnvironments: ['production'] }).trust.dev?.environmentProtected).toBe(false);
  });
});

describe('which project it is', () => {
  test('another one behind the same path is refused, with the way to confirm it', () => {
    const environments = withRecord({ projectId: 7 });
    expect(plan({ environments }).refusals).toEqual([
      {
        code: 'PROJECT_CHANGED',
        message: 'acme/shop is project 20, but shop was vended for project 7 in dev',
        hint: 'if the old project was moved, name its new path in tenants/shop.yml; if shop is to belong to project 20 from now on: --project-id 20',
      },
    ]);
    expect(codes(plan({ environments, projectId: 20 })).refusals).toEqual([]);
    expect(codes(plan({ environments, projectId: 7 })).refusals).toEqual(['PROJECT_CHANGED']);
    expect(codes(plan({ projectId: 21 })).refusals).toEqual(['PROJECT_CHANGED']);
  });

  test('a moved project is known by its id; the file must have its path', () => {
    const environments = withRecord({ projectId: 20 });
    expect(codes(plan({ environments, path: 'lanterns/shop' }, { path: 'lanterns/shop' })).refusals).toEqual([]);
    expect(plan({ environments }, { path: 'lanterns/shop' }).refusals).toEqual([
      {
        code: 'PROJECT_PATH',
        message: 'tenants/shop.yml has project: acme/shop, GitLab has lanterns/shop',
        hint: 'write project: lanterns/shop; ID tokens have it so, letter by letter',
      },
    ]);
    expect(codes(plan({}, { path: 'Acme/shop' })).refusals).toEqual(['PROJECT_PATH']);
  });
});

describe('branches', () => {
  test('of environments must be protected', () => {
    expect(plan({}, { protectedBranches: [{ name: 'master', developers: false }] }).refusals).toEqual([
      {
        code: 'BRANCH_UNPROTECTED',
        message: 'the branch dev of acme/shop is not protected: every Developer could deploy to dev',
        hint: 'protect it (Settings > Repository > Protected branches), or vend with --protect-branches',
      },
    ]);
  });

  test('are protected when that is asked for', () => {
    const found = plan({ protectBranches: true }, { protectedBranches: [], subject: to });
    expect(found).toEqual({ ...settled, protect: ['dev'] });
    expect(projectDiffers(found)).toBe(true);
    expect(projectLines(found)).toContain('branch dev: protect; Maintainers push and merge');
  });

  test.each([
    ['dev', true],
    ['d*', true],
    ['*', true],
    ['*ev*', true],
    ['dev/*', false],
    ['de.', false],
    ['de', false],
    ['ev', false],
    ['Dev', false],
  ])('the rule %s covers dev: %s', (name, covered) => {
    const found = codes(plan({}, { protectedBranches: [{ name, developers: false }] }));
    expect(found.refusals).toEqual(covered ? [] : ['BRANCH_UNPROTECTED']);
  });

  test('that Developers may push to are named; the most permissive rule counts', () => {
    const protectedBranches = [
      { name: 'dev', developers: false },
      { name: 'd*', developers: true },
    ];
    expect(codes(plan({}, { protectedBranches }))).toEqual({ refusals: [], warnings: ['BRANCH_OPEN'] });
  });
});

describe("GitLab's version", () => {
  const both = ['GITLAB_OLD', 'GITLAB_OLD'];
  test.each([
    ['17.11.4', true, ['GITLAB_TOO_OLD'], both],
    ['18.0.6-ee', false, [], [...both, 'GITLAB_OLD']],
    ['18.1.0', true, ['GITLAB_TOO_OLD'], ['GITLAB_OLD']],
    ['18.2.1-ee', undefined, ['GITLAB_TOO_OLD'], ['GITLAB_OLD']],
    ['18.2.1-ee', false, [], both],
    ['18.2.2', true, [], ['GITLAB_OLD']],
    ['18.10.0', true, [], ['GITLAB_OLD']],
    ['19.0.5-ee', true, [], ['GITLAB_OLD']],
    ['19.1.0-pre', true, [], []],
    ['20.0.0', true, [], []],
  ])('%s, forks in the parent: %s → refused %j, warned %j', (version, forkPipelines, refusals, warnings) => {
    expect(codes(plan({}, { version, forkPipelines }))).toEqual({ refusals, warnings });
  });

  test('below 19.1 the project is known by its path, and the warning says what is weaker', () => {
    const found = plan({}, { version: '18.5.0' });
    expect(found.subject).toBeUndefined();
    expect(found.trust.dev).toEqual({ subjects: ['project_path'], projectId: 20, environmentProtected: false });
    expect(found.warnings[0]?.message).toBe(
      'GitLab 18.5.0 lets roles know acme/shop by its path only: if it is moved or deleted, the next owner of the path gets its roles',
    );
    expect(codes(plan({ subject: 'project_id' }, { version: '18.5.0' })).refusals).toEqual(['SUBJECT_UNSUPPORTED']);
  });

  test('one that cannot be read is not taken for a good one', () => {
    const found = plan({}, { version: 'unknown' });
    expect(found.notChecked).toEqual(['what GitLab unknown leaves open']);
    expect(found.trust.dev?.subjects).toEqual(['project_path']);
  });

  test('settings that GitLab does not show were not checked', () => {
    const found = plan({}, { forkPipelines: undefined, subject: undefined });
    expect(found.notChecked).toEqual(['whether pipelines of forks run in the project', 'the subject of its ID tokens']);
    expect(found.trust.dev?.subjects).toEqual(['project_path']);
  });
});

describe('without a token', () => {
  const environments = withRecord({ projectId: 20, subjects: ['project_id'], environmentProtected: true });

  test('recorded values stay, and what was not checked is reported', () => {
    expect(planProject({ ...wish, environments }, undefined)).toEqual({
      path: 'acme/shop',
      isSetUp: false,
      settings: [],
      protect: [],
      trust: { dev: { subjects: ['project_id'], projectId: 20, environmentProtected: true } },
      refusals: [],
      warnings: [],
      notChecked: [
        "the project's path and id",
        'that dev is protected',
        "GitLab's version and pipelines of forks",
        'the subject of its ID tokens',
        'that its pipelines can use the library',
      ],
    });
    expect(planProject(wish, undefined).trust).toEqual({ dev: { subjects: ['project_path'] } });
    expect(planProject({ ...wish, environments: withRecord(vended) }, undefined).trust).toEqual({
      dev: { subjects: ['project_path'] },
    });
  });

  test('what only a token can do is refused', () => {
    const asked = planProject(
      { ...wish, protectBranches: true, setSubject: true, projectId: 20, allowLibrary: true },
      undefined,
    );
    expect(asked.refusals.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'GITLAB_TOKEN_MISSING: --protect-branches needs a token of GitLab',
      'GITLAB_TOKEN_MISSING: --set-subject needs a token of GitLab',
      'GITLAB_TOKEN_MISSING: --project-id needs a token of GitLab',
      'GITLAB_TOKEN_MISSING: --allow-library needs a token of GitLab',
    ]);
  });

  test('another path needs one: it may be another project', () => {
    const moved = planProject({ ...wish, path: 'lanterns/shop', environments }, undefined);
    expect(codes(moved).refusals).toEqual(['PROJECT_CHANGED']);
  });
});

test("what is planned for the library is part of the project's plan", () => {
  const allow = { library: 'platform/vendhost', libraryId: 7, project: 20 };
  const finding = { code: 'LIBRARY_PRIVATE', message: 'closed', hint: 'open it' };
  const settledProject = plan({ environments: withRecord({ projectId: 20 }) }, { subject: to });
  const found = withLibrary(settledProject, { allow, refusals: [finding], warnings: [finding] });
  expect(found).toEqual({ ...settled, allow, refusals: [finding], warnings: [finding] });
  expect(projectDiffers(found)).toBe(true);
  expect(projectLines(found)).toContain('job token allowlist of platform/vendhost: add acme/shop');
  expect(withLibrary(settledProject, { refusals: [], warnings: [] })).toEqual(settled);
});

test('refusals come all at once, under the code of the first', () => {
  const found = plan(
    { environments: withRecord({ projectId: 7 }) },
    { protectedBranches: [], version: '18.0.0', path: 'Acme/shop' },
  );
  expect(() => refuse(found)).toThrow(
    expect.objectContaining({
      code: 'PROJECT_CHANGED',
      message: '4 faults prevent vending Acme/shop; nothing was changed',
      details: [
        expect.stringMatching(/^PROJECT_CHANGED: /),
        expect.stringMatching(/^PROJECT_PATH: /),
        expect.stringMatching(/^BRANCH_UNPROTECTED: /),
        expect.stringMatching(/^GITLAB_TOO_OLD: /),
      ],
    }),
  );
});
