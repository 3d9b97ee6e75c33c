import { describe, expect, test } from 'vitest';
import type { LibraryFacts } from '../../../../scripts/tenant/library/library-facts.ts';
import { type LibraryWish, planLibrary } from '../../../../scripts/tenant/library/plan-library.ts';

const wish: LibraryWish = { library: 'platform/vendhost', project: { id: 20, path: 'acme/web/shop' }, allow: false };
const tokens = { isLimited: true, projects: [], groups: [] };
/** Open to everybody who is signed in. */
const open: LibraryFacts = {
  id: 7,
  path: 'platform/vendhost',
  visibility: 'internal',
  repository: 'enabled',
  registry: 'enabled',
  readers: [],
  tokens,
};
/** Private, but all is set for the tenant. */
const shared: LibraryFacts = {
  ...open,
  visibility: 'private',
  readers: ['acme/web'],
  tokens: { ...tokens, projects: [3, 20] },
};
const nothing = { refusals: [], warnings: [] };
const allow = { library: 'platform/vendhost', libraryId: 7, project: 20 };

const plan = (facts: Partial<LibraryFacts> | undefined, wished: Partial<LibraryWish> = {}, base = shared) =>
  planLibrary({ ...wish, ...wished }, facts && { ...base, ...facts });
const codes = (...given: Parameters<typeof plan>) => {
  const { allow: added, refusals, warnings } = plan(...given);
  const of = (findings: readonly { code: string }[]) => findings.map(({ code }) => code);
  return [added !== undefined, of(refusals), of(warnings)];
};

describe('nothing is missing', () => {
  test.each<[string, Partial<LibraryFacts>, LibraryFacts]>([
    ['a public library', { visibility: 'public' }, open],
    ['an internal one, even if its allowlist is not seen', { tokens: undefined }, open],
    ['a private one with the project on its allowlist', {}, shared],
    ['one with a group above it there', { tokens: { ...tokens, groups: ['acme'] } }, shared],
    ['one that takes tokens of all jobs', { tokens: { ...tokens, isLimited: false } }, shared],
    ["one in the tenant's own group", { path: 'acme/web/vendhost', readers: [] }, shared],
  ])('%s', (_what, facts, base) => {
    expect(plan(facts, {}, base)).toEqual(nothing);
    expect(plan(facts, { allow: true }, base)).toEqual(nothing);
  });
});

describe('people who cannot include the templates', () => {
  test.each<[string, Partial<LibraryFacts>, LibraryFacts]>([
    ['of a private library', { readers: [] }, shared],
    ['of one that was shared with another group', { readers: ['acme', 'acme/web/shop'] }, shared],
    ['of one whose repository is for members', { repository: 'private' }, open],
  ])('%s: a warning', (_what, facts, base) => {
    expect(codes(facts, {}, base)).toEqual([false, [], ['LIBRARY_PRIVATE']]);
  });

  test('the warning says what to set', () => {
    expect(plan({ readers: [] }).warnings).toEqual([
      {
        code: 'LIBRARY_PRIVATE',
        message:
          'platform/vendhost shows its files to members only: a pipeline of acme/web/shop fails unless the user who starts it is one, as Reporter at least',
        hint: 'make platform/vendhost internal, or invite the group acme/web to it as Reporter (Manage > Members)',
      },
    ]);
  });
});

describe('jobs that cannot pull the image', () => {
  const message =
    'jobs of acme/web/shop cannot pull the image of platform/vendhost: neither it nor a group of it is on the job token allowlist there';
  const where = 'platform/vendhost: Settings > CI/CD > Job token permissions';

  test('a warning with the option, which adds the project', () => {
    const hint = `vend with --allow-library, or add it (${where})`;
    const warning = { code: 'LIBRARY_NOT_ALLOWED', message, hint };
    expect(plan({ tokens })).toEqual({ refusals: [], warnings: [warning] });
    expect(plan({ tokens }, { allow: true })).toEqual({ allow, ...nothing });
  });

  test.each<[string, Partial<LibraryFacts>, LibraryFacts]>([
    ['other projects and groups', { tokens: { ...tokens, projects: [2], groups: ['acme/we', 'web'] } }, shared],
    ['a public library, whose registry is for members', { visibility: 'public', registry: 'private' }, open],
  ])('%s', (_what, facts, base) => {
    expect(codes(facts, {}, base)).toEqual([false, [], ['LIBRARY_NOT_ALLOWED']]);
    expect(codes(facts, { allow: true }, base)).toEqual([true, [], []]);
  });

  test('a full allowlist accepts only a group', () => {
    const full = { tokens: { ...tokens, projects: Array.from({ length: 200 }, (_, index) => index + 100) } };
    const hint = `the allowlist has 200 projects, and 200 is the most: add a group of theirs instead (${where})`;
    const finding = { code: 'LIBRARY_NOT_ALLOWED', message, hint };
    expect(plan(full)).toEqual({ refusals: [], warnings: [finding] });
    expect(plan(full, { allow: true })).toEqual({ refusals: [finding], warnings: [] });
  });

  test('there is no registry, and so nothing to allow', () => {
    expect(codes({ registry: 'disabled', tokens }, { allow: true })).toEqual([false, [], ['LIBRARY_NO_REGISTRY']]);
  });
});

describe('what was not checked', () => {
  test('an allowlist that the token may not read: the warning says who may', () => {
    const finding = {
      code: 'LIBRARY_UNREADABLE',
      message:
        'whether jobs of acme/web/shop may pull the image of platform/vendhost was not checked: the token may not see its job token allowlist',
      hint: 'VENDHOST_GITLAB_TOKEN needs the role Maintainer in platform/vendhost; or look there whether acme/web/shop is on it (platform/vendhost: Settings > CI/CD > Job token permissions)',
    };
    expect(plan({ tokens: undefined })).toEqual({ refusals: [], warnings: [finding] });
    expect(plan({ tokens: undefined }, { allow: true })).toEqual({ refusals: [finding], warnings: [] });
  });

  test('a library that the token does not see, and one that nobody named', () => {
    expect(codes(undefined)).toEqual([false, [], ['LIBRARY_UNREADABLE']]);
    expect(codes(undefined, { allow: true })).toEqual([false, ['LIBRARY_UNREADABLE'], []]);
    expect(codes(undefined, { library: undefined })).toEqual([false, [], ['LIBRARY_UNNAMED']]);
    expect(codes(undefined, { library: undefined, allow: true })).toEqual([false, ['LIBRARY_UNNAMED'], []]);
  });
});
