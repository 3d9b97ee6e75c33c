import { expect, test } from 'vitest';
import { matchesPath } from '../../../../scripts/ci/rules/path-pattern.ts';

test.each([
  ['Dockerfile', 'Dockerfile', true],
  ['Dockerfile', 'a/Dockerfile', false],
  ['a.b', 'axb', false],
  ['*.md', 'README.md', true],
  ['*.md', 'docs/README.md', false],
  ['*', '.gitlab-ci.yml', true],
  ['**/*.md', 'README.md', true],
  ['**/*.md', 'docs/a/README.md', true],
  ['infrastructure/**/*', 'infrastructure/install.sh', true],
  ['infrastructure/**/*', 'infrastructure/a/b/.profile', true],
  ['infrastructure/**/*', 'infrastructure.md', false],
  ['infrastructure/**/*', 'other/infrastructure/install.sh', false],
  ['docs/*', 'docs/a/b', false],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['[ab].txt', 'b.txt', true],
  ['[!ab].txt', 'b.txt', false],
  ['*.{js,ts}', 'a.ts', true],
  ['*.{js,ts}', 'a.py', false],
  ['a(b)+$', 'a(b)+$', true],
])('%s and %s: %s', (pattern, path, matches) => {
  expect(matchesPath(pattern, path)).toBe(matches);
});
