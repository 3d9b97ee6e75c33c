import { describe, expect, test } from 'vitest';
import { isTrue } from '../../../../scripts/ci/rules/rule-expression.ts';

const variables = {
  VARIABLE: 'content of this thing',
  EMPTY: '',
  PATH_LIKE: 'a/path',
  SAME: 'content of this thing',
  PATTERN: '/^content/',
  NO_PATTERN: 'the content of this thing here',
};

/** The forms that GitLab documents (https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions). */
test.each([
  ['$VARIABLE == "content of this thing"', true],
  ["$VARIABLE == 'another'", false],
  ['"content of this thing" == $VARIABLE', true],
  ['$VARIABLE != "another"', true],
  ['$VARIABLE == $SAME', true],
  ['$VARIABLE != $SAME', false],
  ['$MISSING == null', true],
  ['$MISSING != null', false],
  ['$EMPTY == null', false],
  ['$EMPTY == ""', true],
  ['$MISSING == ""', false],
  ['$EMPTY', false],
  ['$MISSING', false],
  ['$VARIABLE', true],
  ['$VARIABLE =~ /^content.*/', true],
  ['$VARIABLE =~ /CONTENT/', false],
  ['$VARIABLE =~ /CONTENT/i', true],
  ['$VARIABLE !~ /^content.*/', false],
  ['$VARIABLE !~ /^thing/', true],
  ['$MISSING =~ /thing/', false],
  ['$MISSING !~ /thing/', true],
  ['$PATH_LIKE =~ /^a\\/path$/', true],
  ['$VARIABLE =~ $PATTERN', true],
  ['$EMPTY =~ $PATTERN', false],
  ['$VARIABLE =~ $MISSING', false],
  ['$VARIABLE =~ $NO_PATTERN', true],
  ['$NO_PATTERN =~ $VARIABLE', false],
  ['$VARIABLE =~ /^content/ && $PATH_LIKE == "a/path"', true],
  ['$VARIABLE =~ /^content/ && $PATH_LIKE == "another" && $VARIABLE', false],
  ['$VARIABLE =~ /nothing/ || $PATH_LIKE == "a/path"', true],
  // && binds tighter than ||.
  ['$VARIABLE || $MISSING && $MISSING', true],
  ['($VARIABLE || $MISSING) && $MISSING', false],
  ['$PATH_LIKE == "no" || (($VARIABLE == "no" || $PATH_LIKE == "a/path") && $SAME)', true],
  // An empty text counts as true in between, as in Ruby, and as false at the end.
  ['$EMPTY && $VARIABLE', true],
  ['$VARIABLE && $EMPTY', false],
  ['$EMPTY || $VARIABLE', false],
])('%s is %s', (expression, value) => {
  expect(isTrue(expression, variables)).toBe(value);
});

describe('what is no expression', () => {
  test.each(['$VARIABLE = 1', '', '$VARIABLE ==', '($VARIABLE', '$VARIABLE $SAME', '&& $VARIABLE', '$VARIABLE =~ //'])(
    '%s is refused',
    (expression) => {
      expect(() => isTrue(expression, variables)).toThrow(SyntaxError);
    },
  );
});
