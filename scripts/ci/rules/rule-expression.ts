import { re2Pattern } from './re2-pattern.ts';

/** PipelineVariables by name; one that is not set is absent. */
export type PipelineVariables = Readonly<Record<string, string | undefined>>;

/** The value of a part of an expression: a text, `null` for a variable that is not set, or the result of an operator. */
type Value = string | boolean | null | RegExp;

type Token =
  | { readonly kind: 'value'; readonly value: (variables: PipelineVariables) => Value; readonly written?: string }
  | { readonly kind: 'operator'; readonly operator: Operator }
  | { readonly kind: '(' | ')' };

const operators = ['==', '!=', '=~', '!~', '&&', '||'] as const;
type Operator = (typeof operators)[number];

/**
 * Whether an expression of `rules:if` is true, by GitLab's grammar: `==`, `!=`, `=~`, `!~`, `&&` before `||`, parentheses,
 * texts in quotes, variables, patterns, `null` (https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions).
 * Throws a `SyntaxError` for anything else.
 */
export function isTrue(expression: string, variables: PipelineVariables): boolean {
  const reader = new ExpressionReader(tokensOf(expression), variables);
  const value = reader.either();
  reader.end();
  return isPresent(value);
}

/** Throws a `SyntaxError` for an invalid expression. */
export function checkExpression(expression: string): void {
  isTrue(expression, {});
}

/** Variables that an expression reads, and its patterns that only GitLab can match. */
export function partsOf(expression: string): { readonly variables: string[]; readonly notMatched: string[] } {
  const written = tokensOf(expression).flatMap((token) => ('written' in token ? [token.written ?? ''] : []));
  return {
    variables: written.filter((part) => part.startsWith('$')).map((part) => part.slice(1)),
    notMatched: written.filter((part) => part.startsWith('/') && patternOf(part) === onlyRe2),
  };
}

const pattern = /\/((?:[^/\\\n]|\\.)+)\/([ismU]*)/y;

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (matcher: RegExp): RegExpExecArray | null => {
    const sticky = new RegExp(matcher.source, 'y');
    sticky.lastIndex = at;
    const found = sticky.exec(expression);
    if (found !== null) at = sticky.lastIndex;
    return found;
  };
  const value = (make: (variables: PipelineVariables) => Value, written = '') =>
    tokens.push({ kind: 'value', value: make, written });
  for (;;) {
    take(/\s+/);
    if (at === expression.length) return tokens;
    const parenthesis = take(/[()]/)?.[0];
    const operator = parenthesis === undefined ? operators.find((one) => expression.startsWith(one, at)) : undefined;
    if (parenthesis !== undefined) tokens.push({ kind: parenthesis as '(' | ')' });
    else if (operator !== undefined) {
      at += operator.length;
      tokens.push({ kind: 'operator', operator });
    } else {
      const [, name] = take(/\$(\w+)/) ?? [];
      const text = name === undefined ? take(/"([^"]*)"|'([^']*)'/) : null;
      const regex = name === undefined && text === null ? take(pattern) : null;
      const word = name === undefined && text === null && regex === null ? take(/(null|true|false)\b/)?.[1] : undefined;
      if (name !== undefined) value((variables) => variables[name] ?? null, `$${name}`);
      else if (text !== null) value(() => text[1] ?? text[2] ?? '');
      else if (regex !== null) {
        const matcher = patternOf(regex[0]) ?? null;
        value(() => matcher, regex[0]);
      } else if (word !== undefined) value(() => (word === 'null' ? null : word === 'true'));
      else throw new SyntaxError(`${expression.slice(at, at + 20)} is not part of an expression`);
    }
  }
}

/** Reads operators by how tightly they bind: comparisons, then `&&`, then `||`. */
class ExpressionReader {
  readonly #tokens: readonly Token[];
  readonly #variables: PipelineVariables;
  #at = 0;

  constructor(tokens: readonly Token[], variables: PipelineVariables) {
    this.#tokens = tokens;
    this.#variables = variables;
  }

  either(): Value {
    let left = this.#both();
    while (this.#takes('||')) {
      const right = this.#both();
      left = isFalse(left) ? right : left;
    }
    return left;
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new SyntaxError('something follows the expression');
  }

  #both(): Value {
    let left = this.#comparison();
    while (this.#takes('&&')) {
      const right = this.#comparison();
      left = isFalse(left) ? left : right;
    }
    return left;
  }

  #comparison(): Value {
    let left = this.#one();
    for (;;) {
      if (this.#takes('==')) left = left === this.#one();
      else if (this.#takes('!=')) left = left !== this.#one();
      else if (this.#takes('=~')) left = matchesPattern(left, this.#one());
      else if (this.#takes('!~')) left = !matchesPattern(left, this.#one());
      else return left;
    }
  }

  #one(): Value {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token?.kind === 'value') return token.value(this.#variables);
    if (token?.kind !== '(') throw new SyntaxError('a value is missing');
    const inner = this.either();
    const closing = this.#tokens[this.#at];
    this.#at += 1;
    if (closing?.kind !== ')') throw new SyntaxError('a parenthesis is not closed');
    return inner;
  }

  #takes(operator: Operator): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'operator' || token.operator !== operator) return false;
    this.#at += 1;
    return true;
  }
}

/** For `&&` and `||` an empty text is true, as in Ruby; for the whole expression it is false. */
const isFalse = (value: Value) => value === null || value === false;
const isPresent = (value: Value) => (typeof value === 'string' ? value.trim() !== '' : !isFalse(value));

/** A variable may hold the pattern; as GitLab does, a text that is no pattern is searched for the left side. */
function matchesPattern(left: Value, right: Value): boolean {
  const text = left === null ? '' : String(left);
  if (right instanceof RegExp) return right.test(text);
  if (typeof right !== 'string') return false;
  return patternIn(right)?.test(text) ?? right.includes(text);
}

function patternIn(text: string): RegExp | undefined {
  try {
    return patternOf(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Stands for a pattern that JavaScript cannot match: it matches nothing. */
const onlyRe2 = /(?!)/;

function patternOf(written: string): RegExp | undefined {
  const [, source, flags = ''] = new RegExp(`^${pattern.source}$`).exec(written) ?? [];
  return source === undefined ? undefined : (re2Pattern(source, flags) ?? onlyRe2);
}
