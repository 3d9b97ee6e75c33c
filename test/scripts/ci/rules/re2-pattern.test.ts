import { describe, expect, test } from 'vitest';
import { re2Pattern } from '../../../../scripts/ci/rules/re2-pattern.ts';

test.each([
  ['\\Afix\\b', '', 'fix: a', true],
  ['\\Afix', 'm', 'a\nfix', false],
  ['fix\\z', 'm', 'fix\na', false],
  ['^[[:alpha:]_]+$', '', 'a_B', true],
  ['^[[:alpha:]_]+$', '', 'a1', false],
  ['(?i)WIP', '', 'wip', true],
  ['(?iU)W.*P', 's', 'w\np', true],
  ['^(?P<kind>feature|fix)/\\w+$', '', 'fix/a', true],
  ['\\Qa.b\\E.', '', 'a.bc', true],
  ['\\Qa.b\\E.', '', 'axbc', false],
  ['^[]a]+$', '', ']a', true],
  ['^[^]a]+$', '', 'b', true],
  ['[[]x', '', '[x', true],
  ['^\\d{2}[\\s-]\\S$', '', '12 a', true],
  ['^\\d{2}[\\s-]\\S$', '', '12\u00a0a', false],
])('/%s/%s and %j: %s', (source, flags, text, matches) => {
  expect(re2Pattern(source, flags)?.test(text)).toBe(matches);
});

test.each(['\\pL', '\\p{Greek}', '[\\p{L}]', 'a(?i)b', '(?i:a)b', '[[:^alpha:]]', '\\x{1F600}', '\\C'])(
  'only RE2 can match %s',
  (source) => {
    expect(re2Pattern(source, '')).toBeUndefined();
  },
);

describe('what RE2 refuses', () => {
  test.each(['(?=a)', '(?!a)', '(?<=a)b', '(?<!a)b', '(?>a)', '(a)\\1', 'a\\Z', '\\h', '[[:letter:]]', '(a', 'a**'])(
    '%s',
    (source) => {
      expect(() => re2Pattern(source, '')).toThrow(SyntaxError);
    },
  );
});
